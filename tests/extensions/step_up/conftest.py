"""A server with the extension `step_up` and an API with a view that requires it.

The server is no OpenID Provider, so that the requests are of plain OAuth.
"""

from __future__ import annotations

import pytest

from tests.support.authentication import return_from_login
from tests.support.host import (
    build_authorization_request,
    build_code_exchange,
    me,
    parse_redirect,
)

VAULT = {"oauth_scopes": "read", "oauth_acr": ("silver", "gold"), "oauth_max_age": 300}


def include_step_up(config):
    config.include("pyramid_oauth.extensions.step_up")
    config.add_route("vault", "/vault")
    config.add_view(me, route_name="vault", **VAULT)


class StepUpClient:
    """The client `web` and the browser of its user."""

    def __init__(self, provider, credentials=None):
        self.provider = provider
        self.credentials = credentials or provider.register_client()

    def open_browser(self, name="alice", **login):
        """Return a browser at which `name` has logged in and allowed the client."""
        browser = self.provider.open_browser(name, **login)
        answer = self.request(browser)
        if "/authorize/" in answer.location:
            form = answer.follow(status=200).forms["oauth-consent"]
            form.submit("decision", value="allow", status=303)
        return browser

    def request(self, browser, **changes):
        names = {"client_id": self.credentials["client_id"], **changes}
        form = build_authorization_request(**names)
        return browser.get("/oauth/authorize", form, expect_errors=True)

    def redeem(self, answer):
        """Return the token response for the code in an answer."""
        code = parse_redirect(answer)["code"]
        form = build_code_exchange(code, self.credentials)
        return self.provider.browser().post("/oauth/token", form, status=200).json

    def redeem_after_login(self, browser, answer):
        return self.redeem(return_from_login(browser, answer))

    def introspect(self, token):
        form = {"token": token, **self.credentials}
        return self.provider.browser().post("/oauth/introspect", form).json

    def call(self, token, status=200):
        headers = {"Authorization": f"Bearer {token}"}
        return self.provider.browser().get("/vault", headers=headers, status=status)


@pytest.fixture
def new_step_up_client(new_login_provider):
    def new(**settings):
        plain = {"openid": "false", "keys": (), **settings}
        return StepUpClient(new_login_provider(include_step_up, **plain))

    return new


@pytest.fixture
def web(new_step_up_client):
    return new_step_up_client()
