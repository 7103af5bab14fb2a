"""Choosing an agent's tools: capabilities, the tools of each with their risks, and what holds for one tool alone."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QVBoxLayout, QWidget

from loom.config.agent import CAPABILITIES
from loom_studio.dialogs.agent_editor.section import DraftForm
from loom_studio.services.agent_facts import CAPABILITY_WORDS, ToolFacts, known_tools
from loom_studio.texts import marked, tr
from loom_studio.theme import icon_picture
from loom_studio.theme.palette import current
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named, text_label

EFFECTS = ("allow", "ask", "deny")
EFFECT_WORDS = {
    "": marked("By its nature and the mode"),
    "allow": marked("Allow"),
    "ask": marked("Always ask"),
    "deny": marked("Never"),
}
INDENT_PX = 22


class ToolsPicker(QWidget):
    """Writes `capabilities`, and rules for whole tools in `policy.permissions`."""

    def __init__(self, form: DraftForm) -> None:
        super().__init__()
        self._form = form
        self.boxes: dict[str, QCheckBox] = {}
        self.rules: dict[str, QComboBox] = {}
        self._tables: dict[str, QWidget] = {}
        self.fault = text_label(look="Danger")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.setSpacing(4)
        layout.addWidget(self.fault)
        for capability in CAPABILITIES:
            words = tr(CAPABILITY_WORDS.get(capability, capability))
            name = tr("Capability {capability}", capability=capability)
            box = named(QCheckBox(words), name, f"Capability{capability}")
            box.toggled.connect(self._on_capability)
            self.boxes[capability] = box
            layout.addWidget(box)
            self._tables[capability] = self._table([each for each in known_tools() if each.capability == capability])
            layout.addWidget(self._tables[capability])

    def refresh(self) -> None:
        """Show what the draft has."""
        held = self._form.draft.value(("capabilities",))
        chosen = cast("list[Any]", held) if isinstance(held, list) else []
        for capability, box in self.boxes.items():
            box.blockSignals(True)
            box.setChecked(capability in chosen)
            box.blockSignals(False)
            self._tables[capability].setVisible(capability in chosen)
        for tool, rule in self.rules.items():
            rule.blockSignals(True)
            rule.setCurrentIndex(rule.findData(self._effect_of(tool)))
            rule.blockSignals(False)
        said = self._form.faults(("capabilities",), within=True)
        self.fault.setText(said)
        self.fault.setVisible(bool(said))

    def _table(self, tools: list[ToolFacts]) -> QWidget:
        widget = QWidget()
        grid = QGridLayout(widget)
        grid.setContentsMargins(INDENT_PX, 0, 0, 4)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for row, tool in enumerate(tools):
            mark = text_label()
            colour = (
                current().danger if tool.is_destructive else current().muted if tool.is_read_only else current().warning
            )
            name = "error" if tool.is_destructive else "check" if tool.is_read_only else "notice"
            mark.setPixmap(icon_picture(name, colour, 14, self.devicePixelRatioF()))
            mark.setAccessibleName(tool.risk)
            rule = choice(tr("Rule for {tool}", tool=tool.name), f"Rulefor{tool.name}")
            for effect in ("", *EFFECTS):
                rule.addItem(tr(EFFECT_WORDS[effect]), effect)
            rule.currentIndexChanged.connect(partial(self._on_rule, tool.name))
            self.rules[tool.name] = rule
            said = QVBoxLayout()
            said.setSpacing(0)
            said.addWidget(text_label(tr("{tool}: {risk}", tool=tool.name, risk=tool.risk)))
            said.addWidget(text_label(tr(tool.about), "Muted"))
            grid.addWidget(mark, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addLayout(said, row, 1)
            grid.addWidget(rule, row, 2, Qt.AlignmentFlag.AlignTop)
        return widget

    def _effect_of(self, tool: str) -> str:
        """The strictest rule about the whole tool."""
        held = {each: self._form.draft.value(("policy", "permissions", each)) for each in EFFECTS}
        return next((each for each in reversed(EFFECTS) if isinstance(held[each], list) and tool in held[each]), "")

    def _on_capability(self) -> None:
        held = self._form.draft.value(("capabilities",))
        kept = [each for each in (cast("list[Any]", held) if isinstance(held, list) else []) if each not in self.boxes]
        chosen = [each for each, box in self.boxes.items() if box.isChecked()]
        self._form.put(("capabilities",), [*chosen, *kept] or None)

    def _on_rule(self, tool: str, _row: int) -> None:
        wanted = self.rules[tool].currentData()
        for effect in EFFECTS:
            place = ("policy", "permissions", effect)
            held = self._form.draft.value(place)
            rules = [each for each in (cast("list[Any]", held) if isinstance(held, list) else []) if each != tool]
            if effect == wanted:
                rules.append(tool)
            self._form.put(place, rules or None)
