"""A tool server on a port of this machine that wants its callers signed in: a program of its own, over the SDK."""

import sys
import time
from typing import Any

from mcp.server import MCPServer
from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    OAuthAuthorizationServerProvider,
    RefreshToken,
    construct_redirect_uri,
)
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
from pydantic import AnyHttpUrl


class Accounts(OAuthAuthorizationServerProvider[AuthorizationCode, RefreshToken, AccessToken]):
    """Signs everybody in who comes with a browser."""

    def __init__(self) -> None:
        self.clients: dict[str, OAuthClientInformationFull] = {}
        self.codes: dict[str, AuthorizationCode] = {}

    async def get_client(self, client_id: str) -> OAuthClientInformationFull | None:
        return self.clients.get(client_id)

    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        assert client_info.client_id
        self.clients[client_info.client_id] = client_info

    async def authorize(self, client: OAuthClientInformationFull, params: AuthorizationParams) -> str:
        code = AuthorizationCode(
            code="the-code",
            scopes=params.scopes or [],
            expires_at=time.time() + 60,
            client_id=str(client.client_id),
            code_challenge=params.code_challenge,
            redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly,
            resource=params.resource,
        )
        self.codes[code.code] = code
        return construct_redirect_uri(str(params.redirect_uri), code=code.code, state=params.state)

    async def load_authorization_code(self, client: Any, authorization_code: str) -> AuthorizationCode | None:
        return self.codes.get(authorization_code)

    async def exchange_authorization_code(self, client: Any, authorization_code: Any) -> OAuthToken:
        return OAuthToken(access_token="the-token", token_type="Bearer", expires_in=3600)  # noqa: S106

    async def load_access_token(self, token: str) -> AccessToken | None:
        return AccessToken(token=token, client_id="x", scopes=[]) if token == "the-token" else None  # noqa: S105

    async def load_refresh_token(self, client: Any, refresh_token: str) -> RefreshToken | None:
        return None

    async def exchange_refresh_token(self, client: Any, refresh_token: Any, scopes: list[str]) -> OAuthToken:
        raise NotImplementedError

    async def revoke_token(self, token: Any) -> None:
        return None


def main() -> None:
    port = int(sys.argv[1])
    address = AnyHttpUrl(f"http://127.0.0.1:{port}")
    server: MCPServer[Any] = MCPServer(
        "closed",
        auth_server_provider=Accounts(),
        auth=AuthSettings(
            issuer_url=address,
            resource_server_url=AnyHttpUrl(f"{address}mcp"),
            client_registration_options=ClientRegistrationOptions(enabled=True),
        ),
        log_level="ERROR",
    )

    @server.tool()
    def secret() -> str:
        """Tell the secret."""
        return "only for those who signed in"

    server.run("streamable-http", host="127.0.0.1", port=port)


if __name__ == "__main__":
    main()
