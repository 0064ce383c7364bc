"""Clients of MCP's official SDKs use the example's server, protected by this package.

The specification is version 2026-07-28 of the Model Context Protocol.
"""

from __future__ import annotations

import json
import ssl
import time
from functools import partial
from types import SimpleNamespace

import pytest
import requests
import trustme

from tests.interop.mcp import (
    AuthorizationServer,
    McpClient,
    NotesServer,
    python_client,
    typescript_client,
)
from tests.interop.ready_made import Person
from tests.support.command_line import run_command
from tests.support.ports import free_port
from tests.support.servers import Server, build_response

pytestmark = pytest.mark.slow

LIFETIME = 4
COMMANDS = {
    "python": python_client,
    "typescript 1": partial(typescript_client, 1),
    "typescript 2": partial(typescript_client, 2),
}


@pytest.fixture(scope="module")
def ports():
    """Return the ports of the offline and of the introspecting MCP server."""
    return free_port(), free_port()


@pytest.fixture(scope="module")
def metadata_site(tmp_path_factory):
    """Start an https site with the metadata document of a client."""
    authority = trustme.CA()
    ca_file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(tls)
    site = Server(tls)
    site.ca_file = ca_file
    site.client_id = f"https://localhost:{site.port}/client.json"
    document = {
        "client_id": site.client_id,
        "client_name": "Program with a document",
        "redirect_uris": ["http://127.0.0.1/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
    }
    site.respond_with(build_response(json.dumps(document).encode()))
    yield site
    site.close()


@pytest.fixture(scope="module")
def authorization_server(tmp_path_factory, ports, metadata_site):
    """Start the authorization server of the example for two MCP servers."""
    offline, introspecting = (f"http://localhost:{port}/mcp" for port in ports)
    server = AuthorizationServer(
        tmp_path_factory.mktemp("mcp"),
        {
            "resources": f"\n    {offline} = Notes\n    {introspecting} = More notes",
            "resource_token_formats": f"\n    {offline} = jwt",
            "resource_lifetimes": f"\n    {introspecting} = {LIFETIME}",
            "outbound_ca_file": str(metadata_site.ca_file),
            "outbound_allow_private": "true",
        },
    )
    yield server
    server.stop()


@pytest.fixture(scope="module")
def notes(tmp_path_factory, authorization_server, ports):
    """Start an MCP server that verifies tokens by the keys of their issuer."""
    server = NotesServer(tmp_path_factory.mktemp("mcp"), ports[0], authorization_server)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def introspecting_notes(tmp_path_factory, authorization_server, ports):
    """Start an MCP server that asks about tokens, which live for LIFETIME seconds."""
    client = authorization_server.register_introspecting_client()
    server = NotesServer(
        tmp_path_factory.mktemp("mcp"),
        ports[1],
        authorization_server,
        CLIENT_ID=client["client_id"],
        CLIENT_SECRET=client["client_secret"],
    )
    yield server
    server.stop()


@pytest.fixture(params=COMMANDS)
def new_client(request, authorization_server, tmp_path):
    """Return a function that starts a client of an SDK for an MCP server."""
    started = []

    def new(notes, **variables):
        client = McpClient(
            COMMANDS[request.param](),
            Person(authorization_server),
            {"SERVER": notes.url, "HOST": "localhost", **variables},
            tmp_path / "client.log",
        )
        started.append(client)
        return client

    yield new
    for client in started:
        client.stop()


def test_a_client_discovers_registers_authorizes_and_calls_a_tool(
    new_client, notes, authorization_server
):
    client = new_client(notes)
    assert client.call("list_notes")["failed"] is False
    (asked,) = client.authorizations
    assert asked["resource"] == [notes.url]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["notes:read"]
    registered = authorization_server.registered()
    assert client.last("client_id") in {item["client_id"] for item in registered}


def test_a_client_is_known_by_its_metadata_document(
    new_client, notes, authorization_server, metadata_site
):
    before = authorization_server.registered()
    client = new_client(
        notes, HOST="127.0.0.1", CLIENT_METADATA_URL=metadata_site.client_id
    )
    assert client.call("list_notes")["failed"] is False
    assert client.authorizations[0]["client_id"] == [metadata_site.client_id]
    assert client.call("add_note", text="Tea at six")["failed"] is False
    assert authorization_server.registered() == before


def test_a_client_refreshes_without_the_user_after_expiry(
    new_client, introspecting_notes
):
    client = new_client(introspecting_notes)
    client.call("list_notes")
    time.sleep(LIFETIME + 1)
    client.call("list_notes")
    assert len(client.authorizations) == 1
    assert client.last("refreshable")


def test_a_client_steps_up_when_a_tool_needs_another_scope(new_client, notes):
    client = new_client(notes)
    client.call("list_notes")
    added = client.call("add_note", text="Tea at six")
    assert added["failed"] is False
    both = {"notes:read", "notes:write"}
    assert set(client.authorizations[-1]["scope"][0].split()) == both
    assert set(client.last("scope").split()) == both


def test_tokens_of_one_mcp_server_do_not_open_another(
    new_client, notes, introspecting_notes
):
    client = new_client(notes)
    client.call("list_notes")
    token = client.last("token")
    for server, is_refused in ((notes, False), (introspecting_notes, True)):
        response = list_tools(server, token)
        assert (response.status_code == 401) is is_refused, response.text


def test_a_machine_gets_in_by_its_secret_and_is_no_user(
    authorization_server, notes, tmp_path
):
    made = authorization_server.register_machine()
    client = McpClient(
        python_client(),
        None,
        {
            "SERVER": notes.url,
            "HOST": "localhost",
            "ISSUER": authorization_server.issuer,
            "CLIENT_ID": made["client_id"],
            "CLIENT_SECRET": made["client_secret"],
        },
        tmp_path / "client.log",
    )
    try:
        assert client.call("list_notes")["failed"] is True
    finally:
        client.stop()
    assert client.last("scope") == "notes:read"
    assert client.last("refreshable") is False


def test_an_outage_of_the_authorization_server_is_503(tmp_path):
    outage = SimpleNamespace(issuer=f"http://localhost:{free_port()}/oauth")
    credentials = {"CLIENT_ID": "notes", "CLIENT_SECRET": "secret"}
    notes = NotesServer(tmp_path, free_port(), outage, **credentials)
    try:
        response = list_tools(notes, "a-token")
    finally:
        notes.stop()
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0


def list_tools(server, token):
    """Call an MCP server with a token, as a client of 2025 would."""
    return requests.post(
        server.url,
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}},
        headers={
            "Authorization": f"Bearer {token}",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2025-11-25",
        },
        timeout=30,
    )


def test_the_check_of_the_command_line_finds_no_error(notes):
    run_command("mcp-check", notes.url, "--register")
