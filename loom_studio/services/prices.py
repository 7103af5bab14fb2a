"""The person's own price table: a file of the profile, which every run reads."""

from __future__ import annotations

from pathlib import Path

from loom.config.editing import with_value
from loom.errors import ConfigError
from loom.files import write_private
from loom.providers.prices import PRICES_FILE, Price, read_prices
from loom_studio.runtime_words import said_of
from loom_studio.texts import tr

PARTS = ("input", "output", "cache_read", "cache_write")


class PriceTable:
    """By PROVIDER:NAME. What else the file says, comments too, stays as it is. Everything here blocks."""

    def __init__(self, profile: Path) -> None:
        self.file = profile / PRICES_FILE

    def prices(self) -> dict[str, Price]:
        """The prices. Raises ConfigError for a file that can't be read."""
        return read_prices(self.file)

    def put(self, name: str, numbers: dict[str, float] | None) -> None:
        """Set the price of a model: US dollars for a million tokens by PARTS; None takes it out. Raises ConfigError."""
        try:
            text = self.file.read_text(encoding="utf-8") if self.file.exists() else ""
            write_private(self.file, with_value(text, (name,), numbers))
        except OSError as error:
            raise ConfigError(
                tr("The prices in {file} can't be changed: {error}", file=self.file, error=said_of(error))
            ) from None


def numbers_of(price: Price) -> dict[str, float]:
    """A price by PARTS, without what is not known."""
    found = {part: getattr(price, f"{part}_usd_per_mtok") for part in PARTS}
    return {part: value for part, value in found.items() if value is not None}
