"""The profile `browser`: what RFC 10017 asks of the server of single-page clients."""

from __future__ import annotations

import pytest

from tests.support.dpop import ProofSigner, call_view, redeem, refresh
from tests.support.host import authorize_client, parse_query, parse_redirect
from tests.support.person import LoggedInUser

RFC = "RFC 10017"
ORIGIN = "https://app.example"
HOUR = 3600


@pytest.fixture
def spa_host(new_host):
    return new_host(profile="browser")


@pytest.fixture
def spa(spa_host):
    return spa_host.register_client(
        client_id="app",
        client_type="public",
        authorization_grant_type="authorization_code refresh_token",
        token_endpoint_auth_method="none",
        allowed_origins=ORIGIN,
    )


def request_code(spa_host, **changes):
    browser = spa_host.browser()
    browser.get("/login?name=alice")
    return parse_redirect(authorize_client(browser, client_id="app", **changes))


@pytest.mark.spec(RFC, "6.3.2.1")
def test_pkce_is_enforced(spa_host, spa):
    response = request_code(spa_host, code_challenge=None, code_challenge_method=None)
    assert response["error"] == "invalid_request"


@pytest.mark.spec(RFC, "7.2")
def test_no_access_token_comes_from_the_authorization_endpoint(spa_host, spa):
    browser = spa_host.browser()
    browser.get("/login?name=alice")
    answer = authorize_client(browser, client_id="app", response_type="token")
    response = parse_query(answer.location.replace("#", "?"))
    assert response["error"] in ("unsupported_response_type", "unauthorized_client")


@pytest.mark.spec(RFC, "6.3.3.2.1")
@pytest.mark.parametrize("end", ["/", "?x=1", "#x", "/../cb"])
def test_redirect_uris_are_compared_exactly(spa_host, spa, end):
    answer = spa_host.browser().get(
        "/oauth/authorize",
        {
            "client_id": "app",
            "response_type": "code",
            "redirect_uri": f"https://client.example/cb{end}",
        },
        status=400,
    )
    assert "Location" not in answer.headers


@pytest.mark.spec(RFC, "6.3.2.3")
def test_refresh_tokens_rotate_and_end_with_the_first_one(spa_host, spa, frozen_clock):
    tokens = redeem(spa_host, spa, request_code(spa_host)["code"]).json
    seen = {tokens["refresh_token"]}
    assert tokens["expires_in"] == 600
    for _ in range(8):
        frozen_clock.advance(HOUR - 60)
        tokens = refresh(spa_host, spa, tokens["refresh_token"]).json
        seen.add(tokens["refresh_token"])
    assert len(seen) == 9
    frozen_clock.advance(HOUR - 60)
    late = refresh(spa_host, spa, tokens["refresh_token"], status=400)
    assert late.json["error"] == "invalid_grant"


@pytest.mark.spec(RFC, "6.3.3.4")
@pytest.mark.parametrize(("origin", "allowed"), [(ORIGIN, ORIGIN), ("https://x", None)])
def test_only_registered_origins_may_read_tokens(spa_host, spa, origin, allowed):
    form = {
        "grant_type": "authorization_code",
        "code": request_code(spa_host)["code"],
        "redirect_uri": "https://client.example/cb",
        "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        **spa,
    }
    answer = spa_host.browser().post("/oauth/token", form, headers={"Origin": origin})
    assert answer.headers.get("Access-Control-Allow-Origin") == allowed


@pytest.mark.spec(RFC, "6.3.4.2.2")
def test_a_client_may_bind_its_tokens(spa_host, spa, signer):
    tokens = redeem(spa_host, spa, request_code(spa_host)["code"], signer).json
    assert call_view(spa_host, tokens["access_token"], signer).json["sub"] == "alice"
    other = ProofSigner(number=1)
    assert refresh(spa_host, spa, tokens["refresh_token"], other, status=400)
    assert refresh(spa_host, spa, tokens["refresh_token"], signer, status=200)


@pytest.mark.spec(RFC, "6.3.2.3")
def test_a_logout_ends_every_refresh_token_of_the_session(new_logout_provider):
    provider = new_logout_provider(profile="browser")
    alice = LoggedInUser(provider)
    asked = {"scope": "openid offline_access read", "prompt": "consent"}
    tokens = alice.log_in_at_client(**asked)
    alice.end_session(id_token_hint=tokens["id_token"])
    late = refresh(provider, provider.web, tokens["refresh_token"], status=400)
    assert late.json["error"] == "invalid_grant"
