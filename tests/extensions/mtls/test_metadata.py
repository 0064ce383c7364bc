"""Metadata of servers and clients, statements, and checks of the settings."""

from __future__ import annotations

import pytest

from pyramid_oauth.errors import ConfigurationError, InsecureSettingWarning
from pyramid_oauth.settings.checks import CHECKS, Severity
from tests.extensions.mtls.conftest import include_mtls
from tests.extensions.mtls.test_tokens import own_token
from tests.support.certificates import MTLS, over_tls
from tests.support.registry import Registry

DOCUMENT = "/oauth/.well-known/oauth-authorization-server"
DN = {"tls_client_auth_subject_dn": "CN=Web"}
BOUND = "tls_client_certificate_bound_access_tokens"


@pytest.mark.spec(MTLS, "5")
def test_the_aliases_are_the_endpoints_that_clients_call(new_mtls_host):
    host = new_mtls_host(mtls_url="https://mtls.as.example:8443/")
    document = host.browser().get(DOCUMENT).json
    aliases = document["mtls_endpoint_aliases"]
    assert aliases["token_endpoint"] == "https://mtls.as.example:8443/oauth/token"
    of_browsers = {"authorization_endpoint", "end_session_endpoint"}
    endpoints = {name for name in document if name.endswith("_endpoint")}
    assert aliases.keys() == endpoints - of_browsers
    assert "pushed_authorization_request_endpoint" in aliases
    for name, url in aliases.items():
        path = url.removeprefix("https://mtls.as.example:8443")
        assert document[name] == f"https://as.example{path}"


@pytest.mark.spec(MTLS, "3.3")
def test_the_metadata_say_what_the_server_does(host):
    document = host.browser().get(DOCUMENT).json
    assert document[BOUND] is True
    assert "mtls_endpoint_aliases" not in document
    for endpoint in ("token", "revocation", "introspection"):
        methods = document[f"{endpoint}_endpoint_auth_methods_supported"]
        assert {"tls_client_auth", "self_signed_tls_client_auth"} <= {*methods}


@pytest.fixture
def mtls_registry(new_mtls_host):
    return Registry(
        new_mtls_host(
            registration=accept,
            registration_grant_types="client_credentials authorization_code",
            registration_scopes="read",
        )
    )


def accept(request, metadata):
    return True


@pytest.mark.spec(MTLS, "2.1.2")
def test_registration_keeps_the_metadata(mtls_registry, own):
    sent = {
        "token_endpoint_auth_method": "tls_client_auth",
        "grant_types": ["client_credentials"],
        "response_types": [],
        "tls_client_auth_san_uri": "https://client.example/Me",
        BOUND: True,
    }
    found = mtls_registry.create_client(**sent)
    assert sent.items() <= found.items()
    assert "client_secret" not in found
    host = mtls_registry.host
    form = {
        "grant_type": "client_credentials",
        "client_id": found["client_id"],
        "scope": "read",
    }
    browser = host.browser()
    browser.post("/oauth/token", form, extra_environ=over_tls(own), status=200)


@pytest.mark.spec(MTLS, "2.1.2")
@pytest.mark.parametrize(
    "members",
    [
        {},
        {**DN, "tls_client_auth_san_dns": "client.example"},
        {"tls_client_auth_subject_dn": "Web"},
        {"tls_client_auth_subject_dn": 4},
        {"tls_client_auth_san_ip": "client.example"},
        {**DN, BOUND: "true"},
        {"token_endpoint_auth_method": "self_signed_tls_client_auth"},
    ],
)
def test_registration_refuses_what_names_no_certificate(mtls_registry, members):
    sent = {"token_endpoint_auth_method": "tls_client_auth", **members}
    assert mtls_registry.registration_error(**sent)


def test_a_bound_token_costs_no_statement(host, bound_client, own):
    own_token(host, bound_client, own)
    statements = host.record_statements()
    own_token(host, bound_client, own)
    assert len(statements) == 1


PROXY = {"mtls_certificate_sources": "rfc9440:Client-Cert"}
TRUSTED = {**PROXY, "mtls_trusted_proxies": "127.0.0.1"}
SEVERAL = {
    "mtls_certificate_sources": "environ:CERT rfc9440:Client-Cert",
    "mtls_trusted_proxies": "127.0.0.1",
    "mtls_verified_by": "terminator",
}


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"mtls_verified_by": ""}, "mtls_verified_by is missing"),
        ({"mtls_verified_by": "header:X-Verify"}, "names a header"),
        ({"mtls_verified_by": "environ:HTTP_X_VERIFY"}, "is a header"),
        ({"mtls_verified_by": "proxy"}, "is neither"),
        (PROXY, "names no proxy"),
        ({"mtls_certificate_sources": "header:Client-Cert"}, "is none of"),
        ({"mtls_certificate_sources": "environ:HTTP_CLIENT_CERT"}, "is a header"),
        ({"mtls_certificate_sources": "xfcc:a b"}, "is none of|name of a header"),
        ({"mtls_trusted_proxies": "localhost"}, "localhost"),
        ({"mtls_url": "http://mtls.as.example"}, "is not https"),
        (SEVERAL, "several, so write a line"),
        (
            {**SEVERAL, "mtls_verified_by": "escaped_pem:X-Other = header:X-Verify"},
            "escaped_pem:X-Other is not in",
        ),
        (
            {**SEVERAL, "mtls_verified_by": "environ:CERT = header:X-Verify"},
            "header:X-Verify is about another connection than environ:CERT",
        ),
        (
            {**TRUSTED, "mtls_verified_by": "environ:SSL_CLIENT_VERIFY"},
            "is about another connection than rfc9440:Client-Cert",
        ),
    ],
)
def test_settings_that_let_anybody_in_stop_the_start(new_mtls_host, settings, problem):
    with pytest.raises(ConfigurationError, match=problem):
        new_mtls_host(**settings)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (
            {
                **PROXY,
                "mtls_trusted_proxies": "0.0.0.0/0",
                "mtls_verified_by": "header:X-Verify",
            },
            "is every address",
        ),
        ({"mtls_url": "https://as.example"}, "is the URL of the issuer"),
        ({**TRUSTED, "mtls_verified_by": "terminator"}, "every certificate that"),
    ],
)
def test_start_up_warns(new_mtls_host, settings, problem):
    with pytest.warns(InsecureSettingWarning, match=problem):
        new_mtls_host(**settings)


def test_without_tls_client_auth_nobody_needs_to_verify(new_host):
    new_host(include_mtls)


def test_the_connection_itself_is_verified_by_python(new_mtls_host):
    new_mtls_host(
        mtls_certificate_sources="socket:gunicorn.socket",
        mtls_verified_by="terminator",
    )


def test_check_names_who_looks_for_revoked_certificates(host):
    found = {each.number: each for each in host.wsgi.registry[CHECKS].findings()}
    assert "revocation" in found["W538"].text
    assert found["W538"].severity is Severity.NOTICE
