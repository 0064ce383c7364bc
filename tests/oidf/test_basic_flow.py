"""The happy flow in its forms (OpenID Connect Core section 3)."""

from __future__ import annotations

import time

import pytest

from tests.oidf.flow import CODE, EVERY, FEW, HYBRID, Kind, kinds
from tests.oidf.jose import compute_challenge

pytestmark = pytest.mark.slow


@pytest.mark.module("oidcc-server")
@pytest.mark.spec("OpenID Connect Core", "3.1.3.3")
@pytest.mark.spec("OpenID Connect Core", "3.2.2.5")
@pytest.mark.spec("OpenID Connect Core", "3.3.2.5")
@pytest.mark.spec("OAuth 2.0 Form Post Response Mode", "2")
@kinds(*EVERY)
def test_a_login_issues_valid_tokens(flow):
    login = flow.log_in()
    if "access_token" in login:
        assert (
            flow.suite.fetch_userinfo(login["access_token"])["sub"]
            == login["claims"]["sub"]
        )


@pytest.mark.module("oidcc-server-client-secret-post")
@pytest.mark.spec("OpenID Connect Core", "9")
@kinds(*CODE)
def test_a_client_may_post_its_secret(flow):
    method = {"token_endpoint_auth_method": "client_secret_post"}
    flow.client = flow.new_client("client_secret_post", **method)
    assert flow.client.method == "client_secret_post"
    assert flow.log_in()["access_token"]


@pytest.mark.module("oidcc-idtoken-signature")
@pytest.mark.spec("OpenID Connect Core", "10.1")
@kinds(*FEW)
def test_the_id_token_names_its_key_among_the_servers(flow):
    login = flow.log_in()
    assert login["claims"]["iss"] == flow.suite.provider.issuer
    keys = flow.suite.fetch_keys().export(private_keys=False, as_dict=True)["keys"]
    assert len({key["kid"] for key in keys}) == len(keys)
    assert {"RS256", "ES256", "PS256"} <= {key["alg"] for key in keys}
    assert all(key["use"] == "sig" for key in keys)


@pytest.mark.module("oidcc-idtoken-unsigned")
@pytest.mark.spec("OpenID Connect Core", "2")
def test_an_unsigned_id_token_is_not_offered(suite):
    algorithms = suite.metadata["id_token_signing_alg_values_supported"]
    assert "none" not in algorithms
    refusal = suite.post_registration(id_token_signed_response_alg="none")
    assert refusal.status_code == 400
    assert refusal.json()["error"] == "invalid_client_metadata"


@pytest.mark.module("oidcc-idtoken-rs256")
@pytest.mark.spec("OpenID Connect Core", "3.1.3.7")
@kinds(Kind("code", "dynamic"), HYBRID)
def test_a_client_that_asks_for_rs256_gets_it(flow):
    flow.client = flow.new_client("client", id_token_signed_response_alg="RS256")
    assert flow.log_in()["claims"]["sub"]


@pytest.mark.module("oidcc-ensure-request-without-nonce-succeeds-for-code-flow")
@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
@kinds(*CODE, Kind("code token", "dynamic"))
def test_a_request_without_nonce_is_accepted_without_id_token_in_the_response(flow):
    assert "nonce" not in flow.log_in(nonce=None)["claims"]


@pytest.mark.module("oidcc-ensure-request-without-nonce-fails")
@pytest.mark.spec("OpenID Connect Core", "3.2.2.1")
@kinds(Kind("id_token", "static"), Kind("id_token token", "dynamic"), HYBRID)
def test_a_request_without_nonce_is_refused_with_id_token_in_the_response(flow):
    answer = flow.authorize(nonce=None)
    assert (answer["error"], answer.place) == ("invalid_request", "fragment")


@pytest.mark.module("oidcc-response-type-missing")
@pytest.mark.spec("RFC 6749", "3.1.1")
@kinds(*CODE, Kind("code", "dynamic", "form_post"))
def test_a_request_without_response_type_is_an_error_response(flow):
    request = flow.suite.build_request(flow.client)
    del request["response_type"]
    flow.suite.visit(request)
    answer = flow.suite.read_response(request)
    assert answer["error"] in ("invalid_request", "unsupported_response_type")
    assert answer.place == ("form" if flow.kind.mode else "query")


@pytest.mark.module("oidcc-alternate-happy-flow")
@pytest.mark.spec("RFC 6749", "3.3")
@kinds(*FEW)
def test_the_order_of_scopes_and_parameters_does_not_matter(flow):
    request = flow.suite.build_request(
        flow.client, flow.response_type, scope="email openid"
    )
    flow.suite.visit(dict(reversed(request.items())))
    answer = flow.suite.read_response(request)
    assert "error" not in answer.members


@pytest.mark.module("oidcc-ensure-post-request-succeeds")
@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
@kinds(*FEW)
def test_a_request_may_be_posted(flow):
    request = flow.suite.build_request(flow.client, flow.response_type)
    flow.suite.visit(request, method="POST")
    assert "error" not in flow.suite.read_response(request).members


@pytest.mark.module("oidcc-ensure-request-with-valid-pkce-succeeds")
@pytest.mark.spec("RFC 7636", "4.4")
@kinds(*CODE, HYBRID)
def test_pkce_is_enforced_when_used(flow):
    verifier = "v" * 50
    answer = flow.authorize(
        code_challenge=compute_challenge(verifier), code_challenge_method="S256"
    )
    refusal = flow.suite.request_token(
        flow.client,
        grant_type="authorization_code",
        code=answer["code"],
        redirect_uri=answer.request["redirect_uri"],
        code_verifier="w" * 50,
    )
    assert refusal.json()["error"] == "invalid_grant"
    assert flow.suite.redeem_code(flow.client, answer, code_verifier=verifier)[
        "id_token"
    ]


@pytest.mark.module("oidcc-codereuse")
@pytest.mark.spec("RFC 6749", "4.1.2")
@kinds(*CODE, HYBRID)
def test_a_replayed_code_is_refused(flow):
    redeem_again_after(flow, 0)


@pytest.mark.module("oidcc-codereuse-30seconds")
@pytest.mark.spec("OpenID Connect Core", "3.1.3.2")
@kinds(Kind("code", "static"))
def test_a_code_replayed_after_30_seconds_revokes_its_tokens(flow):
    redeem_again_after(flow, 31)


def redeem_again_after(flow, seconds):
    login = flow.log_in()
    time.sleep(seconds)
    again = flow.suite.request_token(
        flow.client,
        grant_type="authorization_code",
        code=login["answer"]["code"],
        redirect_uri=flow.suite.callback,
    )
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert flow.suite.request_userinfo(login["access_token"]).status_code == 401


@pytest.mark.module("oidcc-refresh-token")
@pytest.mark.spec("OpenID Connect Core", "12.2")
@kinds(*CODE, HYBRID)
def test_a_refresh_token_is_bound_to_its_client(flow):
    flow.client = flow.new_client("client", refresh=True)
    login = flow.log_in(scope="openid offline_access", prompt="consent")
    renewed = flow.suite.request_token(
        flow.client,
        grant_type="refresh_token",
        refresh_token=login["refresh_token"],
        scope="openid offline_access",
    ).json()
    claims = flow.suite.validate_id_token(flow.client, renewed["id_token"], {})
    for name in ("iss", "sub", "aud", "auth_time"):
        assert claims.get(name) == login["claims"].get(name)
    assert flow.suite.fetch_userinfo(renewed["access_token"])["sub"] == claims["sub"]
    other = flow.new_client("client2", refresh=True)
    stolen = flow.suite.request_token(
        other, grant_type="refresh_token", refresh_token=renewed["refresh_token"]
    )
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
