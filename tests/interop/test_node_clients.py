"""Clients in JavaScript log in at the ready-made server.

Each is registered as docs/how_to/clients says, and configured as its own manual says.
"""

from __future__ import annotations

import pytest

from tests.interop.ready_made import HERE, needed

FOLDER = HERE / "node_clients"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("OpenID Connect Core", "3.1"),
]
NAME = "Alice Pleasance Liddell"
POST = ("--token-endpoint-auth-method", "client_secret_post")
CLAIMS_IN_ID_TOKEN = ("--client-metadata", '{"id_token_scope_claims": true}')


@pytest.fixture
def start_node_client(start_client):
    """Start a site of node_clients."""
    node = needed("node", "Node.js")
    needed(FOLDER / "node_modules", "JavaScript's clients")
    return lambda client, name, **variables: start_client(
        client, node, FOLDER / f"{name}.mjs", **variables
    )


@pytest.mark.parametrize(
    ("name", "auth"), [("next_auth", "api/auth"), ("auth_js", "auth")]
)
def test_auth_js_and_its_predecessor_show_the_user_and_log_out(
    ready_made, person, client_port, start_node_client, name, auth
):
    origin = f"http://localhost:{client_port}"
    client = ready_made.register(
        *("--name", name, *CLAIMS_IN_ID_TOKEN),
        *("--redirect-uri", f"{origin}/{auth}/callback/house"),
    )
    start_node_client(client, name)
    person.visit(f"{origin}/{auth}/signin")
    person.press("form[action$='/house'] button")
    assert person.pressed == ["login-submit", "oauth-allow"]
    user = person.json(f"{origin}/{auth}/session")["user"]
    assert (user["name"], user["email"]) == (NAME, "alice@example.org")
    person.visit(f"{origin}/{auth}/signout")
    person.press("form button")
    assert not person.json(f"{origin}/{auth}/session")


def test_passport_openidconnect_logs_in(
    ready_made, person, client_port, start_node_client
):
    origin = f"http://localhost:{client_port}"
    client = ready_made.register(
        *("--name", "passport-openidconnect", *POST, *CLAIMS_IN_ID_TOKEN),
        *("--redirect-uri", f"{origin}/callback"),
    )
    start_node_client(client, "passport", STRATEGY="openidconnect")
    assert person.json(f"{origin}/login") == {"name": NAME}


@pytest.mark.spec("RFC 6749", "4.1")
def test_passport_oauth2_gets_tokens(
    ready_made, person, client_port, start_node_client
):
    origin = f"http://localhost:{client_port}"
    client = ready_made.register(
        *("--name", "passport-oauth2", *POST),
        *("--redirect-uri", f"{origin}/callback"),
    )
    start_node_client(client, "passport", STRATEGY="oauth2")
    assert person.json(f"{origin}/login") == {"access": True, "refresh": True}


@pytest.mark.spec("RFC 7009", "2")
def test_oauth4webapi_logs_in_refreshes_and_revokes(
    ready_made, person, client_port, start_node_client
):
    origin = f"http://localhost:{client_port}"
    client = ready_made.register(
        *("--name", "oauth4webapi", "--redirect-uri", f"{origin}/callback")
    )
    start_node_client(client, "oauth4webapi")
    shown = person.json(f"{origin}/login")
    assert shown == {"name": NAME, "email": "alice@example.org"}
    assert person.json(f"{origin}/refresh") == {"is_new": True}
