"""Authorization server issuer identification (RFC 9207)."""

from __future__ import annotations

import pytest

from tests.support.host import consent, query_of

ISSUER = "https://as.example/oauth"


@pytest.mark.spec("RFC 9207", "2")
def test_every_authorization_response_has_an_iss_parameter(browser, client):
    allowed, refused = (
        consent(browser),
        consent(browser, "deny", scope="read write", approval_prompt="force"),
    )
    assert query_of(allowed)["iss"] == query_of(refused)["iss"] == ISSUER
    assert query_of(refused)["error"] == "access_denied"
    assert query_of(refused)["state"] == "af0ifjsldkj"
