"""A monitor ends all access of a user (Global Token Revocation, draft 06)."""

from __future__ import annotations

from functools import cache

import pytest

from pyramid_oauth.accounts import Accounts, UnsupportedIdentifier
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.extensions.global_token_revocation.views import AllAccessEnded
from pyramid_oauth.resource import TokenIdentity
from tests.support.documented import login_sessions
from tests.support.host import (
    authorize_client,
    build_code_exchange,
    call_api,
    parse_redirect,
    refresh_tokens,
    request_client_token,
)

WELL_KNOWN = "/.well-known/oauth-authorization-server/oauth"
PATH = "/oauth/global_token_revocation"
SPEC = "Global Token Revocation"
SCOPE = "global_token_revocation"
ALICE = {"format": "opaque", "id": "alice"}


def include_revocation(config):
    config.include("pyramid_oauth.extensions.global_token_revocation")


@cache
def site_accounts():
    """Return the accounts of the site, which find users by further identifiers."""

    class SiteAccounts(login_sessions().SiteAccounts):
        def find_subject(self, request, identifier):
            if identifier["format"] == "email":
                name, _, domain = identifier["email"].partition("@")
                return name if domain == "example.org" else None
            if identifier["format"] == "iss_sub":
                return {"a-17": "alice"}.get(identifier["sub"])
            return super().find_subject(request, identifier)

    return SiteAccounts


@pytest.fixture
def end_events(notified):
    """Return the events of users whose access was ended."""
    return notified


@pytest.fixture
def new_guarded_host(new_host, end_events):
    """Make a host with stored login sessions; the client `monitor` may end access."""
    site, accounts = login_sessions(), site_accounts()

    def new(further=lambda config: None, **settings):
        def configure(config):
            config.include(site)
            config.set_oauth_accounts(accounts())
            include_revocation(config)
            config.add_subscriber(end_events.append, AllAccessEnded)
            further(config)

        host = new_host(
            configure,
            global_token_revocation_clients="monitor",
            global_token_revocation_policy=lambda request, client_id, subject: (
                subject != "root"
            ),
            **settings,
        )
        site.Base.metadata.create_all(host.engine)
        return host

    return new


@pytest.fixture
def guarded_host(new_guarded_host):
    return new_guarded_host()


@pytest.fixture
def clients(guarded_host):
    """Return the credentials of the clients of the host, by name."""
    return {
        name: guarded_host.register_client(client_id=name, name=name)
        for name in ("web", "monitor", "other")
    }


@pytest.fixture
def monitor_token(guarded_host, clients):
    return obtain_client_token(guarded_host, clients["monitor"])


def obtain_client_token(host, credentials, scope=SCOPE, **changes):
    response = request_client_token(host, credentials, scope=scope, **changes)
    return response.json["access_token"]


def log_in(host, name="alice"):
    browser = host.browser()
    browser.get("/site-login", {"name": name})
    return browser


def obtain_user_tokens(browser, credentials, **changes):
    """Return the token response of the client `web` for the user of a browser."""
    code = parse_redirect(authorize_client(browser, **changes))["code"]
    return browser.post("/oauth/token", build_code_exchange(code, credentials)).json


def revoke(host, token, status, sub_id=ALICE, **members):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = {"sub_id": sub_id, **members}
    return host.browser().post_json(PATH, body, headers=headers, status=status)


def is_logged_in(browser):
    return browser.get("/oauth/sessions", status="*").status_int == 200


@pytest.mark.spec(SPEC, "3.3")
def test_grants_tokens_and_login_sessions_of_the_user_end(
    guarded_host, clients, monitor_token, end_events
):
    browsers = [log_in(guarded_host), log_in(guarded_host)]
    tokens = obtain_user_tokens(browsers[0], clients["web"])
    code = parse_redirect(authorize_client(browsers[1]))["code"]
    response = revoke(guarded_host, monitor_token, 204)
    assert response.body == b""
    assert call_api(guarded_host, tokens["access_token"]) == 401
    refreshed = refresh_tokens(guarded_host, clients["web"], tokens["refresh_token"])
    assert refreshed.json["error"] == "invalid_grant"
    form = build_code_exchange(code, clients["web"])
    assert browsers[1].post("/oauth/token", form, status=400)
    assert [is_logged_in(browser) for browser in browsers] == [False, False]
    (event,) = end_events
    assert (event.client_id, event.user_id) == ("monitor", "alice")
    assert (event.grants, event.sessions) == (2, 2)


def test_other_users_and_clients_of_their_own_keep_their_access(
    guarded_host, clients, monitor_token
):
    bob = log_in(guarded_host, "bob")
    tokens = obtain_user_tokens(bob, clients["web"])
    own = obtain_client_token(guarded_host, clients["web"], "read")
    revoke(guarded_host, monitor_token, 204)
    assert call_api(guarded_host, tokens["access_token"]) == 200
    assert call_api(guarded_host, own) == 200
    assert is_logged_in(bob)


@pytest.mark.spec(SPEC, "3.2")
@pytest.mark.parametrize(
    "sub_id",
    [
        ALICE,
        {"format": "email", "email": "alice@example.org"},
        {"format": "iss_sub", "iss": "https://as.example/oauth", "sub": "alice"},
        {"format": "iss_sub", "iss": "https://idp.example/", "sub": "a-17"},
    ],
)
def test_a_user_is_found_by_each_kind_of_identifier(
    guarded_host, monitor_token, sub_id
):
    browser = log_in(guarded_host)
    revoke(guarded_host, monitor_token, 204, sub_id)
    assert not is_logged_in(browser)


@pytest.mark.spec(SPEC, "3.4.2")
def test_an_unknown_user_is_not_found(guarded_host, monitor_token):
    unknown = {"format": "email", "email": "alice@elsewhere.example"}
    response = revoke(guarded_host, monitor_token, 404, unknown)
    assert response.json["error"] == "not_found"
    assert response.status == "404 Not Found"


@pytest.mark.spec(SPEC, "3.4.2")
@pytest.mark.parametrize(
    "sub_id",
    [
        None,
        "alice",
        {},
        {"format": "opaque"},
        {"format": "opaque", "id": 7},
        {"format": "opaque", "id": ""},
        {"format": "opaque", "id": "ali\x00ce"},
        {"format": "opaque", "id": "a" * 1025},
        {"format": "nickname", "id": "alice"},
        {"format": ["opaque"], "id": "alice"},
        {"format": "aliases", "identifiers": [ALICE]},
        {"format": "phone_number", "phone_number": "+12065550100"},
    ],
)
def test_a_malformed_or_unsupported_identifier_is_refused(
    guarded_host, monitor_token, sub_id
):
    browser = log_in(guarded_host)
    refused = revoke(guarded_host, monitor_token, 400, sub_id)
    assert refused.json["error"] == "invalid_request"
    assert is_logged_in(browser)


@pytest.mark.spec(SPEC, "3.4.2")
def test_a_request_must_be_authenticated(guarded_host):
    refused = revoke(guarded_host, None, 401)
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    revoke(guarded_host, "unknown", 401)


@pytest.mark.spec(SPEC, "6.1")
def test_only_a_token_of_a_named_client_for_this_alone_counts(guarded_host, clients):
    browser = log_in(guarded_host)
    of_another_client = obtain_client_token(guarded_host, clients["other"])
    for_more = obtain_client_token(guarded_host, clients["monitor"], f"{SCOPE} read")
    for_else = obtain_client_token(guarded_host, clients["monitor"], "read")
    for token in (of_another_client, for_more, for_else):
        refused = revoke(guarded_host, token, 403)
        assert f'scope="{SCOPE}"' in refused.headers["WWW-Authenticate"]
    assert is_logged_in(browser)


@pytest.mark.spec(SPEC, "6.1")
def test_a_token_that_a_user_allowed_does_not_count(guarded_host, clients):
    browser = log_in(guarded_host)
    tokens = obtain_user_tokens(
        browser, clients["monitor"], client_id="monitor", scope=SCOPE
    )
    revoke(guarded_host, tokens["access_token"], 403)
    assert is_logged_in(browser)


@pytest.mark.spec("RFC 9700", "4.4")
@pytest.mark.parametrize(
    ("issuer", "status"), [("https://other.example", 401), (None, 204)]
)
def test_a_token_of_another_issuer_ends_nothing(new_guarded_host, issuer, status):
    """The client of that name may be anybody's there."""

    def verify(request, token):
        return TokenIdentity(client_id="monitor", scope=SCOPE, issuer=issuer)

    host = new_guarded_host(lambda config: config.set_oauth_token_verifier(verify))
    browser = log_in(host)
    revoke(host, "token", status)
    assert is_logged_in(browser) is (issuer is not None)


@pytest.mark.spec("RFC 8707", "3")
@pytest.mark.parametrize(
    ("resource", "status"),
    [("https://shop.example/api", 401), (f"https://as.example{PATH}", 204)],
)
def test_a_token_for_another_resource_ends_nothing(new_guarded_host, resource, status):
    host = new_guarded_host(
        resources=f"{resource} = Shop", extensions="default resource_indicators"
    )
    monitor = host.register_client(client_id="monitor", name="monitor")
    token = obtain_client_token(host, monitor, resource=resource)
    browser = log_in(host)
    refused = revoke(host, token, status)
    assert is_logged_in(browser) is (status == 401)
    if status == 401:
        assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


@pytest.mark.spec(SPEC, "6.2")
def test_a_policy_limits_the_users_within_reach(guarded_host, monitor_token):
    root = log_in(guarded_host, "root")
    sub_id = {"format": "opaque", "id": "root"}
    refused = revoke(guarded_host, monitor_token, 403, sub_id)
    assert refused.json["error"] == "access_denied"
    assert is_logged_in(root)


def test_the_request_is_a_post_of_json(guarded_host, monitor_token):
    headers = {"Authorization": f"Bearer {monitor_token}"}
    browser = guarded_host.browser()
    browser.post(PATH, {"sub_id": "alice"}, headers=headers, status=415)
    assert browser.get(PATH, headers=headers, status=405).headers["Allow"] == "POST"
    text = {**headers, "Content-Type": "application/json"}
    browser.post(PATH, "[]", headers=text, status=400)


@pytest.mark.spec(SPEC, "5")
def test_the_metadata_names_the_endpoint(guarded_host):
    metadata = guarded_host.browser().get(
        "/.well-known/oauth-authorization-server/oauth"
    )
    url = metadata.json["global_token_revocation_endpoint"]
    assert url == "https://as.example/oauth/global_token_revocation"
    methods = metadata.json["global_token_revocation_endpoint_auth_methods_supported"]
    assert methods == ["Bearer"]


def test_without_a_client_there_is_no_endpoint(new_host):
    host = new_host(include_revocation)
    host.browser().post_json(PATH, {"sub_id": ALICE}, status=404)
    metadata = host.browser().get(WELL_KNOWN)
    assert "global_token_revocation_endpoint" not in metadata.json


def test_a_host_that_cannot_end_sessions_does_not_start(new_host):
    with pytest.raises(ConfigurationError, match="set_oauth_login_sessions"):
        new_host(include_revocation, global_token_revocation_clients="monitor")


def test_by_default_a_host_knows_opaque_identifiers_only():
    accounts = Accounts()
    assert accounts.find_subject(None, ALICE) == "alice"
    with pytest.raises(UnsupportedIdentifier):
        accounts.find_subject(None, {"format": "email", "email": "a@example.org"})
