"""The profile `mcp`: what a server for the Model Context Protocol needs."""

from __future__ import annotations

import warnings
from base64 import b64encode

import pytest

from pyramid_oauth.errors import InsecureSettingWarning
from tests.support.client_keys import (
    TYPE,
    build_assertion_claims,
    key_set,
    register_robot,
    sign_claims,
)
from tests.support.secret import SECRET

RESOURCES = {"resources": "https://mcp.example/mcp"}
PATH = "/.well-known/oauth-authorization-server/oauth"


@pytest.fixture
def new_mcp_host(new_host):
    def new(**settings):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureSettingWarning)
            return new_host(None, **{"profile": "mcp", **RESOURCES, **settings})

    return new


@pytest.mark.spec("RFC 8414", "2")
def test_the_metadata_have_what_its_clients_look_for(new_mcp_host):
    members = new_mcp_host().browser().get(PATH).json
    assert members["client_id_metadata_document_supported"] is True
    assert members["registration_endpoint"]
    assert members["code_challenge_methods_supported"] == ["S256"]
    assert members["authorization_response_iss_parameter_supported"] is True
    assert {"none", "private_key_jwt"} <= set(
        members["token_endpoint_auth_methods_supported"]
    )
    assert set(members["grant_types_supported"]) == {
        "authorization_code",
        "client_credentials",
        "refresh_token",
    }
    # The grant of enterprise-managed authorization is not there yet.
    assert "authorization_grant_profiles_supported" not in members


def test_a_setting_takes_precedence_over_the_profile(new_mcp_host):
    members = new_mcp_host(registration="off", client_id_metadata="false")
    document = members.browser().get(PATH).json
    assert "registration_endpoint" not in document
    assert "client_id_metadata_document_supported" not in document


def test_default_stands_for_the_extensions_of_the_profile(new_mcp_host):
    host = new_mcp_host(extensions="default connections")
    assert "client_id_metadata_document_supported" in host.browser().get(PATH).json
    assert host.browser().get("/oauth/connections", status="*").status_int != 404


def test_default_stands_for_the_usual_extensions_without_one(new_host):
    usual = new_host().browser().get(PATH).json
    host = new_host(None, extensions="default connections")
    assert host.browser().get(PATH).json == usual
    assert host.browser().get("/oauth/connections", status="*").status_int != 404


@pytest.mark.spec("RFC 8707", "2.1")
def test_a_request_must_name_a_resource(new_mcp_host):
    host = new_mcp_host()
    credentials = host.register_client()
    form = {"grant_type": "client_credentials", **credentials}
    answer = host.browser().post("/oauth/token", form, status=400)
    assert answer.json["error"] == "invalid_target"


@pytest.mark.spec("RFC 8414", "3.1")
@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/oauth-authorization-server/oauth",
        "/.well-known/openid-configuration/oauth",
        "/oauth/.well-known/openid-configuration",
        "/oauth/.well-known/oauth-authorization-server",
    ],
)
def test_the_metadata_are_at_every_path_that_clients_try(new_mcp_host, path):
    host = new_mcp_host(openid="true", pairwise_salt=SECRET)
    answer = host.browser().get(path)
    assert answer.json["issuer"] == "https://as.example/oauth"
    assert answer.json["client_id_metadata_document_supported"] is True
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/other",
        "/.well-known/openid-configuration",
    ],
)
def test_there_are_none_of_another_issuer(new_mcp_host, path):
    new_mcp_host().browser().get(path, status=404)


@pytest.mark.spec("RFC 6749", "4.4")
@pytest.mark.parametrize("method", ["client_secret_basic", "private_key_jwt"])
def test_a_machine_gets_a_token_for_the_resource(new_mcp_host, method):
    """The extension of the protocol for OAuth client credentials."""
    host, resource = new_mcp_host(), RESOURCES["resources"]
    form = {"grant_type": "client_credentials", "resource": resource, "scope": "read"}
    headers = {}
    if method == "private_key_jwt":
        register_robot(host, jwks=key_set("ES256"))
        assertion = sign_claims(build_assertion_claims(), "ES256")
        form |= {"client_assertion": assertion, "client_assertion_type": TYPE}
    else:
        client = host.register_client(
            client_id="robot", token_endpoint_auth_method=method
        )
        pair = f"robot:{client['client_secret']}".encode()
        headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
    browser = host.browser()
    token = browser.post("/oauth/token", form, headers=headers).json
    assert token["scope"] == "read"
    assert "refresh_token" not in token
    other = {**form, "resource": "https://other.example/mcp"}
    if method == "private_key_jwt":
        other["client_assertion"] = sign_claims(build_assertion_claims(), "ES256")
    refused = browser.post("/oauth/token", other, headers=headers, status=400).json
    assert refused["error"] == "invalid_target"


def test_a_client_in_a_browser_may_read_the_metadata(new_mcp_host):
    """The MCP Inspector sends a header of the protocol, so the browser asks first."""
    answer = (
        new_mcp_host()
        .browser()
        .options(
            PATH,
            headers={
                "Origin": "http://localhost:6274",
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "mcp-protocol-version",
            },
            status=204,
        )
    )
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert "mcp-protocol-version" in allowed
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]
