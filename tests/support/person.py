"""Somebody at a browser who logs in to clients and out again."""

from __future__ import annotations

from typing import Any

from webtest import TestResponse

from tests.support.host import authorize_client, build_code_exchange, parse_redirect
from tests.support.provider import NONCE, Provider, log_in_browser
from tests.support.types import Metadata


class Person:
    """Somebody at one browser, logged in."""

    def __init__(self, provider: Provider, name: str = "alice") -> None:
        self.provider = provider
        self.browser = log_in_browser(provider, name)

    def sign_in(self, client_id: str = "web", **changes: Any) -> Metadata:
        """Log in to a client; returns the token response."""
        client = getattr(self.provider, client_id)
        changes = {"scope": "openid", "nonce": NONCE, **changes}
        answer = authorize_client(self.browser, client_id=client_id, **changes)
        self.answer = parse_redirect(answer)
        form = build_code_exchange(self.answer["code"], client)
        result: Metadata = self.browser.post("/oauth/token", form).json
        return result

    def end_session(
        self, method: str = "get", **parameters: str | None
    ) -> TestResponse:
        """Go to the logout endpoint."""
        ask = getattr(self.browser, method)
        return ask("/oauth/end_session", parameters, expect_errors=True)

    @property
    def name(self) -> str:
        """Who the host takes this browser for."""
        result: str = self.browser.get("/whoami").text
        return result
