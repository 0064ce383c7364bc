"""What programs ask: client credentials, revocation, introspection, metadata, CORS."""

from __future__ import annotations

import warnings
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from tests.flows.host import (
    Host,
    asked,
    consent,
    query_of,
    redemption,
    refresh,
    tokens,
    use,
)

PAGE = "https://app.example"


def own_token(host, client, **changes):
    form = {"grant_type": "client_credentials", **client, **changes}
    return host.browser().post("/oauth/token", form, expect_errors=True)


@pytest.mark.spec("RFC 6749", "4.4.3")
def test_client_credentials_bring_no_refresh_token(host, client):
    answer = own_token(host, client)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "refresh_token" not in answer.json
    assert use(host, answer.json["access_token"]) == 200


@pytest.mark.spec("RFC 6749", "5.2")
def test_a_wrong_secret_is_a_401_with_a_challenge(host, client):
    answer = own_token(host, {**client, "client_secret": "wrong"})
    assert answer.status_int == 401
    assert answer.json["error"] == "invalid_client"
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_a_wrong_secret_is_compared_once(host, client, monkeypatch):
    """It may cost an argon2 hash; whoever guesses must not double that."""
    assert own_token(host, client).status_int == 200
    application, compared = host.models.Application, []
    matches = application.client_secret_matches
    monkeypatch.setattr(
        application,
        "client_secret_matches",
        lambda self, given: compared.append(given) or matches(self, given),
    )
    own_token(host, {**client, "client_secret": "wrong"})
    assert compared == ["wrong"]


@pytest.mark.spec("RFC 6749", "2.3")
def test_only_the_registered_method_and_only_one_is_taken(host, client):
    browser = host.browser()
    browser.authorization = ("Basic", (client["client_id"], client["client_secret"]))
    form = {"grant_type": "client_credentials"}
    assert browser.post("/oauth/token", form, status=401).json["error"]
    both = browser.post("/oauth/token", {**form, **client}, status=400)
    assert both.json["error"] == "invalid_request"
    other = host.application(
        client_id="basic", token_endpoint_auth_method="client_secret_basic"
    )
    browser.authorization = ("Basic", (other["client_id"], other["client_secret"]))
    browser.post("/oauth/token", form, status=200)


@pytest.mark.parametrize("given", ["\xe9", "a===", "!", "4pmo", "YQ==", "w6k6\xff"])
def test_basic_credentials_that_cannot_be_read_authenticate_nobody(host, given):
    browser = host.browser()
    browser.extra_environ["HTTP_AUTHORIZATION"] = f"Basic {given}"
    answer = browser.post(
        "/oauth/token", {"grant_type": "client_credentials"}, status=401
    )
    assert answer.json["error"] == "invalid_client"


def test_both_secrets_live_while_one_is_retired(host, client):
    with Session(host.engine) as session:
        application = session.query(host.models.Application).one()
        new = application.rotate_client_secret(timedelta(hours=1))
        session.commit()
    assert own_token(host, client).status_int == 200
    assert own_token(host, {**client, "client_secret": new}).status_int == 200
    host.change(retiring_client_secret_expires_at=now() - timedelta(seconds=1))
    assert own_token(host, client).status_int == 401


def test_what_changes_elsewhere_counts_at_the_next_request(host, client, browser):
    """The cache of applications proves itself; no process acts on an old copy."""
    assert own_token(host, client).status_int == 200
    host.change(authorization_grant_type="authorization_code refresh_token")
    assert own_token(host, client).json["error"] == "unauthorized_client"
    refused = browser.get(
        "/oauth/authorize", asked(redirect_uri="https://new.example/cb"), status=400
    )
    assert refused.content_type == "text/html"
    host.change(redirect_uris="https://new.example/cb")
    assert consent(browser, redirect_uri="https://new.example/cb").status_int == 303


def test_disabling_a_client_stops_all_it_has(host, client):
    issued = tokens(host, client)
    assert use(host, issued["access_token"]) == 200
    host.change(disabled_at=now())
    assert use(host, issued["access_token"]) == 401
    assert refresh(host, client, issued["refresh_token"]).status_int == 401
    host.change(disabled_at=None, allowed_scopes="write")
    assert use(host, issued["access_token"]) == 403


@pytest.mark.spec("RFC 7009", "2.1")
def test_revoking_a_refresh_token_takes_the_grant_with_it(host, client, browser):
    issued = tokens(host, client)
    form = {"token": issued["refresh_token"], **client}
    browser.post("/oauth/revoke", form, status=200)
    assert use(host, issued["access_token"]) == 401
    browser.post("/oauth/revoke", form, status=200)


@pytest.mark.spec("RFC 7009", "2.2")
def test_revoking_what_is_unknown_succeeds_and_what_is_anothers_fails(
    host, client, browser
):
    other = host.application(client_id="other")
    issued = tokens(host, client)["access_token"]
    browser.post("/oauth/revoke", {"token": "unknown", **client}, status=200)
    browser.post("/oauth/revoke", {"token": issued, **other}, status=400)
    assert use(host, issued) == 200
    browser.post("/oauth/revoke", {"token": issued, **client}, status=200)
    assert use(host, issued) == 401


@pytest.mark.spec("RFC 7662", "2.2")
def test_a_client_sees_its_own_tokens_and_no_others(host, client, browser):
    stranger = host.application(client_id="stranger")
    watcher = host.application(client_id="watcher", introspection="any")
    issued = tokens(host, client)

    def shown(asker, kind="access_token"):
        return browser.post("/oauth/introspect", {"token": issued[kind], **asker}).json

    assert shown(client)["sub"] == "alice"
    assert shown(client, "refresh_token")["active"] is True
    assert shown(stranger) == {"active": False}
    assert shown(watcher)["client_id"] == "web"
    assert shown(watcher, "refresh_token") == {"active": False}
    browser.post("/oauth/introspect", {"token": issued["access_token"]}, status=401)


@pytest.mark.spec("RFC 7662", "2.2")
def test_scopes_that_were_taken_away_are_not_shown(host, client, browser):
    issued = tokens(host, client)
    host.change(allowed_scopes="read")
    for kind in ("access_token", "refresh_token"):
        form = {"token": issued[kind], **client}
        assert browser.post("/oauth/introspect", form).json["scope"] == "read"


@pytest.mark.spec("RFC 6749", "5.1")
def test_no_token_comes_of_a_grant_whose_scopes_are_all_gone(host, client, browser):
    issued = tokens(host, client)
    code = query_of(consent(browser))["code"]
    host.change(allowed_scopes="another")
    refused = refresh(host, client, issued["refresh_token"])
    assert (refused.status_int, refused.json["error"]) == (400, "invalid_scope")
    refused = browser.post("/oauth/token", redemption(code, client), status=400)
    assert refused.json["error"] == "invalid_scope"
    host.change(allowed_scopes=None)
    assert refresh(host, client, issued["refresh_token"]).status_int == 200


@pytest.mark.spec("RFC 8414", "3.1")
def test_metadata_stands_at_both_places_and_nowhere_else(host, browser):
    inserted = browser.get("/.well-known/oauth-authorization-server/oauth")
    under = browser.get("/oauth/.well-known/oauth-authorization-server")
    assert inserted.json == under.json
    assert under.json["issuer"] == "https://as.example/oauth"
    assert under.json["token_endpoint"] == "https://as.example/oauth/token"
    assert under.json["code_challenge_methods_supported"] == ["S256"]
    browser.get("/.well-known/oauth-authorization-server/other", status=404)
    browser.get("/.well-known/oauth-authorization-server", status=404)
    tag = {"If-None-Match": under.headers["ETag"]}
    browser.get(
        "/oauth/.well-known/oauth-authorization-server", headers=tag, status=304
    )


def test_pages_of_allowed_origins_may_read_answers_and_errors(host, client, browser):
    host.change(allowed_origins=PAGE)
    form = {"grant_type": "authorization_code", "code": "x", **client}
    for origin, readable in (
        (PAGE, PAGE),
        ("https://evil.example", None),
        ("null", None),
    ):
        answer = browser.post(
            "/oauth/token", form, headers={"Origin": origin}, expect_errors=True
        )
        assert answer.status_int == 400
        assert answer.headers.get("Access-Control-Allow-Origin") == readable
        assert answer.headers["Vary"] == "Origin"
    asked_first = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    preflight = browser.options("/oauth/token", headers=asked_first)
    assert preflight.headers["Access-Control-Allow-Origin"] == PAGE
    page = browser.get("/oauth/authorize", asked(), headers={"Origin": PAGE})
    assert "Access-Control-Allow-Origin" not in page.headers


def test_the_statements_stay_within_budget(host, client, browser):
    """Data statements per request with the client cached; BEGIN and COMMIT aside."""
    tokens(host, client)
    seen = host.statements()
    # PostgreSQL uses a credential up and stores what follows in one.
    at_once = host.engine.dialect.name == "postgresql"

    def cost(action):
        seen.clear()
        result = action()
        return len([one for one in seen if not one.startswith("SAVEPOINT")]), result

    browser.get("/oauth/.well-known/oauth-authorization-server")
    assert seen == []
    count, answer = cost(lambda: browser.get("/oauth/authorize", asked()))
    assert count <= 3, seen
    form = redemption(query_of(answer)["code"], client)
    count, answer = cost(lambda: browser.post("/oauth/token", form))
    assert count == (2 if at_once else 4), seen
    issued = answer.json
    assert cost(lambda: use(host, issued["access_token"])) == (1, 200)
    assert cost(lambda: own_token(host, client))[0] == 1
    form = {"token": issued["access_token"], **client}
    assert cost(lambda: browser.post("/oauth/introspect", form))[0] == 1
    count, answer = cost(lambda: refresh(host, client, issued["refresh_token"]))
    assert (count, answer.status_int) == (2 if at_once else 3, 200)


@pytest.mark.spec("RFC 9700", "2.4")
def test_old_grants_exist_only_under_the_legacy_profile(new_host):
    host = new_host()
    client = host.application(authorization_grant_type="password client_credentials")
    form = {"grant_type": "password", "username": "a", "password": "b", **client}
    answer = host.browser().post("/oauth/token", form, status=400)
    assert answer.json["error"] == "unsupported_grant_type"


@pytest.mark.spec("RFC 6749", "4.2.2")
@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_the_legacy_profile_answers_in_the_fragment(new_host):
    host = new_host(profile="legacy")
    host.application(authorization_grant_type="implicit")
    browser = host.browser()
    browser.get("/login?name=alice")
    answer = consent(
        browser, response_type="token", code_challenge=None, code_challenge_method=None
    )
    fragment = answer.location.partition("#")[2]
    token = dict(pair.split("=") for pair in fragment.split("&"))["access_token"]
    assert use(host, token) == 200


def test_the_legacy_profile_is_named_in_a_warning(tmp_path):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        Host(f"sqlite:///{tmp_path}/x.sqlite", profile="legacy").engine.dispose()
    texts = [str(one.message) for one in said]
    assert any("profile = legacy" in text for text in texts)
    assert any("pkce_required = false" in text for text in texts)
