"""The window's Trace tab and budgets, with an agent that runs in it."""

from pathlib import Path

from PySide6.QtWidgets import QApplication

from loom_studio.services.conversations import Outgoing
from loom_studio.services.settings import Settings
from loom_studio.services.usage import Limit, keep_limit
from loom_studio.windows import Windows
from tests.support.waiting import until
from tests.support.windows import resized, with_windows

AGENT = """
name = "Mason"
[model]
provider = "scripted"
name = "s"
[[model.extensions.turns]]
text = "It stands."
usage = { input_tokens = 900, output_tokens = 20 }
[[model.extensions.turns]]
text = "It still stands."
usage = { input_tokens = 950, output_tokens = 20 }
"""


def test_a_run_appears_in_the_tab_is_forked_from_it_and_counts_for_the_budget(
    qapp: QApplication, tmp_path: Path
) -> None:
    agent = tmp_path / "agent.toml"
    agent.write_text(AGENT)
    settings = Settings(tmp_path / "data")
    keep_limit(settings, Limit("day", 1_000, "tokens"), tmp_path / "work")
    settings.save()

    async def use(windows: Windows) -> None:
        window = windows.front
        await window.desk.sessions.open()
        await resized(window, 1440, 900)
        window.show()
        tab = window.inspector.trace
        assert tab is not None
        assert tab.panel is None, "nothing is made before somebody looks"
        panel = window.panel
        panel.submit(Outgoing("How is the wall?"))
        await until(lambda: any("It stands." in row.text for row in panel.model.rows))
        window.inspector.setCurrentWidget(tab)
        await until(lambda: tab.panel is not None and len(tab.panel.table.trace.steps) == 1)
        assert tab.panel is not None
        warning = "92% of today's budget is spent: 920 of 1,000 tokens."
        await until(lambda: any(row.text == warning for row in panel.model.rows))
        panel.submit(Outgoing("And now?"))
        await until(lambda: tab.panel is not None and len(tab.panel.table.trace.steps) == 2)
        await until(lambda: any(row.text.startswith("189% of today's") for row in panel.model.rows))
        tab.panel.first.click()
        await until(lambda: tab.panel is not None and "How is the wall?" in tab.panel.request.text)
        tab.panel.fork.click()
        await until(lambda: window.panel is not panel and len(window.panel.model.rows) > 0)
        said = [row.text for row in window.panel.model.rows]
        assert "How is the wall?" in said
        assert "And now?" not in said
        await until(lambda: tab.panel is not None and len(tab.panel.table.trace.steps) == 1)

    with_windows(qapp, tmp_path, use, agent=str(agent))
