"""Clients that send their secret in the header or in the form."""

from __future__ import annotations

import base64
import logging

import pytest


def request_token(browser, client, method):
    client_id, secret = client["client_id"], client["client_secret"]
    form = {"grant_type": "client_credentials", "scope": "read"}
    if method == "client_secret_post":
        return browser.post("/oauth/token", {**form, **client}, status="*").status_int
    pair = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}"}
    return browser.post("/oauth/token", form, headers=headers, status="*").status_int


@pytest.mark.parametrize("registered", ["client_secret_basic", "client_secret_post"])
def test_both_methods_are_accepted_for_a_client_with_the_setting(
    host, browser, registered
):
    client = host.register_client(
        client_id="mixed",
        token_endpoint_auth_method=registered,
        client_metadata={"either_client_secret_method": True},
    )
    assert request_token(browser, client, "client_secret_basic") == 200
    assert request_token(browser, client, "client_secret_post") == 200


def test_without_the_setting_the_log_names_the_command(host, browser, caplog):
    caplog.set_level(logging.INFO)
    client = host.register_client(
        client_id="one", token_endpoint_auth_method="client_secret_basic"
    )
    assert request_token(browser, client, "client_secret_post") == 401
    command = (
        "application update INI 'one' --token-endpoint-auth-method client_secret_post"
    )
    assert command in caplog.text


def test_none_is_the_last_of_the_advertised_methods(new_host):
    host = new_host(token_endpoint_auth_methods="none client_secret_basic")
    metadata = host.browser().get("/oauth/.well-known/oauth-authorization-server").json
    assert metadata["token_endpoint_auth_methods_supported"][-1] == "none"
