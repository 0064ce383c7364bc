"""A provider whose people can log out, and clients that want to hear of it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from pyramid.csrf import get_csrf_token
from pyramid.response import Response

from pyramid_oauth.accounts import Account
from tests.support.provider import (
    NONCE,
    SETTINGS,
    People,
    Provider,
    consent,
    logged_in,
    query_of,
    redemption,
)

BYE = "https://client.example/bye"
OTHER_BYE = "https://other.example/bye?from=op"


class Leaving(People):
    """People of a host that names no sessions."""

    def log_out(self, request):
        request.session.invalidate()


class Named(Leaving):
    """People of a host that names its sessions."""

    def current(self, request):
        user = request.session.get("user")
        if user is None:
            return None
        # The token is new with every session.
        name = f"session {get_csrf_token(request)}"
        return Account(subject=user, display_name=user.title(), session_id=name)


PEOPLE = {"unnamed": Leaving, "named": Named}


class LogoutProvider(Provider):
    """The provider with two clients, `web` and `other`."""

    def __init__(self, url, configure=None, people=Named, **settings):
        def whole(config):
            config.add_route("whoami", "/whoami")
            config.add_view(
                lambda request: Response(request.session.get("user") or "nobody"),
                route_name="whoami",
            )
            config.add_route("expire", "/expire")
            config.add_view(
                lambda request: request.session.invalidate() or request.response,
                route_name="expire",
            )
            if configure:
                configure(config)

        scopes = f"{SETTINGS['scopes']}\noffline_access = Stay"
        super().__init__(url, whole, people=people(), **{"scopes": scopes, **settings})
        self.web = self.application(post_logout_redirect_uris=BYE)
        self.other = self.application(
            client_id="other", name="Other", post_logout_redirect_uris=OTHER_BYE
        )

    def declare(self, client_id="web", **metadata):
        """Have a client registered with further metadata."""
        self.change(client_id, client_metadata=metadata)


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


def query(location):
    found = parse_qs(urlsplit(location).query)
    return {name: value for name, (value,) in found.items()}


__all__ = ["BYE", "OTHER_BYE", "PEOPLE", "LogoutProvider", "Person", "query"]
