"""Authorization server issuer identification (RFC 9207)."""

from __future__ import annotations

import pytest

from tests.support.host import authorize_client, parse_redirect

ISSUER = "https://as.example/oauth"


@pytest.mark.spec("RFC 9207", "2")
def test_every_authorization_response_has_an_iss_parameter(browser, client):
    allowed, refused = (
        authorize_client(browser),
        authorize_client(browser, "deny", scope="read write", approval_prompt="force"),
    )
    assert parse_redirect(allowed)["iss"] == parse_redirect(refused)["iss"] == ISSUER
    assert parse_redirect(refused)["error"] == "access_denied"
    assert parse_redirect(refused)["state"] == "af0ifjsldkj"
