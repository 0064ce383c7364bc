"""Tokens that are bound to a certificate (RFC 8705 sections 3 and 4)."""

from __future__ import annotations

import pytest

from tests.extensions.mtls.conftest import include_mtls
from tests.support.certificates import MTLS, over_tls
from tests.support.dpop import ORIGIN, TOKEN_URL, include_dpop
from tests.support.host import authorize_client, build_code_exchange, parse_redirect


def post(host, form, found=None, path="/oauth/token", status=None, **headers):
    return host.browser().post(
        path, form, extra_environ=over_tls(found), headers=headers, status=status
    )


def own_token(host, client, found=None, **headers):
    form = {"grant_type": "client_credentials", "scope": "read", **client}
    return post(host, form, found, status=200, **headers).json["access_token"]


def call(host, token, found=None, path="/me", scheme="Bearer", **headers):
    headers["Authorization"] = f"{scheme} {token}"
    environ = over_tls(found, None)
    return host.browser().get(path, headers=headers, extra_environ=environ, status="*")


def redeem(host, client, found=None, status=None):
    browser = host.browser()
    browser.get("/login?name=alice")
    answer = authorize_client(browser, client_id=client["client_id"])
    form = build_code_exchange(parse_redirect(answer)["code"], client)
    return post(host, form, found, status=status)


def refresh(host, client, token, found=None, status=None):
    form = {"grant_type": "refresh_token", "refresh_token": token, **client}
    return post(host, form, found, status=status)


def introspect(host, client, token, found=None):
    return post(host, {**client, "token": token}, found, "/oauth/introspect").json


@pytest.mark.spec(MTLS, "3")
def test_a_bound_token_is_accepted_with_its_certificate_only(
    host, bound_client, own, other
):
    tokens = redeem(host, bound_client, own, 200).json
    assert tokens["token_type"] == "Bearer"
    token = tokens["access_token"]
    for path in ("/me", "/vault"):
        assert call(host, token, own, path).json["sub"] == "alice"
    for found in (other, None):
        answer = call(host, token, found)
        assert answer.status_int == 401
        assert answer.json["error"] == "invalid_token"
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.module("fapi2-security-profile-final-ensure-holder-of-key-required")
@pytest.mark.spec(MTLS, "3.4")
def test_a_client_that_wants_bound_tokens_gets_no_other(host, bound_client, own):
    answer = redeem(host, bound_client, None, 400)
    assert answer.json["error"] == "invalid_request"
    form = {"grant_type": "client_credentials", **bound_client}
    assert post(host, form, None, status=400).json["error"] == "invalid_request"
    assert post(host, form, own, status=200)


@pytest.mark.spec(MTLS, "3.4")
def test_a_client_that_does_not_want_them_gets_none(host, client, own):
    token = own_token(host, client, own)
    assert call(host, token).status_int == 200
    assert call(host, token, own, "/vault").status_int == 401
    assert "cnf" not in introspect(host, client, token)


@pytest.mark.spec(MTLS, "3.2")
def test_introspection_tells_the_certificate(host, bound_client, own):
    token = own_token(host, bound_client, own)
    answer = introspect(host, bound_client, token)
    assert answer["cnf"] == {"x5t#S256": own.thumbprint}
    assert answer["token_type"] == "Bearer"


@pytest.mark.spec(MTLS, "3.1")
def test_a_jwt_access_token_has_the_thumbprint(new_provider, own, other):
    def configure(config):
        config.include("pyramid_oauth.extensions.jwt_access_tokens")
        include_mtls(config)

    audience = "https://api.example"
    provider = new_provider(
        configure, access_token_format="jwt", default_audience=audience
    )
    client = provider.register_client()
    provider.set_client_metadata(tls_client_certificate_bound_access_tokens=True)
    token = own_token(provider, client, own)
    claims = provider.verify_token(token, audience, ["cnf"])
    assert claims["cnf"] == {"x5t#S256": own.thumbprint}
    assert call(provider, token, own).status_int == 200
    assert call(provider, token, other).status_int == 401


@pytest.mark.spec(MTLS, "4")
def test_the_refresh_token_of_a_public_client_is_bound(
    host, public_tls_client, own, other
):
    tokens = redeem(host, public_tls_client, own, 200).json
    for _ in range(2):
        token = tokens["refresh_token"]
        for found in (other, None):
            answer = refresh(host, public_tls_client, token, found, 400)
            assert answer.json["error"] == "invalid_grant"
        tokens = refresh(host, public_tls_client, token, own, 200).json
        assert call(host, tokens["access_token"], own).status_int == 200
        assert call(host, tokens["access_token"], other).status_int == 401


@pytest.mark.spec(MTLS, "4")
def test_it_stays_bound_when_the_client_does_not_want_it_any_more(
    host, public_tls_client, own, other
):
    tokens = redeem(host, public_tls_client, own, 200).json
    host.set_client_metadata("app")
    refresh(host, public_tls_client, tokens["refresh_token"], other, 400)
    tokens = refresh(host, public_tls_client, tokens["refresh_token"], own, 200).json
    assert call(host, tokens["access_token"], other).status_int == 401


@pytest.mark.spec(MTLS, "7.1")
def test_the_refresh_token_of_a_confidential_client_is_not_bound(
    host, bound_client, own, other
):
    tokens = redeem(host, bound_client, own, 200).json
    tokens = refresh(host, bound_client, tokens["refresh_token"], other, 200).json
    assert call(host, tokens["access_token"], other).status_int == 200
    assert call(host, tokens["access_token"], own).status_int == 401


@pytest.mark.spec(MTLS, "6.4")
@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_the_front_channel_gives_no_token_to_a_client_that_wants_bound_ones(
    new_mtls_host, own
):
    host = new_mtls_host(
        grant_types="authorization_code implicit", response_types="token"
    )
    host.register_client(
        authorization_grant_type="implicit",
        client_metadata={
            "response_types": ["token"],
            "tls_client_certificate_bound_access_tokens": True,
        },
    )
    browser = host.browser()
    browser.get("/login?name=alice")
    browser.extra_environ.update(over_tls(own))
    answer = authorize_client(browser, response_type="token", code_challenge=None,
                              code_challenge_method=None)  # fmt: skip
    assert "error=invalid_request" in answer.location
    assert "access_token" not in answer.location


def test_a_server_binds_every_token_that_is_requested_with_a_certificate(
    new_mtls_host, own
):
    host = new_mtls_host(mtls_bound_tokens="presented")
    client = host.register_client()
    assert call(host, own_token(host, client, own)).status_int == 401
    assert call(host, own_token(host, client)).status_int == 200


def test_a_certificate_binds_the_tokens_of_a_server_that_issues_no_other(
    new_mtls_host, own
):
    host = new_mtls_host(require_sender_constrained_tokens="true")
    client = host.register_client()
    token = own_token(host, client, own)
    assert call(host, token, own, "/vault").status_int == 200
    form = {"grant_type": "client_credentials", "scope": "read", **client}
    assert post(host, form, None, status=400).json["error"] == "invalid_request"


DPOP_HOSTS = {
    "mtls first": (include_mtls, "dpop"),
    "dpop first": (include_dpop, "mtls"),
}


@pytest.fixture(params=DPOP_HOSTS)
def dpop_host(request, new_mtls_host):
    first, second = DPOP_HOSTS[request.param]

    def configure(config):
        first(config)
        config.include(f"pyramid_oauth.extensions.{second}")

    return new_mtls_host(
        configure, mtls_bound_tokens="presented", mtls_url="https://mtls.example:8443"
    )


def dpop_call(host, token, signer, found=None, path="/vault"):
    proof = signer.sign("GET", f"{ORIGIN}{path}", token)
    return call(host, token, found, path, "DPoP", DPoP=proof).status_int


def test_a_dpop_token_is_bound_to_a_certificate_only_if_the_client_asks(
    dpop_host, signer, own
):
    client = dpop_host.register_client()
    token = own_token(dpop_host, client, own, DPoP=signer.sign("POST", TOKEN_URL))
    assert introspect(dpop_host, client, token)["cnf"] == {"jkt": signer.thumbprint}
    assert dpop_call(dpop_host, token, signer) == 200


def test_a_token_may_be_bound_to_a_key_and_a_certificate(dpop_host, signer, own, other):
    client = dpop_host.register_client()
    dpop_host.set_client_metadata(tls_client_certificate_bound_access_tokens=True)
    token = own_token(dpop_host, client, own, DPoP=signer.sign("POST", TOKEN_URL))
    assert introspect(dpop_host, client, token)["cnf"] == {
        "jkt": signer.thumbprint,
        "x5t#S256": own.thumbprint,
    }
    assert dpop_call(dpop_host, token, signer, own) == 200
    assert dpop_call(dpop_host, token, signer, other) == 401
    assert dpop_call(dpop_host, token, signer) == 401
    assert call(dpop_host, token, own).status_int == 401


def test_a_refresh_token_may_be_bound_to_both(dpop_host, signer, own, other):
    client = dpop_host.register_client(
        client_type="public",
        authorization_grant_type="authorization_code refresh_token",
        token_endpoint_auth_method="none",
        client_metadata={"tls_client_certificate_bound_access_tokens": True},
    )
    browser = dpop_host.browser()
    browser.get("/login?name=alice")
    code = parse_redirect(authorize_client(browser))["code"]

    def ask(form, found, *, has_proof):
        headers = {"DPoP": signer.sign("POST", TOKEN_URL)} if has_proof else {}
        return post(dpop_host, form, found, status="*", **headers)

    tokens = ask(build_code_exchange(code, client), own, has_proof=True).json
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert ask({**form, **client}, own, has_proof=False).status_int == 400
    assert ask({**form, **client}, None, has_proof=True).status_int == 400
    # The token stays bound although its client asks for that no more.
    dpop_host.set_client_metadata(tls_client_certificate_bound_access_tokens=False)
    assert ask({**form, **client}, other, has_proof=True).status_int == 400
    assert ask({**form, **client}, own, has_proof=True).status_int == 200


@pytest.mark.spec(MTLS, "5")
def test_a_proof_may_be_for_the_alias_of_the_endpoint(dpop_host, signer, own):
    client = dpop_host.register_client()
    alias = "https://mtls.example:8443/oauth/token"
    own_token(dpop_host, client, own, DPoP=signer.sign("POST", alias))
