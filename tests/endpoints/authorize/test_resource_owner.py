"""A bearer token is no login: only a user at a browser can authorize a client."""

from __future__ import annotations

import pytest

from pyramid_oauth.resource import OAuthSecurityPolicy
from tests.support.host import CookiePolicy, build_authorization_request, obtain_tokens
from tests.support.provider import log_in_browser

pytestmark = pytest.mark.spec("RFC 6749", "3.1")


@pytest.fixture
def wrapped_host(new_host):
    """A host whose policy is wrapped."""
    return new_host(policy=OAuthSecurityPolicy(CookiePolicy()))


@pytest.fixture
def wrapped_browser(wrapped_host):
    return log_in_browser(wrapped_host)


@pytest.fixture
def bearer_headers(wrapped_host):
    """The headers of a client with a token of alice; it skips the consent page."""
    client = wrapped_host.register_client(skip_authorization=True)
    return {
        "Authorization": f"Bearer {obtain_tokens(wrapped_host, client)['access_token']}"
    }


def test_a_bearer_token_cannot_authorize_a_client(wrapped_host, bearer_headers):
    anonymous_browser = wrapped_host.browser()
    answer = anonymous_browser.get(
        "/oauth/authorize",
        build_authorization_request(),
        headers=bearer_headers,
        status=303,
    )
    assert "/login?next=" in answer.location


def test_a_bearer_token_beside_a_login_session_brings_no_code(
    wrapped_browser, bearer_headers
):
    answer = wrapped_browser.get(
        "/oauth/authorize", build_authorization_request(), headers=bearer_headers
    )
    assert "code=" not in answer.location
