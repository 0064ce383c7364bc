"""A logged-in user who logs in to clients and out again."""

from __future__ import annotations

from typing import Any

from webtest import TestResponse

from tests.support.host import authorize_client, build_code_exchange, parse_redirect
from tests.support.provider import NONCE, Provider, log_in_browser
from tests.support.types import Metadata


class LoggedInUser:
    """A user who is logged in at a browser."""

    def __init__(self, provider: Provider, name: str = "alice") -> None:
        self.provider = provider
        self.browser = log_in_browser(provider, name)

    def log_in_at_client(self, client_id: str = "web", **changes: Any) -> Metadata:
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
        send = getattr(self.browser, method)
        return send("/oauth/end_session", parameters, expect_errors=True)

    @property
    def name(self) -> str:
        """The user whom the host sees at this browser; `nobody` without a login."""
        result: str = self.browser.get("/whoami").text
        return result
