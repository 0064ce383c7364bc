"""Servers without one or all extensions."""

from __future__ import annotations

import pytest

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.extensions import EXTENSIONS
from pyramid_oauth.standalone.accounts.login_sessions import StoredLoginSessions
from tests.support.host import (
    Host,
    call_api,
    obtain_tokens,
    refresh_tokens,
    request_client_token,
)
from tests.support.provider import Provider, log_in_to_client
from tests.support.repetitions import repeat_unless

ADVERTISED = {
    "pkce": "code_challenge_methods_supported",
    "revocation": "revocation_endpoint",
    "introspection": "introspection_endpoint",
    "issuer_identification": "authorization_response_iss_parameter_supported",
    "client_assertions": "token_endpoint_auth_signing_alg_values_supported",
    "par": "pushed_authorization_request_endpoint",
    "registration": "registration_endpoint",
}
ADVERTISED_BY_PROVIDER = {
    "logout": "end_session_endpoint",
    "session_management": "check_session_iframe",
    "registration": "registration_endpoint",
    "request_objects": "request_object_signing_alg_values_supported",
    "par": "pushed_authorization_request_endpoint",
}
PATHS = {
    "revocation": "/oauth/revoke",
    "introspection": "/oauth/introspect",
    "par": "/oauth/par",
    "registration": "/oauth/register",
    "connections": "/oauth/connections",
    "sessions": "/oauth/sessions",
    "administration": "/oauth/administration",
}


def extensions_without(*names):
    return " ".join(name for name in EXTENSIONS if name not in names)


def store_sessions(config):
    """Say where the login sessions are, which `sessions` requires."""
    config.set_oauth_login_sessions(StoredLoginSessions)


def run_flows_of_rfc_6749(host):
    """Code, refresh and client credentials; a bearer token is used (RFC 6750)."""
    client = host.register_client()
    tokens = obtain_tokens(host, client)
    assert call_api(host, tokens["access_token"]) == 200
    refreshed = refresh_tokens(host, client, tokens["refresh_token"])
    assert call_api(host, refreshed.json["access_token"]) == 200
    assert request_client_token(host, client).json["token_type"] == "Bearer"


def read_metadata(host):
    path = "/.well-known/oauth-authorization-server/oauth"
    return host.browser().get(path).json


@pytest.mark.spec("RFC 6749", "4.1")
@pytest.mark.spec("RFC 6749", "6")
def test_the_kernel_works_without_extensions(new_host):
    host = new_host(extensions="")

    run_flows_of_rfc_6749(host)
    assert not set(ADVERTISED.values()) & set(read_metadata(host))


@pytest.mark.parametrize(
    "name", repeat_unless({*ADVERTISED, *PATHS}.__contains__, EXTENSIONS)
)
def test_without_one_extension_the_rest_works(new_host, name):
    host = new_host(store_sessions, extensions=extensions_without(name))

    run_flows_of_rfc_6749(host)
    if name in ADVERTISED:
        assert ADVERTISED[name] not in read_metadata(host)
    if name in PATHS:
        host.browser().post(PATHS[name], status=404)


@pytest.mark.parametrize("name", ["pkce", "revocation", "introspection"])
def test_an_included_extension_is_advertised(new_host, name):
    assert ADVERTISED[name] in read_metadata(new_host())


def test_an_unknown_extension_stops_the_start():
    with pytest.raises(ConfigurationError, match="'pkc' is unknown; did you mean pkce"):
        Host("sqlite://", extensions="pkc")


def test_an_extension_of_a_host_is_included_by_its_dotted_name(new_host):
    host = new_host(extensions=f"pkce {__name__}.parcels")

    assert read_metadata(host)["parcels_supported"] is True


def parcels(config):
    config.add_oauth_metadata("parcels", lambda server: {"parcels_supported": True})


@pytest.mark.parametrize(
    "name",
    repeat_unless(
        ADVERTISED_BY_PROVIDER.__contains__,
        [
            "request_objects",
            "login_initiation",
            "logout",
            "session_management",
            "form_post",
            "registration",
            "par",
            "legacy_grants",
        ],
    ),
)
@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_a_provider_works_without_one_extension(database_url, name):
    extensions = extensions_without(name)
    provider = Provider(database_url, store_sessions, extensions=extensions)

    assert "id_token" in log_in_to_client(provider, provider.register_client())
    if name in ADVERTISED_BY_PROVIDER:
        assert ADVERTISED_BY_PROVIDER[name] not in read_metadata(provider)


def test_a_provider_without_its_extension_stops_the_start():
    with pytest.raises(
        ConfigurationError, match=r"unknown setting pyramid_oauth\.openid"
    ):
        Host("sqlite://", extensions=extensions_without("openid"), openid="true")
