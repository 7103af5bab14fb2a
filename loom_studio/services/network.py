"""The person's choice of proxy and certificates, as it is kept among the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loom_studio.services.settings import Settings
from loom_studio.texts import marked

if TYPE_CHECKING:
    from loom.providers.network import Network

MODES = {
    "environment": marked("As the environment says"),
    "none": marked("No proxy"),
    "manual": marked("This proxy"),
}


def network_of(settings: Settings) -> Network:
    """What the settings say."""
    from loom.providers.network import Network

    mode = settings.text("proxy_mode", "environment")
    proxy = {"environment": None, "none": ""}.get(mode, settings.text("proxy"))
    apart = tuple(each.strip() for each in settings.text("no_proxy").split(",") if each.strip())
    return Network(proxy, apart, settings.text("ca_file"))
