"""Somebody at a browser who logs in to clients and out again."""

from __future__ import annotations

from tests.support.host import consent, query_of, redemption
from tests.support.provider import NONCE, logged_in


class Person:
    """Somebody at one browser, logged in."""

    def __init__(self, provider, name="alice"):
        self.provider = provider
        self.browser = logged_in(provider, name)

    def sign_in(self, client_id="web", **changes):
        """Log in to a client; returns the token response."""
        client = getattr(self.provider, client_id)
        changes = {"scope": "openid", "nonce": NONCE, **changes}
        answer = consent(self.browser, client_id=client_id, **changes)
        self.answer = query_of(answer)
        form = redemption(self.answer["code"], client)
        return self.browser.post("/oauth/token", form).json

    def end_session(self, method="get", **parameters):
        """Go to the logout endpoint."""
        ask = getattr(self.browser, method)
        return ask("/oauth/end_session", parameters, expect_errors=True)

    @property
    def name(self):
        """Who the host takes this browser for."""
        return self.browser.get("/whoami").text
