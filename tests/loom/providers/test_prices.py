"""What tokens cost: who says so goes in order, and a price that nobody says is unknown, never nothing."""

from pathlib import Path

import pytest

from loom import AgentConfig, ModelRef, create_agent
from loom.config import RuntimeConfig, RuntimeLimits
from loom.errors import ConfigError
from loom.providers.capabilities import KNOWN_MODELS
from loom.providers.prices import Price, price_of, read_prices
from loom.safety.profile import Profile
from loom.types.runs import RunState, Usage
from tests.support.agents import scripted_agent

MILLION = Usage(input_tokens=1_000_000, output_tokens=1_000_000)


def test_what_is_cached_costs_its_own_price() -> None:
    usage = Usage(1_000_000, 100_000, cache_read_tokens=600_000, cache_write_tokens=100_000)
    assert Price(3, 15, 0.3, 3.75).cost_usd(usage) == pytest.approx(0.3 * 3 + 0.6 * 0.3 + 0.1 * 3.75 + 0.1 * 15)


def test_without_a_price_for_the_cache_it_costs_as_much_as_the_rest() -> None:
    assert Price(2, 8).cost_usd(Usage(1_000_000, 0, cache_read_tokens=500_000)) == pytest.approx(2)


@pytest.mark.parametrize("ref", [ModelRef.anthropic("claude-sonnet-5-5"), ModelRef.openai("gpt-4o")])
def test_counts_that_can_t_be_cost_what_was_read_at_most(ref: ModelRef) -> None:
    published = price_of(ref)
    assert published is not None
    for price in (published, Price(3, 15, 0.3, 3.75)):
        for odd in (Usage(10, 5, cache_read_tokens=40), Usage(10, 5, cache_write_tokens=40)):
            assert 0 < price.cost_usd(odd) < 1


def test_an_unknown_price_is_unknown_and_never_nothing() -> None:
    assert price_of(ModelRef.openai("a-model-of-tomorrow")) is None
    assert price_of(ModelRef.openai("whisper-1")) is None, "sold by the minute, not by tokens"
    assert price_of(ModelRef.ollama("qwen3")) is None
    local = price_of(ModelRef.local())
    assert local is not None
    assert local.cost_usd(MILLION) == 0


@pytest.mark.parametrize("provider", ["anthropic", "openai", "gemini"])
def test_what_is_offered_of_a_service_has_its_published_price(provider: str) -> None:
    prices = [price_of(ModelRef(provider, name)) for name in KNOWN_MODELS[provider]]
    known = [price for price in prices if price is not None]
    assert len(known) >= len(prices) - 1, "one may be newer than the published table"
    for price in known:
        assert 0 < price.input_usd_per_mtok < price.output_usd_per_mtok
        assert price.source.startswith("genai-prices ")


def test_a_published_price_is_counted_to_the_token_and_by_length() -> None:
    haiku = price_of(ModelRef.anthropic("claude-haiku-4-5"))
    assert haiku is not None
    assert (haiku.input_usd_per_mtok, haiku.output_usd_per_mtok) == (1.0, 5.0)
    assert (haiku.cache_read_usd_per_mtok, haiku.cache_write_usd_per_mtok) == (0.1, 1.25)
    assert haiku.cost_usd(Usage(1_000, 100, cache_read_tokens=500)) == pytest.approx(0.00105)
    tiered = price_of(ModelRef.gemini("gemini-3.1-pro-preview"))
    assert tiered is not None
    short, long = (tiered.cost_usd(Usage(tokens, 0)) / tokens for tokens in (100_000, 400_000))
    assert long > short, "what is long costs more for each token"


def test_the_service_at_an_address_has_its_own_prices() -> None:
    routed = price_of(ModelRef.openai("deepseek-chat"), address="https://api.deepseek.com/v1")
    assert routed is not None
    assert price_of(ModelRef.openai("deepseek-chat")) is None
    # A gateway that nobody knows is taken to pass on to the provider.
    assert price_of(ModelRef.openai("gpt-4o"), address="http://127.0.0.1:9/v1") == price_of(ModelRef.openai("gpt-4o"))


def test_the_agent_file_goes_before_the_table_and_the_table_before_what_is_published() -> None:
    table = {"openai:gpt-4o": Price(7, 8, source="your table")}
    own = ModelRef.openai("gpt-4o", extensions={"price": {"input": 1, "output": 2.5}})
    told = [price_of(own, table), price_of(ModelRef.openai("gpt-4o"), table), price_of(ModelRef.openai("gpt-4o"))]
    assert [price.input_usd_per_mtok for price in told if price is not None] == [1.0, 7, 2.5]
    assert [price.source.split()[0] for price in told if price is not None] == ["the", "your", "genai-prices"]


@pytest.mark.parametrize("price", [None, "cheap", {"input": 1}, {"input": -1, "output": 2}, {"input": True}])
def test_nonsense_in_the_agent_file_is_no_price(price: object) -> None:
    assert price_of(ModelRef.openai("a-model-of-tomorrow", extensions={"price": price})) is None


def test_the_table_is_read_and_what_is_wrong_in_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    assert read_prices(file) == {}
    file.write_text('["qwen:qwen-max"]\ninput = 1.6\noutput = 6.4\ncache_read = 0.3\n')
    assert read_prices(file)["qwen:qwen-max"].cache_read_usd_per_mtok == 0.3
    file.write_text('["qwen:qwen-max"]\ninput = 1.6\noutptu = 6.4\n')
    with pytest.raises(ConfigError, match=r"'qwen:qwen-max' in .*prices\.toml must be input and output"):
        read_prices(file)
    file.write_text("[")
    with pytest.raises(ConfigError, match=r"prices\.toml can't be read"):
        read_prices(file)


async def test_the_persons_table_counts_in_the_next_run(tmp_path: Path) -> None:
    limits = RuntimeConfig(limits=RuntimeLimits(max_cost_usd=5.0))
    turns = [{"text": "done", "usage": {"input_tokens": 900, "output_tokens": 100}}] * 2
    config = AgentConfig(ModelRef.scripted(turns, name="m"), runtime=limits)
    agent = create_agent(config, profile=Profile(tmp_path))
    (tmp_path / "prices.toml").write_text('["scripted:m"]\ninput = 10.0\noutput = 10.0\n')
    first = await agent.run("hello")
    assert first.usage.cost_usd == pytest.approx(0.01)
    (tmp_path / "prices.toml").write_text('["scripted:m"]\ninput = 20.0\noutput = 20.0\n')
    second = await agent.run("hello")
    assert second.usage.cost_usd == pytest.approx(0.02)
    (tmp_path / "prices.toml").write_text("nonsense")
    broken = await agent.run("hello")
    assert (broken.state, broken.usage.total_tokens) == (RunState.FAILED, 0)
    assert broken.error is not None
    assert "prices.toml can't be read" in broken.error["message"]
    await agent.aclose()


async def test_without_anybody_who_says_it_the_cost_of_a_run_is_unknown() -> None:
    agent = scripted_agent({"text": "hello", "usage": {"input_tokens": 900, "output_tokens": 100}})
    result = await agent.run("hello")
    assert result.usage.total_tokens == 1_000
    assert result.usage.cost_usd is None
    await agent.aclose()
