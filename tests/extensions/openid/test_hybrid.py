"""The implicit and hybrid flows (OpenID Connect Core sections 3.2 and 3.3)."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support.host import (
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    call_api,
)
from tests.support.provider import IMPLICIT, NONCE, compute_half_hash, log_in_browser

# The start warns of access tokens in URLs: see test_discovery.
pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)

ALL = (
    "id_token",
    "id_token token",
    "code id_token",
    "code token",
    "code id_token token",
)
FIELDS = {
    "authorization_grant_type": "authorization_code implicit refresh_token",
    "client_metadata": {"response_types": ["code", *ALL]},
}


@pytest.fixture
def implicit_provider(new_provider):
    return new_provider(**IMPLICIT)


@pytest.fixture
def implicit_client(implicit_provider):
    return implicit_provider.register_client(**FIELDS)


def authorize_with_type(provider, response_type, **changes):
    """The members in the fragment of the response, and its URL in parts."""
    changes = {"scope": "openid", "nonce": NONCE, **changes}
    answer = authorize_client(
        log_in_browser(provider), response_type=response_type, **changes
    )
    parts = urlsplit(answer.location)
    return dict(parse_qsl(parts.fragment)), parts


@pytest.mark.spec("OpenID Connect Core", "3.3.2.5")
@pytest.mark.parametrize("response_type", ALL)
def test_the_response_has_the_members_of_its_response_type(
    implicit_provider, implicit_client, response_type
):
    members, parts = authorize_with_type(implicit_provider, response_type)
    words = response_type.split()
    assert parts.query == ""
    assert ("code" in members) == ("code" in words)
    assert ("access_token" in members) == ("token" in words)
    assert ("id_token" in members) == ("id_token" in words)
    assert "refresh_token" not in members
    assert members["state"] == "af0ifjsldkj"
    assert members["iss"] == "https://as.example/oauth"
    if "token" in words:
        assert members["token_type"] == "Bearer"
        assert int(members["expires_in"]) == 3600


@pytest.mark.spec("OpenID Connect Core", "3.2.2.10")
@pytest.mark.spec("OpenID Connect Core", "3.3.2.11")
@pytest.mark.parametrize("response_type", [name for name in ALL if "id_token" in name])
def test_the_id_token_has_the_hashes_of_the_code_and_token_beside_it(
    implicit_provider, implicit_client, response_type
):
    members, _ = authorize_with_type(implicit_provider, response_type)
    claims = implicit_provider.verify_id_token(members["id_token"])
    assert claims["sub"] == "alice"
    assert claims["nonce"] == NONCE
    token, code = members.get("access_token"), members.get("code")
    assert claims.get("at_hash") == (compute_half_hash(token) if token else None)
    assert claims.get("c_hash") == (compute_half_hash(code) if code else None)


@pytest.mark.spec("OpenID Connect Core", "3.3.3.6")
def test_both_id_tokens_of_a_hybrid_flow_have_the_same_subject(
    implicit_provider, implicit_client
):
    members, _ = authorize_with_type(implicit_provider, "code id_token")
    form = build_code_exchange(members["code"], implicit_client)
    tokens = implicit_provider.browser().post("/oauth/token", form).json
    front, back = (
        implicit_provider.verify_id_token(token["id_token"])
        for token in (members, tokens)
    )
    same = ("iss", "sub", "aud", "nonce", "auth_time", "sid", "acr", "amr")
    assert [front.get(name) for name in same] == [back.get(name) for name in same]


def test_the_api_accepts_tokens_of_both_endpoints_until_the_code_is_replayed(
    implicit_provider, implicit_client
):
    members, _ = authorize_with_type(
        implicit_provider, "code token", scope="openid read"
    )
    assert call_api(implicit_provider, members["access_token"]) == 200
    form = build_code_exchange(members["code"], implicit_client)
    browser = implicit_provider.browser()
    tokens = browser.post("/oauth/token", form).json
    assert call_api(implicit_provider, tokens["access_token"]) == 200
    browser.post("/oauth/token", form, status=400)
    assert call_api(implicit_provider, members["access_token"]) == 401
    assert call_api(implicit_provider, tokens["access_token"]) == 401


@pytest.mark.spec("OpenID Connect Core", "5.4")
def test_scope_claims_are_in_the_id_token_only_without_an_access_token(
    implicit_provider, implicit_client
):
    scope = "openid profile"
    alone, _ = authorize_with_type(implicit_provider, "id_token", scope=scope)
    beside, _ = authorize_with_type(implicit_provider, "id_token token", scope=scope)
    assert (
        implicit_provider.verify_id_token(alone["id_token"])["name"] == "Alice Liddell"
    )
    assert "name" not in implicit_provider.verify_id_token(beside["id_token"])


@pytest.mark.spec("OpenID Connect Core", "3.2.2.1")
@pytest.mark.spec("OpenID Connect Core", "3.3.2.1")
@pytest.mark.parametrize("response_type", [name for name in ALL if "id_token" in name])
def test_a_response_type_with_id_token_needs_a_nonce(
    implicit_provider, implicit_client, response_type
):
    members, _ = authorize_with_type(implicit_provider, response_type, nonce=None)
    assert members["error"] == "invalid_request"
    assert "nonce" in members["error_description"]


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
@pytest.mark.parametrize("nonce", [NONCE, None], ids=["nonce", "no-nonce"])
@pytest.mark.parametrize("response_type", [name for name in ALL if "id_token" in name])
def test_nobody_is_asked_for_an_id_token_without_the_scope_openid(
    implicit_provider, implicit_client, response_type, nonce
):
    asked = build_authorization_request(
        response_type=response_type, scope="read", nonce=nonce
    )
    browser = log_in_browser(implicit_provider)
    answer = browser.get("/oauth/authorize", asked, status=303)
    members = dict(parse_qsl(urlsplit(answer.location).fragment))
    assert members["error"] == "invalid_scope"
    assert not {"code", "access_token", "id_token"} & set(members)


def test_response_type_code_token_needs_no_nonce(implicit_provider, implicit_client):
    members, _ = authorize_with_type(implicit_provider, "code token", nonce=None)
    assert {"code", "access_token"} <= set(members)


@pytest.mark.spec("OAuth 2.0 Multiple Response Types", "5")
@pytest.mark.parametrize("response_type", ALL)
def test_response_mode_query_is_refused_for_tokens(
    implicit_provider, implicit_client, response_type
):
    changes = {"scope": "openid", "nonce": NONCE, "response_mode": "query"}
    answer = log_in_browser(implicit_provider).get(
        "/oauth/authorize",
        build_authorization_request(response_type=response_type, **changes),
        status=303,
    )
    parts = urlsplit(answer.location)
    assert parts.query == ""
    assert dict(parse_qsl(parts.fragment))["error"] == "invalid_request"


@pytest.mark.spec("OAuth 2.0 Multiple Response Types", "1.3")
def test_the_order_of_response_type_values_is_free(implicit_provider, implicit_client):
    members, _ = authorize_with_type(implicit_provider, "token code id_token")
    assert {"code", "access_token", "id_token"} <= set(members)


@pytest.mark.spec("RFC 7591", "2.1")
@pytest.mark.parametrize(
    "changes",
    [
        {"authorization_grant_type": "authorization_code", "client_metadata": {}},
        {"authorization_grant_type": "authorization_code"},
        {"client_metadata": {"response_types": ["code"]}},
    ],
    ids=["neither", "no-implicit-grant", "no-response-type"],
)
def test_a_client_uses_its_registered_response_types_only(
    implicit_provider, implicit_client, changes
):
    implicit_provider.update_application(**changes)
    members, _ = authorize_with_type(implicit_provider, "code id_token")
    assert members["error"] == "unauthorized_client"


@pytest.mark.parametrize("response_type", ALL)
def test_implicit_and_hybrid_flows_are_off_by_default(new_provider, response_type):
    provider = new_provider()
    provider.register_client(**FIELDS)
    members, _ = authorize_with_type(provider, response_type)
    assert members["error"] == "unsupported_response_type"


def test_public_clients_need_pkce_in_the_hybrid_flow(implicit_provider):
    public = {"client_type": "public", "token_endpoint_auth_method": "none"}
    implicit_provider.register_client(**FIELDS, **public)
    members, _ = authorize_with_type(
        implicit_provider,
        "code id_token",
        code_challenge=None,
        code_challenge_method=None,
    )
    assert members["error"] == "invalid_request"
