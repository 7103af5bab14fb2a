"""What a model's tokens cost: said in the agent file, in the person's own table, or published (genai-prices)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from loom.config.model import ModelRef
from loom.errors import ConfigError
from loom.types.runs import Usage, utc_now

# Half a second to import, and needed only once a model of a provider's service has answered.
if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider

PRICES_FILE = "prices.toml"
MOST_USD = 1_000_000.0
_PARTS = ("input", "output", "cache_read", "cache_write")
_PUBLISHERS = {"anthropic": "anthropic", "openai": "openai", "gemini": "google"}
"""What the published table calls our providers."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens; what is None of the cache costs as much as other input.

    `source` says who says so. `counted` takes the place of the four numbers where the price of a call depends on its
    length: they are then those of a short one.
    """

    input_usd_per_mtok: float
    output_usd_per_mtok: float
    cache_read_usd_per_mtok: float | None = None
    cache_write_usd_per_mtok: float | None = None
    source: str = ""
    counted: Callable[[Usage], float] | None = field(default=None, repr=False, compare=False)

    def cost_usd(self, usage: Usage) -> float:
        """What a call cost, in US dollars. No more can come from the cache, or go into it, than was read."""
        from_cache = min(usage.cache_read_tokens, usage.input_tokens)
        into_cache = min(usage.cache_write_tokens, usage.input_tokens - from_cache)
        usage = replace(usage, cache_read_tokens=from_cache, cache_write_tokens=into_cache)
        if self.counted is not None:
            return self.counted(usage)
        read, stored = self.cache_read_usd_per_mtok, self.cache_write_usd_per_mtok
        plain = usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens
        total = plain * self.input_usd_per_mtok + usage.output_tokens * self.output_usd_per_mtok
        total += usage.cache_read_tokens * (self.input_usd_per_mtok if read is None else read)
        total += usage.cache_write_tokens * (self.input_usd_per_mtok if stored is None else stored)
        return total / 1_000_000


def price_of(ref: ModelRef, table: Mapping[str, Price] | None = None, address: str | None = None) -> Price | None:
    """A model's price; None where nobody says it, which is not the same as nothing.

    Its own `extensions["price"]` goes first ({input, output, cache_read, cache_write}, of which the first two are
    needed; nonsense is passed over), then the person's `table`, then what is published for the service at `address`,
    or, where that is no service that we know, for the provider's own. The first call reads the published prices, which
    takes a fifth of a second.
    """
    if ref.provider == "local":
        return Price(0.0, 0.0, source="it runs on this machine")
    told = _said(ref.extensions.get("price"), "the agent file")
    if told is not None:
        return told
    if table and ref.identifier in table:
        return table[ref.identifier]
    if ref.provider not in _PUBLISHERS and not address:
        return None
    return _published(ref.provider, ref.name, address or "")


def read_prices(file: Path) -> dict[str, Price]:
    """The person's own table, by `provider:name`; empty where there is no file. Blocks.

    Raises ConfigError, naming file and model.
    """
    try:
        data = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"The prices in {file} can't be read: {error}") from error
    prices: dict[str, Price] = {}
    for name, said in data.items():
        told = _said(said, "your table")
        if told is None or not all(part in _PARTS and _is_price(number) for part, number in said.items()):
            raise ConfigError(
                f"The price of {name!r} in {file} must be input and output, perhaps cache_read and cache_write: "
                "US dollars for a million tokens, 0 or more"
            )
        prices[name] = told
    return prices


def _said(said: Any, source: str) -> Price | None:
    if not isinstance(said, dict):
        return None
    numbers = {part: number for part, number in cast("dict[str, Any]", said).items() if _is_price(number)}
    if "input" not in numbers or "output" not in numbers:
        return None
    cached = (numbers.get("cache_read"), numbers.get("cache_write"))
    return Price(numbers["input"], numbers["output"], *cached, source=source)


def _is_price(number: Any) -> bool:
    return isinstance(number, (int, float)) and not isinstance(number, bool) and 0 <= number < MOST_USD


@lru_cache(maxsize=256)
def _published(provider: str, name: str, address: str) -> Price | None:
    from genai_prices import __version__
    from genai_prices.data_snapshot import get_snapshot

    known = get_snapshot()
    publisher = _PUBLISHERS.get(provider)
    places = [{"provider_id": None, "provider_api_url": address}] if address else []
    places += [{"provider_id": publisher, "provider_api_url": None}] if publisher else []
    for place in places:
        try:
            found, model = known.find_provider_model(name, None, **place)
        except LookupError:
            continue
        return _as_price(found, model, f"genai-prices {__version__}")
    return None


def priced(usage: Usage, price: Price | None) -> Usage:
    """Usage with what it cost, where the provider did not say it and the price is known."""
    return usage if price is None or usage.cost_usd is not None else replace(usage, cost_usd=price.cost_usd(usage))


def _as_price(provider: Provider, model: ModelInfo, source: str) -> Price | None:
    from genai_prices import Usage as Counted

    def counted(usage: Usage) -> float:
        asked = Counted(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_tokens or None,
            cache_write_tokens=usage.cache_write_tokens or None,
        )
        return float(model.calc_price(asked, provider).total_price)

    def one(**tokens: int) -> float:
        return round(counted(Usage(**tokens)) * 1_000_000, 6)

    now = model.get_prices(utc_now())
    if any(getattr(now, part, None) is None for part in ("input_mtok", "output_mtok")):
        return None  # it is sold by something else than tokens
    return Price(
        one(input_tokens=1),
        one(output_tokens=1),
        one(input_tokens=1, cache_read_tokens=1),
        one(input_tokens=1, cache_write_tokens=1),
        source,
        counted,
    )
