"""APIs that read authorization details of their tokens (RFC 9396 section 9)."""

from __future__ import annotations

import jwt
import pytest
from pyramid.config import Configurator
from pyramid.response import Response
from webtest import TestApp

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.resource import TokenIdentity, any_token
from pyramid_oauth.resource.verify import InvalidToken
from pyramid_oauth.resource.verify.claims import identity, user_of
from tests.support.payments import ACCOUNTS, DETAILS, PAYMENT, tokens_for

RFC = "RFC 9396"
API = "https://api.example"


def call(bank, token, **query):
    headers = {"Authorization": f"Bearer {token}"}
    return bank.browser().get("/pay", query, headers=headers, expect_errors=True)


@pytest.mark.spec(RFC, "9")
def test_a_view_accepts_the_details_that_its_check_allows(bank, bank_client):
    token = tokens_for(bank, bank_client, PAYMENT)["access_token"]
    assert call(bank, token, amount="123.50").json == [PAYMENT]
    refused = call(bank, token, amount="1.00")
    assert refused.status_int == 403
    assert refused.json["error"] == "insufficient_scope"
    assert "payment_initiation" in refused.headers["WWW-Authenticate"]


def test_a_view_refuses_tokens_without_details_of_its_type(bank, bank_client):
    token = tokens_for(bank, bank_client, ACCOUNTS)["access_token"]
    assert call(bank, token, amount="123.50").status_int == 403
    assert call(bank, "unknown").status_int == 401


@pytest.mark.spec(RFC, "9.1")
def test_a_jwt_access_token_has_the_details(new_bank, new_provider):
    def configure(config):
        config.include("tests.support.payments.declare_payments")
        config.include("pyramid_oauth.extensions.jwt_access_tokens")

    provider = new_provider(
        configure, access_token_format="jwt", default_audience=API, keys=("RS256",)
    )
    client = provider.register_client()
    token = tokens_for(provider, client, PAYMENT, scope="read")["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims[DETAILS] == [PAYMENT]
    assert call(provider, token, amount="123.50").json == [PAYMENT]


def claims_with(details):
    return {"client_id": "app", "sub": "alice", DETAILS: details}


def read(claims):
    return identity(
        claims,
        issuer="https://as.example",
        subject=user_of,
        audience=(),
        expires_at=None,
        token_type="Bearer",
    )


def test_an_identity_has_the_details_of_a_type():
    found = read(claims_with([PAYMENT, ACCOUNTS]))
    assert found.authorization_details == (PAYMENT, ACCOUNTS)
    assert found.details_of("payment_initiation") == (PAYMENT,)
    assert "Merchant" not in repr(found)
    assert read({"client_id": "app"}).authorization_details == ()


@pytest.mark.parametrize("value", ["x", {}, 1, [1], ["x"], [{}], [{"type": 1}]])
def test_a_token_with_malformed_details_is_refused(value):
    with pytest.raises(InvalidToken):
        read(claims_with(value))


OPTIONS = {
    "a type": ("a", {1: 200, 2: 403, 3: 403}),
    "a type and a function": (("a", lambda request, d: d["x"] == 2), {1: 403, 2: 200}),
    "a function": (lambda request, d: d["type"] == "b", {1: 403, 3: 200}),
}
TOKENS = {
    1: [{"type": "a", "x": 1}],
    2: [{"type": "a", "x": 2}],
    3: [{"type": "b", "x": 1}],
}


def build_api(option):
    config = Configurator()
    config.include("pyramid_oauth.resource")
    config.set_oauth_token_verifier(
        lambda request, token: TokenIdentity(
            client_id="app", audience=(API,), claims={DETAILS: TOKENS[int(token)]}
        )
    )
    config.add_oauth_authorization_details_check(
        "a", lambda request, detail: detail["x"] == 1
    )
    config.add_oauth_authorization_details_check("b")
    config.add_oauth_protected_resource(API)
    config.add_route("pay", "/pay")
    config.add_view(
        lambda request: Response("paid"),
        route_name="pay",
        oauth_scopes=any_token(),
        oauth_authorization_details=option,
    )
    return TestApp(config.make_wsgi_app())


@pytest.mark.parametrize("option", OPTIONS.values(), ids=OPTIONS)
def test_an_api_without_the_server_checks_the_details(option):
    value, statuses = option
    api = build_api(value)
    for token, status in statuses.items():
        headers = {"Authorization": f"Bearer {token}"}
        api.get("/pay", headers=headers, status=status)


def test_a_value_that_names_nothing_stops_the_start():
    for value in (1, ["a", "b"], ("a",)):
        with pytest.raises(ConfigurationError):
            build_api(value)


def test_the_metadata_of_a_resource_list_its_types():
    path = "/.well-known/oauth-protected-resource"
    document = build_api("a").get(path).json
    assert document["authorization_details_types_supported"] == ["a", "b"]
