"""Dynamic registration as the suite uses it (OpenID Connect Registration)."""

from __future__ import annotations

import json

import pytest

from tests.oidf.jose import key_set, public, secret_keys

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2"),
]


def publish(suite, name, content):
    """Publish JSON at the suite; returns the URL.

    It is the same in all modules: what was there a moment ago is another client's.
    """
    path = f"/test/a/pyramid_oauth/{name}"
    suite.listener.pages[path] = ("application/json", json.dumps(content))
    return f"{suite.listener.origin}{path}"


@pytest.mark.parametrize(
    ("member", "element"),
    [
        pytest.param(
            "logo_uri",
            "client-logo",
            marks=pytest.mark.module("oidcc-registration-logo-uri"),
        ),
        pytest.param(
            "policy_uri",
            "client-policy",
            marks=pytest.mark.module("oidcc-registration-policy-uri"),
        ),
        pytest.param(
            "tos_uri",
            "client-tos",
            marks=pytest.mark.module("oidcc-registration-tos-uri"),
        ),
    ],
)
def test_the_login_page_shows_the_registered_logo_and_links(suite, member, element):
    uri = f"{suite.callbacks}{member}.png"
    client = suite.register(**{member: uri})
    module = f"oidcc-registration-{member.replace('_', '-')}"
    page = suite.visit(suite.request(client), module=module)
    assert page.element("id", "login-submit")
    found = page.element("id", element)
    assert uri in (found.get("src"), found.get("href"))
    assert suite.browser.pictures
    if member == "logo_uri":
        policy = page.headers["Content-Security-Policy"]
        assert suite.listener.origin in policy


@pytest.mark.module("oidcc-registration-jwks-uri")
@pytest.mark.spec("OpenID Connect Core", "9")
def test_client_keys_may_be_at_a_jwks_uri(suite):
    # One module after the other has its keys there.
    for kid in ("first", "second", "third"):
        keys = key_set(kid=kid)
        client = suite.register(
            token_endpoint_auth_method="private_key_jwt",
            jwks_uri=publish(suite, "client1_jwks", public(keys)),
        )
        client.keys = keys
        assert suite.login(client)["claims"]["sub"]


@pytest.mark.spec("OpenID Connect Core", "9")
def test_a_client_may_sign_with_its_secret(suite):
    client = suite.register(token_endpoint_auth_method="client_secret_jwt")
    client.keys = secret_keys(client.secret)
    done = suite.login(client)
    form = {"grant_type": "refresh_token", "refresh_token": done["refresh_token"]}
    assert suite.token(client, scope="openid", **form).status_code == 200


@pytest.mark.module("oidcc-ensure-client-assertion-with-iss-aud-succeeds")
@pytest.mark.spec("RFC 7523", "3")
def test_an_assertion_may_have_the_issuer_as_audience(suite):
    client = suite.with_keys()
    client.assertion = {"aud": suite.metadata["issuer"]}
    assert suite.login(client)["claims"]["sub"]


@pytest.mark.module("oidcc-registration-sector-uri")
@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "5")
def test_a_sector_that_lists_the_redirect_uris_is_registered(suite):
    sector = publish(suite, "redirect_uris.json", [suite.callback])
    pairwise = {"subject_type": "pairwise", "sector_identifier_uri": sector}
    one, two = suite.register(**pairwise), suite.register(**pairwise)
    public_subject = suite.login(suite.register())["claims"]["sub"]
    subjects = [suite.login(client)["claims"]["sub"] for client in (one, two)]
    assert subjects[0] == subjects[1] != public_subject


@pytest.mark.module("oidcc-registration-sector-bad")
@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "5")
def test_a_sector_without_the_redirect_uris_is_refused(suite):
    sector = publish(suite, "redirect_uris.json", [suite.callback])
    suite.register(subject_type="pairwise", sector_identifier_uri=sector)
    publish(suite, "redirect_uris.json", ["https://other.example/cb"])
    refused = suite.registration(subject_type="pairwise", sector_identifier_uri=sector)
    assert (refused.status_code, refused.json()["error"]) == (
        400,
        "invalid_client_metadata",
    )


@pytest.mark.module("oidcc-3rd_party-init-login")
@pytest.mark.spec("OpenID Connect Core", "4")
@pytest.mark.spec("RFC 7592", "2.1")
def test_an_initiate_login_uri_is_stored_and_returned(suite):
    uri = f"{suite.callbacks}initiate_login"
    made = suite.register(initiate_login_uri=uri).metadata
    assert made["initiate_login_uri"] == uri
    token = made["registration_access_token"]
    read = suite.http.get(
        made["registration_client_uri"], headers={"Authorization": f"Bearer {token}"}
    )
    assert read.status_code == 200
    assert read.headers["Content-Type"].startswith("application/json")
    assert read.json()["initiate_login_uri"] == uri


@pytest.mark.module("oidcc-3rd_party-init-login-nohttps")
@pytest.mark.spec("OpenID Connect Core", "4")
def test_an_initiate_login_uri_without_https_is_refused(suite):
    uri = f"{suite.callbacks}initiate_login".replace("https:", "http:")
    refused = suite.registration(initiate_login_uri=uri)
    assert refused.status_code == 400
    assert refused.json()["error"] == "invalid_client_metadata"


@pytest.mark.module("oidcc-refresh-token-rp-key-rotation")
@pytest.mark.spec("OpenID Connect Core", "10.1.1")
def test_a_new_key_at_the_jwks_uri_is_found(suite):
    for run in ("one", "two"):
        _rotate(suite, f"{run}-first", f"{run}-second")


def _rotate(suite, first, second):
    keys = key_set(kid=first)
    uri = publish(suite, "client1_jwks", public(keys))
    client = suite.register(token_endpoint_auth_method="private_key_jwt", jwks_uri=uri)
    client.keys = keys
    done = suite.login(client, scope="openid offline_access", prompt="consent")
    client.keys = key_set(kid=second)
    path = uri.removeprefix(suite.listener.origin)
    suite.listener.pages[path] = ("application/json", json.dumps(public(client.keys)))
    renewed = suite.token(
        client, grant_type="refresh_token", refresh_token=done["refresh_token"]
    )
    assert renewed.status_code == 200, renewed.text
    claims = suite.id_token(client, renewed.json()["id_token"], {})
    assert claims["sub"] == done["claims"]["sub"]


@pytest.mark.spec("RFC 7592", "2.3")
def test_a_client_can_be_deleted(suite):
    made = suite.register().metadata
    header = {"Authorization": f"Bearer {made['registration_access_token']}"}
    gone = suite.http.delete(made["registration_client_uri"], headers=header)
    assert (gone.status_code, gone.content) == (204, b"")
    again = suite.http.get(made["registration_client_uri"], headers=header)
    assert again.status_code == 401
