"""Proxy and certificates: what a person chose is how providers are really reached, from the next request on."""

import datetime
import ipaddress
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from loom import AgentConfig, ModelRef, create_agent
from loom.errors import ConfigError, ProviderUnavailableError
from loom.providers.network import Network
from loom.providers.offered import offered_models
from loom.providers.pool import borrow_client, close_pool, return_client, use_network
from loom.threads import in_thread
from tests.support.wire_server import Reply, WireServer

MODELS = {"data": [{"id": "big"}]}


def at(address: str) -> dict[str, str]:
    return {"OPENAI_BASE_URL": address, "OPENAI_API_KEY": "sk-1"}


async def test_requests_go_over_the_proxy_and_to_this_machine_directly() -> None:
    async with (
        WireServer(Reply.of_json(200, MODELS), loop=True) as proxy,
        WireServer(Reply.of_json(200, MODELS), loop=True) as here,
    ):
        await borrow_client()  # the change reaches a pool that is in use
        try:
            await use_network(Network(proxy=proxy.url, no_proxy=("inside.example",)))
            assert await offered_models("openai", at("http://models.example/v1")) == ["big"]
            assert proxy.requests[0].path == "http://models.example/v1/models"
            assert await offered_models("openai", at(f"{here.url}/v1")) == ["big"]
            assert len(proxy.requests) == 1
            assert here.requests[0].path == "/v1/models"
            await use_network(Network(proxy=""))
            assert await offered_models("openai", at(f"{here.url}/v1")) == ["big"]
            assert len(proxy.requests) == 1
        finally:
            await return_client()
            await use_network(Network())


async def test_without_a_choice_the_environment_says_which_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with WireServer(Reply.of_json(200, MODELS), loop=True) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "inside.example")
        assert await offered_models("openai", at("http://models.example/v1")) == ["big"]
        assert len(proxy.requests) == 1
        assert Network().proxy_for("http", "a.inside.example") == ""
        assert Network(proxy="http://p:1", no_proxy=(".b.example",)).proxy_for("https", "a.b.example") == ""
        assert Network(proxy="http://p:1").proxy_for("https", "127.0.0.1") == ""
        await close_pool()


@pytest.mark.parametrize("proxy", ["proxy.example:3128", "ftp://p", "http://", "http://p:0", "http://p:port"])
async def test_what_is_no_proxy_is_refused_in_a_sentence(proxy: str) -> None:
    with pytest.raises(ConfigError, match="is no proxy's address; write it like"):
        await use_network(Network(proxy=proxy))


async def test_certificates_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be used"):
        await use_network(Network(ca_file=str(tmp_path / "none.pem")))
    file = tmp_path / "no.pem"
    await in_thread(file.write_text, "hello")
    with pytest.raises(ConfigError, match="can't be used"):
        await use_network(Network(ca_file=str(file)))


async def test_a_server_with_a_certificate_of_ones_own_is_believed_when_its_file_is_given(tmp_path: Path) -> None:
    certificate, key = await in_thread(_certificate, tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    await in_thread(context.load_cert_chain, certificate, key)
    server = WireServer(Reply.of_json(200, MODELS), loop=True)
    server.tls = context
    async with server:
        with pytest.raises(ProviderUnavailableError, match=r"(?i)certificate"):
            await offered_models("openai", at(f"{server.url}/v1"))
        await use_network(Network(ca_file=str(certificate)))
        try:
            assert await offered_models("openai", at(f"{server.url}/v1")) == ["big"]
        finally:
            await use_network(Network())
            await close_pool()


@pytest.mark.parametrize("kind", [ModelRef.openai, ModelRef.anthropic, ModelRef.gemini, ModelRef.ollama])
async def test_a_certificate_that_is_not_believed_is_told_and_not_tried_again(
    tmp_path: Path, kind: Callable[..., ModelRef]
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    await in_thread(context.load_cert_chain, *await in_thread(_certificate, tmp_path))
    server = WireServer()
    server.tls = context
    async with server:
        agent = create_agent(AgentConfig(model=kind("m", api_base=server.url)), environment={})
        result = await agent.run("hi")
        await agent.aclose()
    assert result.error is not None
    assert result.error["message"].startswith("No connection to https://127.0.0.1:")
    assert "certificate verify failed" in result.error["message"]
    assert not result.error["retryable"]
    assert [event.type for event in result.events if event.type == "step.retried"] == []


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "own.pem", folder / "own.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret
