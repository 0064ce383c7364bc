"""Grant types of a host: oauthlib's own, and those made from `Grant` (RFC 6749 8.3)."""

from __future__ import annotations

import logging

import pytest
from oauthlib import oauth2
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError

from pyramid_oauth.protocol.grants.grant_type import Grant, ResponseType
from tests.support.host import (
    authorize_client,
    build_code_exchange,
    call_api,
    obtain_tokens,
    parse_redirect,
    refresh_tokens,
    request_client_token,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)

TICKET = "urn:example:ticket"


class TicketGrant(Grant):
    """Tickets are user names; each is accepted once."""

    parameters = ("ticket",)

    def __init__(self, server):
        super().__init__(server)
        self.used = set()

    def authenticate(self, request):
        ticket = request.parameters["ticket"]
        request.user = None if ticket == "robot" else ticket
        issuer = self.server.issuer
        if ticket not in ("alice", "robot") or issuer != "https://as.example/oauth":
            raise InvalidGrantError(request=request)

    def consume(self, request, draft):
        if request.user in self.used:
            return False
        self.used.add(request.user)
        return True


class TicketResponse(ResponseType):
    """Returns the resource owner's name to the client."""

    response_types = ["ticket"]

    def create_members(self, request, token_handler, **values):
        return {"ticket": f"{request.user}@{self.server.issuer}"}


class NameGrant:
    """Token step that tells which grant it runs for."""

    def build(self, request, draft):
        draft.response["granted_by"] = draft.grant_type


def add_oauthlib_grant(name, make):
    def configure(config):
        config.add_oauth_token_step("name_grant", NameGrant, grant_types=(name,))
        config.add_oauth_grant(name, lambda server: make(server.validator))

    return configure


def add_ticket_grant(config):
    config.add_oauth_grant(TICKET, TicketGrant)
    config.add_oauth_response_type("ticket", TicketResponse)


GRANTS = f"authorization_code client_credentials refresh_token {TICKET}"


@pytest.fixture
def ticket_host(new_host):
    return new_host(add_ticket_grant, grant_types=GRANTS, response_types="code\nticket")


def exchange(host, client, expect_errors=False, **changes):
    form = {"grant_type": TICKET, "ticket": "alice", "scope": "read"}
    return host.browser().post(
        "/oauth/token", {**form, **client, **changes}, expect_errors=expect_errors
    )


def test_a_client_credentials_grant_of_oauthlib_issues_a_token(new_host):
    host = new_host(
        add_oauthlib_grant("client_credentials", oauth2.ClientCredentialsGrant)
    )
    answer = request_client_token(host, host.register_client())
    assert answer.headers.getall("Cache-Control") == ["no-store"]
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["granted_by"] == "client_credentials"
    assert call_api(host, answer.json["access_token"]) == 200


def test_a_grant_of_oauthlib_refuses_as_ours_does(new_host, caplog):
    caplog.set_level(logging.INFO, "pyramid_oauth")
    host = new_host(
        add_oauthlib_grant("client_credentials", oauth2.ClientCredentialsGrant)
    )
    client = host.register_client()
    answer = request_client_token(
        host, {**client, "client_secret": "wrong"}, expect_errors=True
    )
    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")
    answer = request_client_token(host, client, expect_errors=True, scope="fly")
    assert (answer.status_int, answer.json["error"]) == (400, "invalid_scope")
    assert answer.json["error_description"] == "The client may not have: fly"
    assert "token refused client 'web': invalid_scope" in caplog.text


def test_a_code_grant_of_oauthlib_redeems_a_code_once_and_issues_a_refresh_token(
    new_host,
):
    host = new_host(
        add_oauthlib_grant("authorization_code", oauth2.AuthorizationCodeGrant)
    )
    client, browser = host.register_client(), host.browser()
    browser.get("/login?name=alice")
    code = parse_redirect(authorize_client(browser))["code"]
    tokens = browser.post("/oauth/token", build_code_exchange(code, client)).json
    refreshed = refresh_tokens(host, client, tokens["refresh_token"]).json
    assert call_api(host, refreshed["access_token"]) == 200
    second = browser.post("/oauth/token", build_code_exchange(code, client), status=400)
    assert second.json["error"] == "invalid_grant"
    assert call_api(host, tokens["access_token"]) == 401


def test_a_refresh_token_grant_of_oauthlib_rotates_and_detects_a_replay(new_host):
    host = new_host(add_oauthlib_grant("refresh_token", oauth2.RefreshTokenGrant))
    client = host.register_client()
    first = obtain_tokens(host, client)["refresh_token"]
    second = refresh_tokens(host, client, first).json
    third = refresh_tokens(host, client, second["refresh_token"]).json
    assert call_api(host, third["access_token"]) == 200
    assert refresh_tokens(host, client, first, expect_errors=True).status_int == 400
    assert call_api(host, third["access_token"]) == 401


def test_a_refresh_token_grant_of_oauthlib_may_issue_no_refresh_tokens(new_host):
    def make(validator):
        return oauth2.RefreshTokenGrant(validator, issue_new_refresh_tokens=False)

    host = new_host(add_oauthlib_grant("refresh_token", make))
    client = host.register_client()
    token = obtain_tokens(host, client)["refresh_token"]
    for _ in range(2):
        tokens = refresh_tokens(host, client, token).json
        assert "refresh_token" not in tokens
        assert call_api(host, tokens["access_token"]) == 200


def test_a_password_grant_of_oauthlib_issues_a_refresh_token(new_host):
    grant = oauth2.ResourceOwnerPasswordCredentialsGrant
    host = new_host(
        add_oauthlib_grant("password", grant),
        profile="legacy",
        accounts="tests.extensions.legacy_grants.test_password.PasswordAccounts",
    )
    client = host.register_client(authorization_grant_type="password refresh_token")
    form = {"grant_type": "password", "username": "alice", "password": "wonder land&é"}
    tokens = host.browser().post("/oauth/token", {**form, **client}).json
    assert call_api(host, tokens["access_token"]) == 200
    assert refresh_tokens(host, client, tokens["refresh_token"]).status_int == 200


def test_a_grant_of_a_host_issues_tokens_for_its_user(ticket_host):
    client = ticket_host.register_client(
        authorization_grant_type=f"{TICKET} refresh_token"
    )
    tokens = exchange(ticket_host, client).json
    assert call_api(ticket_host, tokens["access_token"]) == 200
    assert (
        refresh_tokens(ticket_host, client, tokens["refresh_token"]).status_int == 200
    )
    answer = exchange(ticket_host, client, expect_errors=True)
    assert (answer.status_int, answer.json["error"]) == (400, "invalid_grant")


def test_a_grant_of_a_host_without_a_user_issues_no_refresh_token(ticket_host):
    client = ticket_host.register_client(
        authorization_grant_type=f"{TICKET} refresh_token"
    )
    tokens = exchange(ticket_host, client, ticket="robot").json
    assert "refresh_token" not in tokens
    assert call_api(ticket_host, tokens["access_token"]) == 200


def test_a_grant_of_a_host_refuses_what_its_base_class_refuses(ticket_host):
    client = ticket_host.register_client()
    refused = exchange(ticket_host, client, expect_errors=True)
    assert refused.json["error"] == "unauthorized_client"
    missing = ticket_host.browser().post(
        "/oauth/token", {"grant_type": TICKET, **client}, status=400
    )
    assert missing.json["error_description"] == "ticket is missing."


def test_a_response_type_of_a_host_is_answered(ticket_host):
    ticket_host.register_client(
        authorization_grant_type="authorization_code",
        client_metadata={"response_types": ["code", "ticket"]},
    )
    browser = ticket_host.browser()
    browser.get("/login?name=alice")
    answer = authorize_client(browser, response_type="ticket")
    ticket = parse_redirect(answer)["ticket"]
    assert ticket == "alice@https://as.example/oauth"


def test_a_response_type_requires_the_grant_types_it_names(new_host):
    def configure(config):
        config.add_oauth_response_type(
            "ticket", TicketResponse, grant_types=("implicit",)
        )

    with pytest.raises(Exception, match="'ticket' needs 'implicit' among"):
        new_host(configure, response_types="code\nticket")


def test_a_validator_part_of_a_host_is_called_before_ours(new_host):
    class RefuseReadScope:
        def validate_scopes(self, client_id, scopes, client, request):
            allowed = super().validate_scopes(client_id, scopes, client, request)
            return allowed and "read" not in request.scopes

    host = new_host(lambda c: c.add_oauth_request_validation(RefuseReadScope))
    client = host.register_client()
    refused = request_client_token(host, client, expect_errors=True, scope="read")
    assert refused.json["error"] == "invalid_scope"
    assert request_client_token(host, client, scope="write").status_int == 200
