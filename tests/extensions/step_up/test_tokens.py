"""What access tokens and introspection answers tell of the login."""

from __future__ import annotations

import pytest

from tests.support.host import refresh_tokens, request_client_token
from tests.support.provider import log_in_with

STEP_UP = "RFC 9470"
API = "https://api.example"


@pytest.mark.spec(STEP_UP, "6.2")
def test_introspection_tells_the_class_and_the_time_of_the_login(web, frozen_clock):
    browser = web.open_browser(acr="gold")
    frozen_clock.advance(100)
    members = web.introspect(web.redeem(web.request(browser))["access_token"])
    assert members["acr"] == "gold"
    assert members["iat"] - members["auth_time"] == 100


@pytest.mark.spec(STEP_UP, "6.1")
@pytest.mark.spec("RFC 9068", "2.2.1")
def test_a_refresh_does_not_renew_the_login(web, frozen_clock):
    browser = web.open_browser(acr="gold")
    tokens = web.redeem(web.request(browser))
    first = web.introspect(tokens["access_token"])
    frozen_clock.advance(200)
    log_in_with(browser, acr="bronze")
    tokens = refresh_tokens(web.provider, web.credentials, tokens["refresh_token"]).json
    second = web.introspect(tokens["access_token"])
    assert (second["acr"], second["auth_time"]) == ("gold", first["auth_time"])
    web.call(tokens["access_token"])
    frozen_clock.advance(150)
    tokens = refresh_tokens(web.provider, web.credentials, tokens["refresh_token"]).json
    web.call(tokens["access_token"], status=401)


@pytest.mark.spec(STEP_UP, "6")
def test_a_token_of_the_client_itself_has_no_login(web):
    web.open_browser(acr="gold")
    token = request_client_token(web.provider, web.credentials, scope="read").json
    members = web.introspect(token["access_token"])
    assert members["active"]
    assert not members.keys() & {"acr", "auth_time"}
    web.call(token["access_token"], status=401)


@pytest.mark.spec(STEP_UP, "6.1")
@pytest.mark.parametrize("stateless", ["true", "false"])
@pytest.mark.filterwarnings("ignore:.*nobody can revoke")
def test_a_jwt_access_token_carries_the_login(new_step_up_client, stateless):
    web = new_step_up_client(
        extensions="default jwt_access_tokens",
        keys=("RS256",),
        access_token_format="jwt",
        default_audience=API,
        jwt_access_token_stateless=stateless,
    )
    browser = web.open_browser(acr="gold")
    token = web.redeem(web.request(browser))["access_token"]
    claims = web.provider.verify_token(token, API, ["acr"])
    members = web.introspect(token)
    assert (members["acr"], members["auth_time"]) == ("gold", claims["auth_time"])
    assert web.call(token).json["sub"] == "alice"


def test_the_check_of_a_view_takes_one_statement(web):
    browser = web.open_browser(acr="gold")
    token = web.redeem(web.request(browser))["access_token"]
    web.call(token)
    statements = web.provider.record_statements()
    web.call(token)
    assert len(statements) == 1
