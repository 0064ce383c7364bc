"""The main flows, in every host: what a client needs works wherever we are put."""

from __future__ import annotations

import jwt
import pytest

from pyramid_oauth import clock
from tests.support.host import CALLBACK, build_code_exchange, parse_redirect


@pytest.fixture
def client(site):
    return site.client()


@pytest.mark.spec("RFC 6749", "4.1")
@pytest.mark.spec("RFC 7636", "4")
def test_a_code_flow_leads_to_a_token_that_the_api_accepts(site, client):
    browser = site.browser()
    shown = site.open_consent_page(browser, client)
    assert shown.request.path.startswith(f"{site.server}/authorize/")
    allowed = shown.forms["oauth-consent"].submit("decision", value="allow")
    answer = parse_redirect(allowed)
    assert allowed.location.startswith(CALLBACK)
    assert answer["iss"] == site.issuer
    issued = site.post("token", build_code_exchange(answer["code"], client))
    assert issued.headers["Cache-Control"] == "no-store"
    seen = site.call(issued.json["access_token"]).json
    assert seen["scope"] == "read write"
    assert seen["sub"] is not None


def test_a_consent_is_remembered(site, client):
    browser = site.browser()
    site.code(browser, client)
    again = browser.get(f"{site.server}/authorize", site.asked(client), status=303)
    assert parse_redirect(again)["code"]


def test_a_denial_is_returned_to_the_client(site, client):
    shown = site.open_consent_page(site.browser(), client)
    refused = shown.forms["oauth-consent"].submit("decision", value="deny")
    assert parse_redirect(refused)["error"] == "access_denied"
    assert site.count("Grant", client_id=client["client_id"]) == 0


def test_a_decision_without_a_csrf_token_is_refused(site, client):
    browser = site.browser()
    path = site.open_consent_page(browser, client).request.path
    answer = browser.post(path, {"decision": "allow"}, status=403)
    assert answer.html.find(id="oauth-error-code").text == "invalid_request"
    assert site.count("Grant", client_id=client["client_id"]) == 0


@pytest.mark.spec("RFC 6749", "4.1.2")
def test_a_replayed_code_revokes_its_tokens(site, client):
    """The refusal is a 400; what it revoked is revoked all the same."""
    code = site.code(site.browser(), client)
    first = site.post("token", build_code_exchange(code, client)).json
    again = site.post("token", build_code_exchange(code, client), status=400)
    assert again.json["error"] == "invalid_grant"
    site.call(first["access_token"], status=401)
    assert "X-Tm" not in again.headers


@pytest.mark.spec("RFC 9700", "4.14.2")
def test_a_refresh_token_rotates_and_its_replay_revokes_the_grant(site, client):
    issued = site.tokens(client)
    with clock.frozen() as time:
        second = site.refresh(client, issued["refresh_token"]).json
        again = site.refresh(client, issued["refresh_token"]).json
        assert again["refresh_token"] == second["refresh_token"]
        site.call(again["access_token"], status=200)
        time.advance(61)
        late = site.refresh(client, issued["refresh_token"], status=400)
        assert late.json["error"] == "invalid_grant"
        site.call(second["access_token"], status=401)
        site.refresh(client, second["refresh_token"], status=400)


@pytest.mark.spec("RFC 6749", "4.4")
def test_client_credentials_issue_a_token(site, client):
    form = {"grant_type": "client_credentials", "scope": "read", **client}
    token = site.post("token", form).json["access_token"]
    assert site.call(token).json == {"sub": None, "scope": "read"}


@pytest.mark.spec("RFC 6749", "5.2")
def test_a_wrong_secret_is_refused_by_the_server_and_not_by_the_host(site, client):
    form = {"grant_type": "client_credentials", **client, "client_secret": "wrong"}
    refused = site.post("token", form, status=401)
    assert refused.json["error"] == "invalid_client"
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    assert refused.headers["Cache-Control"] == "no-store"


@pytest.mark.spec("RFC 7009", "2.1")
def test_a_revoked_token_is_refused(site, client):
    issued = site.tokens(client)
    site.call(issued["access_token"], status=200)
    site.post("revoke", {"token": issued["refresh_token"], **client}, status=200)
    site.call(issued["access_token"], status=401)
    site.refresh(client, issued["refresh_token"], status=400)


@pytest.mark.spec("RFC 7662", "2.2")
def test_introspection_describes_a_token(site, client):
    issued = site.tokens(client)["access_token"]
    meaning = site.post("introspect", {"token": issued, **client}).json
    assert (meaning["active"], meaning["scope"]) == (True, "read write")
    assert meaning["iss"] == site.issuer
    assert meaning["sub"] == site.call(issued).json["sub"]
    site.post("revoke", {"token": issued, **client})
    told = site.post("introspect", {"token": issued, **client}).json
    assert told == {"active": False}


@pytest.mark.spec("RFC 6750", "3")
def test_a_protected_view_answers_with_a_challenge(site, client):
    anonymous = site.browser().get(f"{site.root}/me", status=401)
    assert anonymous.headers["WWW-Authenticate"].startswith("Bearer ")
    form = {"grant_type": "client_credentials", "scope": "write", **client}
    token = site.post("token", form).json["access_token"]
    refused = site.call(token, status=403)
    assert 'scope="read"' in refused.headers["WWW-Authenticate"]
    assert (
        'error="invalid_token"'
        in (site.call("unknown", status=401).headers["WWW-Authenticate"])
    )


def advertised(site, member):
    """A member of the metadata, which clients go by."""
    document = f"{site.server}/.well-known/openid-configuration"
    return site.browser().get(document).json[member]


@pytest.mark.spec("OpenID Connect Core", "3.1.3.3")
@pytest.mark.spec("OpenID Connect Core", "5.3.1")
def test_a_client_gets_an_id_token_and_userinfo(site, client):
    issued = site.tokens(client, scope="openid read", nonce="n1")
    keys = site.browser().get(advertised(site, "jwks_uri")).json["keys"]
    told = jwt.decode(
        issued["id_token"],
        jwt.PyJWK(keys[0]).key,
        algorithms=["RS256"],
        audience=client["client_id"],
        issuer=site.issuer,
    )
    assert told["nonce"] == "n1"
    headers = {"Authorization": f"Bearer {issued['access_token']}"}
    endpoint = advertised(site, "userinfo_endpoint")
    seen = site.browser().get(endpoint, headers=headers).json
    assert seen["sub"] == told["sub"] == site.call(issued["access_token"]).json["sub"]
    refused = site.browser().get(endpoint, status=401)
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "2")
def test_a_person_logs_out_and_is_asked_to_log_in_again(site, client):
    browser = site.browser()
    site.code(browser, client, scope="openid")
    form = browser.get(advertised(site, "end_session_endpoint")).forms["oauth-logout"]
    assert form.submit("decision", value="logout").status_int == 200
    silent = site.asked(client, scope="openid", prompt="none")
    answer = browser.get(f"{site.server}/authorize", silent, status=303)
    assert parse_redirect(answer)["error"] == "login_required"


@pytest.mark.spec("RFC 8414", "3")
def test_every_advertised_url_is_answered_by_the_server(site):
    name = "oauth-authorization-server"
    browser = site.browser()
    under = browser.get(f"{site.server}/.well-known/{name}")
    path = site.issuer.removeprefix("https://as.example").removeprefix(site.root)
    assert under.json["issuer"] == site.issuer
    if not site.root:
        inserted = browser.get(f"/.well-known/{name}{path}")
        assert inserted.json == under.json
    for member, url in under.json.items():
        if member.endswith("_endpoint"):
            assert url.startswith(f"{site.issuer}/")
            told = browser.request(url, method="PATCH", expect_errors=True)
            assert (told.status_int, bool(told.headers.get("Allow"))) == (405, True)


def test_an_invalid_request_gets_an_error_page_and_stores_nothing(site, client):
    browser = site.browser()
    answer = browser.get(
        f"{site.server}/authorize",
        site.asked(client, redirect_uri="https://evil.example/"),
        status=400,
    )
    assert answer.html.find(id="oauth-error-code") is not None
    assert "X-Tm" not in answer.headers
