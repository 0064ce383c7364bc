"""The main flows in every host."""

from __future__ import annotations

import jwt
import pytest

from pyramid_oauth import clock
from tests.support.host import CALLBACK, build_code_exchange, parse_redirect


@pytest.fixture
def site_client(host_site):
    return host_site.client()


@pytest.mark.spec("RFC 6749", "4.1")
@pytest.mark.spec("RFC 7636", "4")
def test_a_code_flow_leads_to_a_token_that_the_api_accepts(every_host_site):
    client = every_host_site.client()
    browser = every_host_site.browser()
    consent_page = every_host_site.open_consent_page(browser, client)
    assert consent_page.request.path.startswith(f"{every_host_site.server}/authorize/")
    allowed = consent_page.forms["oauth-consent"].submit("decision", value="allow")
    answer = parse_redirect(allowed)
    assert allowed.location.startswith(CALLBACK)
    assert answer["iss"] == every_host_site.issuer
    response = every_host_site.post(
        "token", build_code_exchange(answer["code"], client)
    )
    assert response.headers["Cache-Control"] == "no-store"
    api_response = every_host_site.call(response.json["access_token"]).json
    assert api_response["scope"] == "read write"
    assert api_response["sub"] is not None


def test_a_consent_is_remembered(host_site, site_client):
    browser = host_site.browser()
    host_site.code(browser, site_client)
    second = browser.get(
        f"{host_site.server}/authorize",
        host_site.authorization_parameters(site_client),
        status=303,
    )
    assert parse_redirect(second)["code"]


def test_a_denial_is_returned_to_the_client(host_site, site_client):
    consent_page = host_site.open_consent_page(host_site.browser(), site_client)
    refused = consent_page.forms["oauth-consent"].submit("decision", value="deny")
    assert parse_redirect(refused)["error"] == "access_denied"
    assert host_site.count("Grant", client_id=site_client["client_id"]) == 0


def test_a_decision_without_a_csrf_token_is_refused(host_site, site_client):
    browser = host_site.browser()
    path = host_site.open_consent_page(browser, site_client).request.path
    answer = browser.post(path, {"decision": "allow"}, status=403)
    assert answer.html.find(id="oauth-error-code").text == "invalid_request"
    assert host_site.count("Grant", client_id=site_client["client_id"]) == 0


@pytest.mark.spec("RFC 6749", "4.1.2")
def test_a_replayed_code_revokes_its_tokens(host_site, site_client):
    """The response is 400; the revocation is committed all the same."""
    code = host_site.code(host_site.browser(), site_client)
    first = host_site.post("token", build_code_exchange(code, site_client)).json
    second = host_site.post("token", build_code_exchange(code, site_client), status=400)
    assert second.json["error"] == "invalid_grant"
    host_site.call(first["access_token"], status=401)
    assert "X-Tm" not in second.headers


@pytest.mark.spec("RFC 9700", "4.14.2")
def test_a_refresh_token_rotates_and_its_replay_revokes_the_grant(
    host_site, site_client
):
    tokens = host_site.tokens(site_client)
    with clock.frozen() as time:
        second = host_site.refresh(site_client, tokens["refresh_token"]).json
        repeated = host_site.refresh(site_client, tokens["refresh_token"]).json
        assert repeated["refresh_token"] == second["refresh_token"]
        host_site.call(repeated["access_token"], status=200)
        time.advance(61)
        refused = host_site.refresh(site_client, tokens["refresh_token"], status=400)
        assert refused.json["error"] == "invalid_grant"
        host_site.call(second["access_token"], status=401)
        host_site.refresh(site_client, second["refresh_token"], status=400)


@pytest.mark.spec("RFC 6749", "4.4")
def test_client_credentials_issue_a_token(host_site, site_client):
    form = {"grant_type": "client_credentials", "scope": "read", **site_client}
    token = host_site.post("token", form).json["access_token"]
    assert host_site.call(token).json == {"sub": None, "scope": "read"}


@pytest.mark.spec("RFC 6749", "5.2")
def test_a_wrong_secret_is_refused_by_the_server_and_not_by_the_host(
    host_site, site_client
):
    form = {"grant_type": "client_credentials", **site_client, "client_secret": "wrong"}
    refused = host_site.post("token", form, status=401)
    assert refused.json["error"] == "invalid_client"
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    assert refused.headers["Cache-Control"] == "no-store"


@pytest.mark.spec("RFC 7009", "2.1")
def test_a_revoked_token_is_refused(host_site, site_client):
    tokens = host_site.tokens(site_client)
    host_site.call(tokens["access_token"], status=200)
    host_site.post(
        "revoke", {"token": tokens["refresh_token"], **site_client}, status=200
    )
    host_site.call(tokens["access_token"], status=401)
    host_site.refresh(site_client, tokens["refresh_token"], status=400)


@pytest.mark.spec("RFC 7662", "2.2")
def test_introspection_describes_a_token(host_site, site_client):
    token = host_site.tokens(site_client)["access_token"]
    introspection = host_site.post("introspect", {"token": token, **site_client}).json
    assert (introspection["active"], introspection["scope"]) == (True, "read write")
    assert introspection["iss"] == host_site.issuer
    assert introspection["sub"] == host_site.call(token).json["sub"]
    host_site.post("revoke", {"token": token, **site_client})
    inactive = host_site.post("introspect", {"token": token, **site_client}).json
    assert inactive == {"active": False}


@pytest.mark.spec("RFC 6750", "3")
def test_a_protected_view_answers_with_a_challenge(host_site, site_client):
    anonymous = host_site.browser().get(f"{host_site.root}/me", status=401)
    assert anonymous.headers["WWW-Authenticate"].startswith("Bearer ")
    form = {"grant_type": "client_credentials", "scope": "write", **site_client}
    token = host_site.post("token", form).json["access_token"]
    refused = host_site.call(token, status=403)
    assert 'scope="read"' in refused.headers["WWW-Authenticate"]
    assert (
        'error="invalid_token"'
        in (host_site.call("unknown", status=401).headers["WWW-Authenticate"])
    )


def advertised_url(site, member):
    """A URL in the metadata."""
    document = f"{site.server}/.well-known/openid-configuration"
    return site.browser().get(document).json[member]


@pytest.mark.spec("OpenID Connect Core", "3.1.3.3")
@pytest.mark.spec("OpenID Connect Core", "5.3.1")
def test_a_client_gets_an_id_token_and_userinfo(host_site, site_client):
    tokens = host_site.tokens(site_client, scope="openid read", nonce="n1")
    keys = host_site.browser().get(advertised_url(host_site, "jwks_uri")).json["keys"]
    claims = jwt.decode(
        tokens["id_token"],
        jwt.PyJWK(keys[0]).key,
        algorithms=["RS256"],
        audience=site_client["client_id"],
        issuer=host_site.issuer,
    )
    assert claims["nonce"] == "n1"
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    endpoint = advertised_url(host_site, "userinfo_endpoint")
    userinfo = host_site.browser().get(endpoint, headers=headers).json
    assert (
        userinfo["sub"]
        == claims["sub"]
        == host_site.call(tokens["access_token"]).json["sub"]
    )
    refused = host_site.browser().get(endpoint, status=401)
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "2")
def test_after_a_logout_prompt_none_is_login_required_in_every_host(
    host_site, site_client
):
    browser = host_site.browser()
    host_site.code(browser, site_client, scope="openid")
    form = browser.get(advertised_url(host_site, "end_session_endpoint")).forms[
        "oauth-logout"
    ]
    assert form.submit("decision", value="logout").status_int == 200
    parameters = host_site.authorization_parameters(
        site_client, scope="openid", prompt="none"
    )
    answer = browser.get(f"{host_site.server}/authorize", parameters, status=303)
    assert parse_redirect(answer)["error"] == "login_required"


@pytest.mark.spec("RFC 8414", "3")
def test_every_advertised_url_is_answered_by_the_server(host_site):
    name = "oauth-authorization-server"
    browser = host_site.browser()
    below_issuer = browser.get(f"{host_site.server}/.well-known/{name}")
    path = host_site.issuer.removeprefix("https://as.example").removeprefix(
        host_site.root
    )
    assert below_issuer.json["issuer"] == host_site.issuer
    if not host_site.root:
        at_site_root = browser.get(f"/.well-known/{name}{path}")
        assert at_site_root.json == below_issuer.json
    for member, url in below_issuer.json.items():
        if member.endswith("_endpoint"):
            assert url.startswith(f"{host_site.issuer}/")
            response = browser.request(url, method="PATCH", expect_errors=True)
            assert (response.status_int, bool(response.headers.get("Allow"))) == (
                405,
                True,
            )


def test_an_invalid_request_gets_an_error_page_and_stores_nothing(
    host_site, site_client
):
    browser = host_site.browser()
    answer = browser.get(
        f"{host_site.server}/authorize",
        host_site.authorization_parameters(
            site_client, redirect_uri="https://evil.example/"
        ),
        status=400,
    )
    assert answer.html.find(id="oauth-error-code") is not None
    assert "X-Tm" not in answer.headers
