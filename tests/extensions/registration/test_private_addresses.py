"""URLs at private addresses are refused, since the server would fetch them."""

from __future__ import annotations

import json
import warnings

import pytest

from tests.support.registry import OPENID, build_update_request

PRIVATE = (
    "127.0.0.1",
    "[::1]",
    "localhost",
    "keys.localhost",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "0.0.0.0",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fd00::1]",
    "[::ffff:10.0.0.1]",
    "[64:ff9b::a00:1]",
    "2130706433",
    "0x7f.1",
    "127.1",
    "0177.0.0.1",
)
URL_MEMBERS = ("jwks_uri", "sector_identifier_uri", "backchannel_logout_uri")


@pytest.mark.spec("RFC 9728", "7.7")
@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused_at_registration(openid_registry, address):
    url = f"https://{address}/document"
    description = openid_registry.registration_error(
        **dict.fromkeys(URL_MEMBERS, url), request_uris=[f"{url}#fragment"]
    )
    for name in (*URL_MEMBERS, "request_uris"):
        assert name in description


def test_private_addresses_are_refused_in_an_update(openid_registry):
    registration = openid_registry.create_client(jwks_uri="https://client.example/keys")
    changed = build_update_request(registration, jwks_uri="https://10.0.0.1/keys")
    answer = openid_registry.manage("PUT", registration, changed, status=400)
    assert "jwks_uri: https://10.0.0.1/keys" in answer.json["error_description"]
    application = openid_registry.load_application(registration["client_id"])
    assert application.declared("jwks_uri") == "https://client.example/keys"


def test_public_addresses_are_accepted(openid_registry):
    for address in ("93.184.215.14", "[2606:2800:21f:cb07::1]", "localhost.example"):
        url = f"https://{address}/keys"
        assert openid_registry.create_client(jwks_uri=url)["jwks_uri"] == url


def test_private_addresses_are_accepted_with_outbound_allow_private(new_registry):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "pyramid_oauth.outbound_allow_private")
        registry = new_registry(**OPENID, outbound_allow_private="true")
    url = "https://127.0.0.1:8443/keys"
    assert registry.create_client(jwks_uri=url)["jwks_uri"] == url


def test_the_command_line_refuses_private_addresses(standalone_ini, run, run_json):
    metadata = json.dumps({"jwks_uri": "https://[::ffff:10.0.0.1]/keys"})
    create = ("application", "create", standalone_ini, "--client-id", "web")
    redirect = ("--redirect-uri", "https://a.example/cb")
    refused = run(*create, *redirect, "--client-metadata", metadata, code=1)
    assert "jwks_uri" in refused.output
    assert "address is not allowed" in refused.output
    run_json(*create, *redirect)
    update = ("application", "update", standalone_ini, "web")
    assert "jwks_uri" in run(*update, "--client-metadata", metadata, code=1).output
