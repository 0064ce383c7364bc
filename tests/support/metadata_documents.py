"""A client that publishes its metadata at the URL that is its client_id."""

from __future__ import annotations

import json
from typing import Any

from webtest import TestResponse

from tests.support.client_keys import ClientSite
from tests.support.host import (
    Host,
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
)
from tests.support.servers import build_response
from tests.support.types import Metadata

EXTENSION = "pyramid_oauth.extensions.client_id_metadata"


class PublishedClient:
    """A client whose metadata document is on its own https server.

    Attributes:
        client_id: The URL of the document.
        document: Its members, as the server sends them.
        headers: Further headers of the response.
        status: The status of the response.
    """

    def __init__(self, site: ClientSite) -> None:
        self.site = site
        self.client_id = f"https://localhost:{site.server.port}/client.json"
        self.document: dict[str, Any] = {
            "client_id": self.client_id,
            "client_name": "Example MCP Client",
            "redirect_uris": ["https://client.example/cb"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }
        self.headers: dict[str, str] = {}
        self.status = "200 OK"
        self.body: bytes | None = None
        site.server.handler = lambda peer, request: peer.sendall(self._response())

    @property
    def fetches(self) -> int:
        """How often the document was requested."""
        return len(self.site.server.requests)

    def change(self, **members: Any) -> None:
        """Publish other members; None leaves one out."""
        changed = {**self.document, **members}
        self.document = {k: v for k, v in changed.items() if v is not None}

    def authorize(self, host: Host, **changes: str | None) -> TestResponse:
        """Send the authorization request of a browser of alice, whatever its status."""
        browser = host.browser()
        browser.get("/login?name=alice")
        request = build_authorization_request(client_id=self.client_id, **changes)
        return browser.get("/oauth/authorize", request, status="*")

    def obtain_tokens(self, host: Host, **changes: Any) -> Metadata:
        """Complete the code flow as alice."""
        browser = host.browser()
        browser.get("/login?name=alice")
        answer = authorize_client(browser, client_id=self.client_id, **changes)
        code = parse_redirect(answer)["code"]
        form = build_code_exchange(code, {"client_id": self.client_id})
        tokens: Metadata = browser.post("/oauth/token", form).json
        return tokens

    def _response(self) -> bytes:
        body = self.body or json.dumps(self.document).encode()
        return build_response(body, self.status, self.headers)
