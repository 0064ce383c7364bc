"""The discovery document (OpenID Connect Discovery)."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.tree import Endpoint
from tests.support.provider import IMPLICIT, ISSUER
from tests.support.secret import SECRET

WELL_KNOWN = "/oauth/.well-known/openid-configuration"
EVERYTHING = {
    "registration": "open",
    "session_management": "true",
    "frontchannel_logout": "true",
    "backchannel_logout": "true",
    "request_objects": "true",
    "request_uris": "true",
    "pairwise_salt": SECRET,
    **IMPLICIT,
}
REQUIRED = {
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
}
RECOMMENDED = {"userinfo_endpoint", "scopes_supported", "claims_supported"}


def document(provider, path=WELL_KNOWN):
    return provider.browser().get(path, status=200).json


@pytest.fixture
def full_provider(new_provider):
    with (
        pytest.warns(UserWarning, match="access tokens into URLs"),
        pytest.warns(UserWarning, match="lets everybody register clients"),
    ):
        return new_provider(**EVERYTHING)


@pytest.mark.spec("OpenID Connect Discovery", "3")
def test_the_document_has_all_required_members(provider):
    metadata = document(provider)
    assert set(metadata) >= REQUIRED | RECOMMENDED
    assert metadata["issuer"] == ISSUER
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]
    assert "openid" in metadata["scopes_supported"]
    assert metadata["response_types_supported"] == ["code"]


@pytest.mark.spec("OpenID Connect Discovery", "4.1")
@pytest.mark.spec("RFC 8414", "3.1")
def test_the_document_is_at_every_well_known_url(provider):
    assert document(provider) == document(
        provider, "/.well-known/openid-configuration/oauth"
    )
    assert document(provider) == document(
        provider, "/.well-known/oauth-authorization-server/oauth"
    )
    browser = provider.browser()
    browser.get("/.well-known/openid-configuration", status=404)
    browser.get("/.well-known/openid-configuration/other", status=404)


@pytest.mark.spec("OpenID Connect Discovery", "4.1")
@pytest.mark.parametrize(
    ("issuer", "prefix", "path"),
    [
        ("https://as.example", "/oauth", "/.well-known/openid-configuration"),
        ("https://as.example", "/", "/.well-known/openid-configuration"),
        ("https://as.example/a/b", "/a/b", "/a/b/.well-known/openid-configuration"),
        ("https://as.example/a", "/oauth", "/a/.well-known/openid-configuration"),
    ],
)
def test_the_document_is_below_the_issuer_whatever_the_prefix(
    new_provider, issuer, prefix, path
):
    provider = new_provider(issuer=issuer, prefix=prefix)
    metadata = document(provider, path)
    assert metadata["issuer"] == issuer
    keys = provider.browser().get(urlsplit(metadata["jwks_uri"]).path).json["keys"]
    assert len(keys) == 1


def test_advertised_endpoints_exist_and_existing_endpoints_are_advertised(
    full_provider,
):
    metadata = document(full_provider)
    registered = {
        endpoint.metadata: endpoint.name
        for endpoint in full_provider.server.endpoints.values()
        if endpoint.metadata
    }
    for member, name in registered.items():
        assert metadata[member] == f"{ISSUER}/{name}"
    advertised = {
        member: url
        for member, url in metadata.items()
        if isinstance(url, str) and url.startswith(f"{ISSUER}/")
    }
    assert set(advertised) == set(registered)
    for url in advertised.values():
        answer = full_provider.browser().get(urlsplit(url).path, expect_errors=True)
        assert answer.status_int not in (404, 500)


def test_a_disabled_feature_is_not_advertised(provider, full_provider):
    default_members = set(document(provider))
    assert default_members < set(document(full_provider))
    assert not [
        name for name in default_members if "logout" in name and "channel" in name
    ]
    assert "registration_endpoint" not in default_members
    assert "check_session_iframe" not in default_members


def test_an_endpoint_of_a_host_is_advertised(new_provider):
    class Status(Endpoint):
        """An endpoint of the host."""

    def configure(config):
        config.add_oauth_endpoint("status", Status, metadata="status_endpoint")
        config.add_oauth_metadata("status", lambda server: {"status_levels": [1, 2]})

    metadata = document(new_provider(configure))
    assert metadata["status_endpoint"] == f"{ISSUER}/status"
    assert metadata["status_levels"] == [1, 2]


@pytest.mark.spec("OpenID Connect Discovery", "3")
def test_claims_supported_lists_the_claims_that_are_provided(new_provider):
    def configure(config):
        config.add_oauth_claims("team", lambda asked: {"team": "red"}, ["team"])

    with_accounts = document(new_provider(configure))["claims_supported"]
    assert {"sub", "name", "email", "team"} <= set(with_accounts)
    without_account_claims = document(new_provider(configure, people=Accounts()))[
        "claims_supported"
    ]
    assert {"sub", "team"} <= set(without_account_claims)
    assert "email" not in without_account_claims


def test_a_current_etag_is_answered_304(provider):
    browser = provider.browser()
    first = browser.get(WELL_KNOWN)
    assert first.headers["Cache-Control"] == "public, max-age=3600"
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    headers = {"If-None-Match": first.headers["ETag"]}
    assert browser.get(WELL_KNOWN, headers=headers).status_int == 304
