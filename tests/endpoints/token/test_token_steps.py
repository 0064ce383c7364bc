"""Token steps and token formats of extensions."""

from __future__ import annotations

import logging
from urllib.parse import parse_qsl, urlsplit

import pytest
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.errors import ProtocolError
from tests.support.host import (
    authorize_client,
    build_code_exchange,
    call_api,
    obtain_tokens,
    parse_redirect,
    refresh_tokens,
    request_client_token,
)

PASSWORDS = "tests.extensions.legacy_grants.test_password.PasswordAccounts"


pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)


class Tenant:
    """Stores a tenant with every token and names it in the response."""

    def build(self, request, draft):
        draft.claims["tenant"] = draft.grant_type
        draft.refresh_claims["tenant"] = draft.grant_type
        draft.response["tenant"] = draft.grant_type
        draft.lifetime = 7


class Proof:
    """Issues tokens of another type."""

    def build(self, request, draft):
        draft.token_type = "DPoP"
        draft.audience = ("https://api.example",)


class Refuse:
    def check(self, request):
        raise InvalidGrantError(description="not today")


class RefuseSilently:
    def check(self, request):
        raise InvalidGrantError


class RowlessFormat:
    """A format that stores no row."""

    def encode(self, request, draft):
        return f"{draft.grant_type}.{request.client.client_id}", None


def add_tenant_step(config):
    config.add_oauth_token_step("tenant", Tenant)


def claims_of(host):
    with Session(host.engine) as session:
        return [row.claims for row in session.query(host.models.AccessToken)]


def introspect(host, client, token):
    form = {"token": token, **client}
    return host.browser().post("/oauth/introspect", form).json


def test_the_client_credentials_grant_goes_through_the_steps(new_host):
    host = new_host(add_tenant_step)
    client = host.register_client()
    tokens = request_client_token(host, client).json
    assert (tokens["tenant"], tokens["expires_in"]) == ("client_credentials", 7)
    assert claims_of(host) == [{"tenant": "client_credentials"}]
    introspection = introspect(host, client, tokens["access_token"])
    assert (introspection["tenant"], introspection["exp"] - introspection["iat"]) == (
        "client_credentials",
        7,
    )


def test_code_and_refresh_token_go_through_the_steps(new_host):
    host = new_host(add_tenant_step)
    client = host.register_client()
    tokens = obtain_tokens(host, client)
    assert tokens["tenant"] == "authorization_code"
    second = refresh_tokens(host, client, tokens["refresh_token"]).json
    assert second["tenant"] == "refresh_token"
    introspection = introspect(host, client, second["refresh_token"])
    assert introspection["tenant"] == "authorization_code"


def test_the_password_grant_goes_through_the_steps(new_host):
    host = new_host(add_tenant_step, profile="legacy", accounts=PASSWORDS)
    client = host.register_client(authorization_grant_type="password")
    form = {"grant_type": "password", "username": "alice", "password": "wonder land&é"}
    tokens = host.browser().post("/oauth/token", {**form, **client}).json
    assert tokens["tenant"] == "password"


def test_the_authorization_endpoint_goes_through_the_steps(new_host):
    host = new_host(add_tenant_step, profile="legacy", accounts=PASSWORDS)
    host.register_client(authorization_grant_type="implicit")
    browser = host.browser()
    browser.get("/login?name=alice")
    answer = authorize_client(browser, response_type="token")
    members = dict(parse_qsl(urlsplit(answer.location).fragment))
    assert (members["tenant"], members["expires_in"]) == ("implicit", "7")
    assert claims_of(host) == [{"tenant": "implicit"}]


def test_a_step_runs_for_its_grant_types_only(new_host):
    host = new_host(
        lambda c: c.add_oauth_token_step("t", Tenant, grant_types=("refresh_token",))
    )
    client = host.register_client()
    tokens = obtain_tokens(host, client)
    assert "tenant" not in tokens
    assert "tenant" in refresh_tokens(host, client, tokens["refresh_token"]).json


def test_a_token_type_is_stored_and_returned_by_response_and_introspection(new_host):
    host = new_host(lambda c: c.add_oauth_token_step("proof", Proof))
    client = host.register_client()
    tokens = request_client_token(host, client).json
    assert tokens["token_type"] == "DPoP"
    introspection = introspect(host, client, tokens["access_token"])
    assert introspection["token_type"] == "DPoP"
    assert introspection["aud"] == "https://api.example"


def test_a_code_that_a_step_refused_can_still_be_redeemed(new_host):
    refusing, host = (
        new_host(lambda c: c.add_oauth_token_step("no", Refuse)),
        new_host(),
    )
    client, browser = host.register_client(), host.browser()
    browser.get("/login?name=alice")
    code = parse_redirect(authorize_client(browser))["code"]
    form = build_code_exchange(code, client)
    refused = refusing.browser().post("/oauth/token", form, status=400)
    assert refused.json["error_description"] == "not today"
    browser.post("/oauth/token", form, status=200)


def test_a_refusal_without_a_reason_is_logged_as_such(new_host, caplog):
    caplog.set_level(logging.INFO, "pyramid_oauth")
    host = new_host(lambda c: c.add_oauth_token_step("no", RefuseSilently))
    answer = request_client_token(host, host.register_client(), expect_errors=True)
    assert answer.json == {"error": "invalid_grant"}
    assert "client 'web': invalid_grant: no further reason" in caplog.text


def test_a_self_contained_token_format_stores_no_row(new_host):
    host = new_host(
        lambda c: c.add_oauth_token_format("countable", RowlessFormat),
        access_token_format="countable",
    )
    client = host.register_client()
    assert request_client_token(host, client).json["access_token"] == (
        "client_credentials.web"
    )
    tokens = obtain_tokens(host, client)
    assert tokens["access_token"] == "authorization_code.web"
    refreshed = refresh_tokens(host, client, tokens["refresh_token"]).json
    assert refreshed["access_token"] == "refresh_token.web"
    assert host.count("AccessToken") == 0
    # The cached copy of the client is proved current although nothing is stored.
    host.update_application(disabled_at=now())
    assert request_client_token(host, client).status_int == 401


class ChooseFormat:
    """Chooses the format of the token by its scopes."""

    def build(self, request, draft):
        if "write" in draft.scopes:
            draft.token_format = "countable"


@pytest.fixture
def add_formats():
    """Register two formats and a step that chooses one of them."""

    def configure(config):
        config.add_oauth_token_format("countable", RowlessFormat)
        config.add_oauth_token_step("format", ChooseFormat)

    return configure


def test_a_step_chooses_the_format_of_a_token(new_host, add_formats):
    host = new_host(add_formats)
    client = host.register_client()
    chosen = request_client_token(host, client, scope="write").json["access_token"]
    assert chosen == "client_credentials.web"
    default = request_client_token(host, client, scope="read").json["access_token"]
    assert call_api(host, default) == 200


def test_the_choice_of_a_step_precedes_that_of_the_application(
    new_host, add_formats, monkeypatch
):
    host = new_host(add_formats, access_token_format="countable")
    client = host.register_client()
    monkeypatch.setattr(
        host.models.Application, "access_token_format", "opaque", raising=False
    )
    own = request_client_token(host, client, scope="read").json["access_token"]
    assert call_api(host, own) == 200
    chosen = request_client_token(host, client, scope="write").json["access_token"]
    assert chosen == "client_credentials.web"


def test_an_application_with_an_unknown_format_gets_no_token(
    new_host, monkeypatch, caplog
):
    host = new_host()
    client = host.register_client()
    monkeypatch.setattr(
        host.models.Application, "access_token_format", "jwt", raising=False
    )
    refused = request_client_token(host, client)
    assert refused.status_int == 503
    assert refused.json["error"] == "temporarily_unavailable"
    assert "the format 'jwt' is unknown; there are opaque" in caplog.text


def test_an_unknown_token_format_stops_the_start(new_host):
    with pytest.raises(Exception, match="'jwt' is unknown; there are opaque"):
        new_host(access_token_format="jwt")


def test_all_rows_of_a_redemption_have_one_timestamp(host, client):
    tokens = obtain_tokens(host, client)
    assert call_api(host, tokens["access_token"]) == 200
    with Session(host.engine) as session:
        access = session.query(host.models.AccessToken).one()
        lineage = session.query(host.models.RefreshToken).one()
    assert access.created_at == lineage.created_at


class UseNonce(ProtocolError):
    error = "use_dpop_nonce"


class AskForNonce:
    def check(self, request):
        raise UseNonce("try again", {"DPoP-Nonce": "n-1"})


def test_an_error_has_its_headers_and_cors_exposes_them(new_host):
    host = new_host(lambda c: c.add_oauth_token_step("nonce", AskForNonce))
    answer = request_client_token(host, host.register_client(), expect_errors=True)
    assert (answer.status_int, answer.json["error"]) == (400, "use_dpop_nonce")
    assert answer.headers["DPoP-Nonce"] == "n-1"
    assert answer.headers["Access-Control-Expose-Headers"] == "DPoP-Nonce"


class ShowDetails:
    """Returns a detail of the grant in the token response."""

    def build(self, request, draft):
        draft.response["tenant_of_grant"] = request.details.get("tenant", "none")


def add_tenant_steps(config):
    def choose_tenant(authorization):
        authorization.details["tenant"] = "acme"

    config.add_oauth_authorize_step("choose_tenant", choose_tenant)
    config.add_oauth_token_step("show_details", ShowDetails)


def test_a_step_reads_the_details_of_the_grant_for_every_grant_type(new_host):
    host = new_host(add_tenant_steps, profile="legacy", accounts=PASSWORDS)
    client = host.register_client(
        authorization_grant_type="authorization_code implicit refresh_token "
        "client_credentials"
    )
    browser = host.browser()
    browser.get("/login?name=alice")
    answer = authorize_client(browser, response_type="token")
    assert (
        dict(parse_qsl(urlsplit(answer.location).fragment))["tenant_of_grant"] == "acme"
    )
    tokens = obtain_tokens(host, client)
    assert tokens["tenant_of_grant"] == "acme"
    assert (
        refresh_tokens(host, client, tokens["refresh_token"]).json["tenant_of_grant"]
        == "acme"
    )
    assert request_client_token(host, client).json["tenant_of_grant"] == "none"
    host.update_application(allowed_scopes="another")  # details do not replace a scope
    refused = refresh_tokens(host, client, tokens["refresh_token"])
    assert (refused.status_int, refused.json["error"]) == (400, "invalid_scope")
