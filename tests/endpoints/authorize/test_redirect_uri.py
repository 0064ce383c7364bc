"""The redirect URI of an authorization request (RFC 6749 section 3.1.2)."""

from __future__ import annotations

import pytest

from tests.support.host import build_authorization_request


@pytest.mark.spec("RFC 6749", "4.1.2.1")
@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": "https://evil.example/cb"},
        {"redirect_uri": "https://client.example/cb/"},
        {"redirect_uri": "https://client.example/cb?x=1"},
        {"redirect_uri": "javascript:alert(1)"},
    ],
)
def test_an_unregistered_redirect_uri_receives_no_redirect(browser, client, changes):
    answer = browser.get(
        "/oauth/authorize", build_authorization_request(**changes), status=400
    )
    assert answer.content_type == "text/html"
    assert "Location" not in answer.headers
