"""UserInfo (OpenID Connect Core section 5.3) and the claims it releases (5.4)."""

from __future__ import annotations

import pytest

from docs.examples import token_schemes
from pyramid_oauth import clock
from pyramid_oauth.resource import TokenIdentity
from tests.support.provider import ISSUER, log_in_to_client

URL = "/oauth/userinfo"
ALL = "openid profile email address phone"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def userinfo(provider, token, **options):
    return provider.browser().get(URL, headers=bearer(token), **options)


@pytest.mark.spec("OpenID Connect Core", "5.3.1")
@pytest.mark.parametrize("way", ["GET", "POST with header", "POST with form"])
def test_the_access_token_is_accepted_in_header_and_body(provider, web_client, way):
    token = log_in_to_client(provider, web_client, scope=ALL)["access_token"]
    browser = provider.browser()
    if way == "GET":
        answer = browser.get(URL, headers=bearer(token))
    elif way == "POST with header":
        answer = browser.post(URL, headers=bearer(token))
    else:
        answer = browser.post(URL, {"access_token": token})
    assert answer.content_type == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "sub": "alice",
        "name": "Alice Liddell",
        "given_name": "Alice",
        "email": "alice@example.org",
        "email_verified": True,
        "address": {"locality": "Oxford"},
    }


@pytest.mark.spec("OpenID Connect Core", "5.3.2")
def test_the_subject_equals_that_of_the_id_token(provider, web_client):
    tokens = log_in_to_client(provider, web_client)
    subject = provider.verify_id_token(tokens["id_token"])["sub"]
    assert userinfo(provider, tokens["access_token"]).json == {"sub": subject}


@pytest.mark.spec("OpenID Connect Core", "5.4")
def test_each_scope_releases_its_claims_only(provider, web_client):
    token = log_in_to_client(provider, web_client, scope="openid email")["access_token"]
    claims = userinfo(provider, token).json
    assert set(claims) == {"sub", "email", "email_verified"}


def test_userinfo_calls_the_accounts_adapter_and_the_database_once(
    provider, web_client
):
    token = log_in_to_client(provider, web_client, scope=ALL)["access_token"]
    userinfo(provider, token)
    provider.people.asked, statements = 0, provider.record_statements()
    userinfo(provider, token)
    assert provider.people.asked == 1
    assert len(statements) == 1


@pytest.mark.spec("RFC 6750", "3.1")
def test_errors_have_a_bearer_challenge(provider, web_client):
    browser = provider.browser()
    without_token = browser.get(URL, status=401)
    assert without_token.headers["WWW-Authenticate"] == 'Bearer realm="oauth"'
    unknown_token = userinfo(provider, "unknown", status=401)
    assert 'error="invalid_token"' in unknown_token.headers["WWW-Authenticate"]
    token = log_in_to_client(provider, web_client, scope="read")["access_token"]
    narrow_token = userinfo(provider, token, status=403)
    assert 'error="insufficient_scope"' in narrow_token.headers["WWW-Authenticate"]
    assert 'scope="openid"' in narrow_token.headers["WWW-Authenticate"]
    token = log_in_to_client(provider, web_client)["access_token"]
    two_tokens = browser.post(
        URL, {"access_token": token}, headers=bearer(token), status=400
    )
    assert two_tokens.json["error"] == "invalid_request"
    for answer in (without_token, unknown_token, narrow_token, two_tokens):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_client_credentials_token_gets_no_claims(provider, web_client):
    form = {"grant_type": "client_credentials", "scope": "read", **web_client}
    token = provider.browser().post("/oauth/token", form).json["access_token"]
    assert userinfo(provider, token, status=403).json["error"] == "insufficient_scope"


def test_expired_and_revoked_tokens_are_refused(provider, web_client):
    with clock.frozen() as time:
        token = log_in_to_client(provider, web_client)["access_token"]
        revoked = log_in_to_client(provider, web_client)["access_token"]
        provider.browser().post("/oauth/revoke", {"token": revoked, **web_client})
        userinfo(provider, revoked, status=401)
        userinfo(provider, token, status=200)
        time.advance(3601)
        userinfo(provider, token, status=401)


def test_a_disabled_client_is_refused(provider, web_client):
    token = log_in_to_client(provider, web_client)["access_token"]
    provider.update_application(disabled_at=clock.now())
    userinfo(provider, token, status=401)


@pytest.mark.spec("OpenID Connect Core", "5.3.2")
@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_the_response_is_signed_when_the_client_registered_it(new_provider, alg):
    provider = new_provider(signing_algorithms="RS256 ES256", keys=("RS256", "ES256"))
    client = provider.register_client(
        client_metadata={"userinfo_signed_response_alg": alg}
    )
    token = log_in_to_client(provider, client, scope="openid profile")["access_token"]
    answer = userinfo(provider, token)
    assert answer.content_type == "application/jwt"
    claims = provider.verify_token(answer.text, "web", require=["iss", "aud", "sub"])
    assert (claims["iss"], claims["aud"], claims["sub"]) == (ISSUER, "web", "alice")
    assert claims["name"] == "Alice Liddell"


@pytest.mark.spec("OpenID Connect Core", "5.3")
def test_cross_origin_requests_are_allowed(provider):
    headers = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    answer = provider.browser().options(URL, headers=headers)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_answered_405_with_allow(provider, method):
    answer = provider.browser().request(URL, method=method, expect_errors=True)
    assert answer.status_int == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST, OPTIONS"


def test_an_authentication_scheme_of_an_extension_is_accepted(new_provider):
    provider = new_provider(lambda config: config.include(token_schemes))
    token = log_in_to_client(provider, provider.register_client())["access_token"]
    proven = {"Authorization": f"Proven {token}", "Proof": ":n-1"}
    assert provider.browser().get(URL, headers=proven).json == {"sub": "alice"}
    answer = provider.browser().get(URL, headers={**proven, "Proof": ""}, status=401)
    assert answer.headers["Proof-Nonce"] == "n-1"
    assert "Proof-Nonce" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.spec("RFC 6750", "3.1")
def test_an_unregistered_authentication_scheme_is_challenged_without_error(provider):
    headers = {"Authorization": "DPoP token"}
    answer = provider.browser().get(URL, headers=headers, status=401)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="oauth"'


def test_a_token_verifier_of_the_host_is_used(new_provider):
    def verifier(request, token):
        return TokenIdentity(client_id="web", user_id="alice", scope="openid email")

    provider = new_provider(lambda config: config.set_oauth_token_verifier(verifier))
    provider.register_client()
    claims = userinfo(provider, "a-token-of-elsewhere").json
    assert set(claims) == {"sub", "email", "email_verified"}


@pytest.mark.parametrize(
    ("issuer", "status"), [("https://other.example", 401), (ISSUER, 200)]
)
@pytest.mark.spec("RFC 9700", "4.4")
def test_a_token_of_another_issuer_releases_no_claims(new_provider, issuer, status):
    """The user of that name may be another one there."""

    def verifier(request, token):
        return TokenIdentity(
            client_id="web", user_id="alice", scope="openid email", issuer=issuer
        )

    provider = new_provider(lambda config: config.set_oauth_token_verifier(verifier))
    provider.register_client()
    answer = userinfo(provider, "a-token-of-elsewhere", status=status)
    if status == 401:
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
