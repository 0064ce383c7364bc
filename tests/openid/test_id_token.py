"""ID Tokens from the token endpoint (OpenID Connect Core sections 2 and 3.1.3)."""

from __future__ import annotations

import pytest

from pyramid_oauth import clock
from tests.openid.provider import ISSUER, sign_in


@pytest.mark.spec("OpenID Connect Core", "2")
def test_a_code_brings_an_id_token(provider, client):
    with clock.frozen() as _:
        now = clock.timestamp()
        issued = sign_in(provider, client)
        claims = provider.verified(issued["id_token"])
    assert claims["iss"] == ISSUER
    assert claims["sub"] == "alice"
    assert claims["aud"] == claims["azp"] == "web"
    assert claims["iat"] == now
    assert claims["exp"] == now + 3600


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_without_the_scope_openid_there_is_none(provider, client):
    assert "id_token" not in sign_in(provider, client, scope="read")
