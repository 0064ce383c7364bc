"""DPoP with other extensions, with retries, and with a host that rolls back."""

from __future__ import annotations

import pytest
from pyramid.httpexceptions import HTTPBadRequest
from pyramid_retry import RetryableException

from tests.support.dpop import (
    DPOP,
    ORIGIN,
    PAR_URL,
    call_view,
    include_dpop,
    post_form,
    redeem,
)
from tests.support.host import authorize_client, parse_redirect
from tests.support.provider import log_in_browser
from tests.support.pushing import authorize_pushed_request
from tests.support.request_objects import (
    request_by_object,
    set_client_keys,
    sign_changed_object,
)


def own_token(host, client, signer):
    form = {"grant_type": "client_credentials", "scope": "read", **client}
    return post_form(host, "/oauth/token", form, signer, 200).json["access_token"]


@pytest.fixture
def dpop_provider(new_provider):
    """A provider whose client `web` signs its requests."""
    provider = new_provider(include_dpop)
    provider.web = provider.register_client()
    set_client_keys(provider, "ES256")
    authorize_client(log_in_browser(provider), scope="openid", nonce="n")
    return provider


def require_key(provider, code, signer, other_signer):
    """The code is redeemed with the key of `signer` only."""
    redeem(provider, provider.web, code, other_signer, 400)
    redeem(provider, provider.web, code, None, 400)
    redeem(provider, provider.web, code, signer, 200)


@pytest.mark.slow
@pytest.mark.spec(DPOP, "10.1")
def test_a_pushed_request_object_is_bound_by_the_proof_in_the_header(
    dpop_provider, signer, other_signer
):
    request = sign_changed_object({})
    headers = {"DPoP": signer.sign("POST", PAR_URL)}
    form = {**dpop_provider.web, "request": request}
    browser = dpop_provider.browser()
    uri = browser.post("/oauth/par", form, headers=headers, status=201).json
    browser = log_in_browser(dpop_provider)
    code = authorize_pushed_request(browser, uri["request_uri"])["code"]
    require_key(dpop_provider, code, signer, other_signer)


@pytest.mark.spec(DPOP, "10")
def test_the_key_in_a_request_object_counts_and_not_that_in_the_url(
    dpop_provider, signer, other_signer
):
    request = sign_changed_object({"dpop_jkt": signer.thumbprint})
    answer = request_by_object(
        log_in_browser(dpop_provider), request, dpop_jkt=other_signer.thumbprint
    )
    code = parse_redirect(answer)["code"]
    require_key(dpop_provider, code, signer, other_signer)


@pytest.mark.spec(DPOP, "6.1")
def test_a_jwt_access_token_has_the_thumbprint(new_provider, signer, other_signer):
    def configure(config):
        config.include("pyramid_oauth.extensions.jwt_access_tokens")
        include_dpop(config)

    provider = new_provider(
        configure, access_token_format="jwt", default_audience="https://api.example"
    )
    client = provider.register_client()
    token = own_token(provider, client, signer)
    claims = provider.verify_token(token, "https://api.example", ["cnf"])
    assert claims["cnf"] == {"jkt": signer.thumbprint}
    call_view(provider, token, signer, status=200)
    call_view(provider, token, other_signer, status=401)
    bearer = {"Authorization": f"Bearer {token}"}
    provider.browser().get("/me", headers=bearer, status=401)


def test_a_request_that_is_tried_again_keeps_its_proof(new_host, signer):
    """pyramid_retry runs a view again with a new request in the same environ."""
    attempts = []

    def fail_once(request):
        attempts.append(request.oauth.identity)
        if len(attempts) == 1:
            raise RetryableException
        return request.response

    def configure(config):
        config.include("pyramid_retry")
        include_dpop(config)
        config.add_route("fail", "/fail")
        config.add_view(fail_once, route_name="fail", oauth_scopes="read")

    host = new_host(configure)
    token = own_token(host, host.register_client(), signer)
    call_view(host, token, signer, "/fail", 200, jti="one")
    assert len(attempts) == 2
    call_view(host, token, signer, "/fail", 401, jti="one")


def test_a_proof_stays_used_when_a_view_rolls_back(new_host, signer):
    """Whatever the view did outside of the database must not be repeated."""

    def refuse(request):
        request.oauth.identity  # noqa: B018 - it is read
        raise HTTPBadRequest

    def configure(config):
        include_dpop(config)
        config.add_route("refuse", "/refuse")
        config.add_view(refuse, route_name="refuse", oauth_scopes="read")

    host = new_host(configure)
    token = own_token(host, host.register_client(), signer)
    proof = signer.sign("GET", f"{ORIGIN}/refuse", token)
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
    host.browser().get("/refuse", headers=headers, status=400)
    host.browser().get("/refuse", headers=headers, status=401)
