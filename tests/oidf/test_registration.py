"""Dynamic registration as the suite uses it (OpenID Connect Registration)."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.oidf.jose import build_secret_key_set, export_public_keys, generate_key_set

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
    page = suite.visit(suite.build_request(client), module=module)
    assert page.element("id", "login-submit")
    shown_element = page.element("id", element)
    shown = shown_element.get("src") or shown_element.get("href")
    if member == "logo_uri":
        logo = urlsplit(shown)
        assert logo.path.endswith("/client_logos")
        shown = dict(parse_qsl(logo.query))["url"]
    assert shown == uri
    assert suite.browser.screenshots


@pytest.mark.module("oidcc-registration-jwks-uri")
@pytest.mark.spec("OpenID Connect Core", "9")
def test_client_keys_may_be_at_a_jwks_uri(suite):
    # One module after the other has its keys there.
    for kid in ("first", "second", "third"):
        keys = generate_key_set(kid=kid)
        client = suite.register(
            token_endpoint_auth_method="private_key_jwt",
            jwks_uri=publish(suite, "client1_jwks", export_public_keys(keys)),
        )
        client.keys = keys
        assert suite.log_in(client)["claims"]["sub"]


@pytest.mark.spec("OpenID Connect Core", "9")
def test_a_client_may_sign_with_its_secret(suite):
    client = suite.register(token_endpoint_auth_method="client_secret_jwt")
    client.keys = build_secret_key_set(client.secret)
    login = suite.log_in(client)
    form = {"grant_type": "refresh_token", "refresh_token": login["refresh_token"]}
    assert suite.request_token(client, scope="openid", **form).status_code == 200


@pytest.mark.module("oidcc-ensure-client-assertion-with-iss-aud-succeeds")
@pytest.mark.spec("RFC 7523", "3")
def test_an_assertion_may_have_the_issuer_as_audience(suite):
    client = suite.register_with_keys()
    client.assertion = {"aud": suite.metadata["issuer"]}
    assert suite.log_in(client)["claims"]["sub"]


@pytest.mark.module("oidcc-registration-sector-uri")
@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "5")
def test_a_sector_that_lists_the_redirect_uris_is_registered(suite):
    sector = publish(suite, "redirect_uris.json", [suite.callback])
    pairwise = {"subject_type": "pairwise", "sector_identifier_uri": sector}
    one, two = suite.register(**pairwise), suite.register(**pairwise)
    public_subject = suite.log_in(suite.register())["claims"]["sub"]
    subjects = [suite.log_in(client)["claims"]["sub"] for client in (one, two)]
    assert subjects[0] == subjects[1] != public_subject


@pytest.mark.module("oidcc-registration-sector-bad")
@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "5")
def test_a_sector_without_the_redirect_uris_is_refused(suite):
    sector = publish(suite, "redirect_uris.json", [suite.callback])
    suite.register(subject_type="pairwise", sector_identifier_uri=sector)
    publish(suite, "redirect_uris.json", ["https://other.example/cb"])
    refusal = suite.post_registration(
        subject_type="pairwise", sector_identifier_uri=sector
    )
    assert (refusal.status_code, refusal.json()["error"]) == (
        400,
        "invalid_client_metadata",
    )


@pytest.mark.module("oidcc-3rd_party-init-login")
@pytest.mark.spec("OpenID Connect Core", "4")
@pytest.mark.spec("RFC 7592", "2.1")
def test_an_initiate_login_uri_is_stored_and_returned(suite):
    uri = f"{suite.callbacks}initiate_login"
    metadata = suite.register(initiate_login_uri=uri).metadata
    assert metadata["initiate_login_uri"] == uri
    token = metadata["registration_access_token"]
    response = suite.http.get(
        metadata["registration_client_uri"],
        headers={"Authorization": f"Bearer {token}"},
    )
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("application/json")
    assert response.json()["initiate_login_uri"] == uri


@pytest.mark.module("oidcc-3rd_party-init-login-nohttps")
@pytest.mark.spec("OpenID Connect Core", "4")
def test_an_initiate_login_uri_without_https_is_refused(suite):
    uri = f"{suite.callbacks}initiate_login".replace("https:", "http:")
    refusal = suite.post_registration(initiate_login_uri=uri)
    assert refusal.status_code == 400
    assert refusal.json()["error"] == "invalid_client_metadata"


@pytest.mark.module("oidcc-refresh-token-rp-key-rotation")
@pytest.mark.spec("OpenID Connect Core", "10.1.1")
def test_a_new_key_at_the_jwks_uri_is_found(suite):
    for run in ("one", "two"):
        rotate_client_key(suite, f"{run}-first", f"{run}-second")


def rotate_client_key(suite, first, second):
    keys = generate_key_set(kid=first)
    uri = publish(suite, "client1_jwks", export_public_keys(keys))
    client = suite.register(token_endpoint_auth_method="private_key_jwt", jwks_uri=uri)
    client.keys = keys
    login = suite.log_in(client, scope="openid offline_access", prompt="consent")
    client.keys = generate_key_set(kid=second)
    path = uri.removeprefix(suite.listener.origin)
    suite.listener.pages[path] = (
        "application/json",
        json.dumps(export_public_keys(client.keys)),
    )
    renewed = suite.request_token(
        client, grant_type="refresh_token", refresh_token=login["refresh_token"]
    )
    assert renewed.status_code == 200, renewed.text
    claims = suite.validate_id_token(client, renewed.json()["id_token"], {})
    assert claims["sub"] == login["claims"]["sub"]


@pytest.mark.spec("RFC 7592", "2.3")
def test_a_client_can_be_deleted(suite):
    metadata = suite.register().metadata
    header = {"Authorization": f"Bearer {metadata['registration_access_token']}"}
    deletion = suite.http.delete(metadata["registration_client_uri"], headers=header)
    assert (deletion.status_code, deletion.content) == (204, b"")
    later_read = suite.http.get(metadata["registration_client_uri"], headers=header)
    assert later_read.status_code == 401
