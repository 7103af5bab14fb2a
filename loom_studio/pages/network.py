"""Settings: proxy and certificates, for all that goes to providers."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QFormLayout, QHBoxLayout, QLineEdit, QPushButton, QWidget
from typing_extensions import override

from loom.providers.network import SCHEMES
from loom.providers.pool import use_network
from loom_studio.pages.page import Page, PageContext
from loom_studio.services.network import MODES, network_of
from loom_studio.texts import marked, tr
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named


class NetworkPage(Page):
    """Apply puts what is chosen in force for the next request; what can't be used changes nothing."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        super().__init__(
            context,
            marked("Network"),
            marked(
                "For requests to providers; holds from the next request on. This machine (localhost) is always reached "
                "directly. The tool that fetches pages uses no proxy: it connects to the very address that was checked."
            ),
            parent,
        )
        self.mode = choice("Proxy")
        for mode, words in MODES.items():
            self.mode.addItem(tr(words), mode)
        self.proxy = named(QLineEdit(), "Proxy address")
        schemes = ", ".join(SCHEMES)
        self.proxy.setPlaceholderText(tr("http://user:password@proxy.example:3128 ({schemes})", schemes=schemes))
        self.apart = named(QLineEdit(), "Hosts without proxy")
        self.apart.setPlaceholderText(tr("example.org, 10.1.2.3: with their subdomains, separated by commas"))
        self.certificates = named(QLineEdit(), "Certificates file")
        self.certificates.setPlaceholderText(tr("The system's only; or a PEM file to believe beside them"))
        self.browse = named(QPushButton(tr("Browse…")), "Browse for certificates")
        self.use = named(QPushButton(tr("Apply")), "Apply network settings", "Send")
        for button in (self.browse, self.use):
            button.setAutoDefault(False)
        row = QHBoxLayout()
        row.addWidget(self.certificates, 1)
        row.addWidget(self.browse)
        form = QFormLayout()
        form.addRow(tr("Proxy"), self.mode)
        form.addRow(tr("Address"), self.proxy)
        form.addRow(tr("Not for"), self.apart)
        form.addRow(tr("Certificates"), row)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.use)
        self.body.addLayout(form)
        self.body.addLayout(foot)
        self.body.addStretch(1)
        self.mode.currentIndexChanged.connect(self._show_mode)
        self.browse.clicked.connect(self._on_browse)
        self.use.clicked.connect(lambda: self.tasks.start(self.apply(), what="use the network so"))

    @override
    async def refresh(self) -> None:
        settings = self.context.settings
        self.mode.setCurrentIndex(max(0, self.mode.findData(settings.text("proxy_mode", "environment"))))
        self.proxy.setText(settings.text("proxy"))
        self.apart.setText(settings.text("no_proxy"))
        self.certificates.setText(settings.text("ca_file"))
        self._show_mode()

    async def apply(self) -> None:
        """Try what is chosen, put it in force, and keep it. Raises ConfigError, and then nothing changed."""
        chosen = {
            "proxy_mode": self.mode.currentData(),
            "proxy": self.proxy.text().strip(),
            "no_proxy": self.apart.text().strip(),
            "ca_file": self.certificates.text().strip(),
        }
        if chosen["proxy_mode"] == "manual" and not chosen["proxy"]:
            self.say(tr("Write the proxy's address first, or choose no proxy."))
            return
        settings = self.context.settings
        before = {name: settings.text(name) for name in chosen}
        for name, value in chosen.items():
            settings.keep(name, value)
        try:
            await use_network(network_of(settings))
        except BaseException:
            for name, value in before.items():
                settings.keep(name, value)
            raise
        self.say(tr("It holds from the next request on. Providers has a test for each connection."))

    def _show_mode(self) -> None:
        is_manual = self.mode.currentData() == "manual"
        self.proxy.setEnabled(is_manual)
        self.apart.setEnabled(is_manual)

    def _on_browse(self) -> None:
        files = f"{tr('Certificates')} (*.pem *.crt *.cer)"
        dialog = QFileDialog(self, tr("Certificates"), str(Path.home()), files)
        named(dialog, "Choose certificates")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.certificates.setText)
        dialog.open()
