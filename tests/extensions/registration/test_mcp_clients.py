"""What clients of the Model Context Protocol send when they register, and use then.

The bodies are those that the clients send; ports and identifiers are examples.
"""

from __future__ import annotations

import warnings

import pytest

from pyramid_oauth.errors import ConfigurationError, InsecureSettingWarning
from tests.support.host import authorize_client, build_code_exchange, parse_redirect
from tests.support.registry import Registry

RESOURCE = "https://mcp.example/mcp"
CODE = {
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
}
CURSOR = "cursor://anysphere.cursor-mcp/oauth/callback"
BODIES = {
    "claude.ai": {
        "client_name": "Claude",
        "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
        "token_endpoint_auth_method": "client_secret_post",
        "scope": "read",
        **CODE,
    },
    "claude-code": {
        "client_name": "Claude Code (mcp)",
        "redirect_uris": ["http://localhost:3118/callback"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
        **CODE,
    },
    "chatgpt": {
        "client_name": "ChatGPT",
        "redirect_uris": ["https://chatgpt.com/connector/oauth/OUbdUMlL15Ct"],
        "token_endpoint_auth_method": "none",
        **CODE,
    },
    "cursor": {
        "client_name": "Cursor",
        "redirect_uris": [
            CURSOR,
            "https://www.cursor.com/agents/mcp/oauth/callback",
            "http://localhost:8787/callback",
        ],
        "token_endpoint_auth_method": "none",
        "application_type": "web",
        **CODE,
    },
    "vs-code": {
        "client_name": "Visual Studio Code",
        "client_uri": "https://code.visualstudio.com",
        "redirect_uris": [
            "https://insiders.vscode.dev/redirect",
            "https://vscode.dev/redirect",
            "http://127.0.0.1/",
            "http://127.0.0.1:33418/",
        ],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
        "grant_types": [
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "response_types": ["code"],
    },
    "codex": {
        "client_name": "Codex",
        "redirect_uris": ["http://127.0.0.1:37819/callback/u7Jx"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
        **CODE,
    },
    "mcp-inspector": {
        "client_name": "MCP Inspector",
        "client_uri": "https://github.com/modelcontextprotocol/inspector",
        "redirect_uris": ["http://localhost:6274/oauth/callback"],
        "token_endpoint_auth_method": "none",
        "scope": "read",
        **CODE,
    },
}


@pytest.fixture
def new_mcp_registry(new_host):
    """Make a host with the profile `mcp`."""

    def new(configure=None, **settings):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureSettingWarning)
            return Registry(
                new_host(configure, profile="mcp", resources=RESOURCE, **settings)
            )

    return new


@pytest.mark.parametrize("name", BODIES)
def test_the_client_gets_tokens_with_the_profile(new_mcp_registry, name):
    registry, body = new_mcp_registry(), BODIES[name]
    client = registry.create_client(**body)
    assert client["redirect_uris"] == body["redirect_uris"]
    credentials = {"client_id": client["client_id"]}
    if "client_secret" in client:
        credentials["client_secret"] = client["client_secret"]
    for uri in body["redirect_uris"]:
        browser = registry.host.browser()
        browser.get("/login?name=alice")
        answer = authorize_client(
            browser,
            client_id=client["client_id"],
            redirect_uri=uri,
            resource=RESOURCE,
            scope="read write",
        )
        assert answer.location.startswith(uri)
        code = parse_redirect(answer)["code"]
        form = build_code_exchange(
            code, credentials, redirect_uri=uri, resource=RESOURCE
        )
        tokens = browser.post("/oauth/token", form).json
        assert tokens["refresh_token"]
        assert tokens["scope"] == "read write"


@pytest.mark.spec("RFC 8252", "7.3")
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_a_client_may_listen_at_any_port(new_mcp_registry, host):
    registry = new_mcp_registry()
    client = registry.create_client(
        redirect_uris=[f"http://{host}/callback"], token_endpoint_auth_method="none"
    )
    browser = registry.host.browser()
    browser.get("/login?name=alice")
    uri = f"http://{host}:49152/callback"
    answer = authorize_client(
        browser, client_id=client["client_id"], redirect_uri=uri, resource=RESOURCE
    )
    assert answer.location.startswith(uri)


WITH_CURSOR = [CURSOR, "https://www.cursor.com/cb", "http://127.0.0.1:8787/callback"]


def test_one_refused_redirect_uri_of_several_is_named(registry):
    problem = registry.registration_error(
        "invalid_redirect_uri", redirect_uris=WITH_CURSOR
    )
    assert CURSOR in problem
    assert "127.0.0.1" not in problem


@pytest.mark.spec("RFC 7591", "3.2.1")
def test_a_refused_redirect_uri_is_dropped_by_setting(new_registry):
    registry = new_registry(registration_drop_redirect_uris="true")
    client = registry.create_client(redirect_uris=WITH_CURSOR)
    assert client["redirect_uris"] == WITH_CURSOR[1:]
    problem = registry.registration_error(
        "invalid_redirect_uri", redirect_uris=[CURSOR, "javascript:alert(1)"]
    )
    assert CURSOR in problem
    assert "javascript:" in problem


@pytest.mark.parametrize("named", [CURSOR, "cursor:"])
def test_a_setting_names_native_uris_and_schemes(new_registry, named):
    registry = new_registry(native_redirect_uris=named)
    for kind in ("web", "native", ...):
        registry.create_client(redirect_uris=[CURSOR], application_type=kind)
    other = "cursor://elsewhere/callback"
    answer = registry.send_registration(redirect_uris=[other])
    assert answer.status_int == (201 if named == "cursor:" else 400)


@pytest.mark.parametrize(
    "named",
    ["javascript:", "https:", "https://a.example/cb", "cursor", "data:x", "a b:"],
)
def test_a_setting_cannot_name_schemes_that_are_not_private(new_registry, named):
    with pytest.raises(ConfigurationError, match="native_redirect_uris"):
        new_registry(native_redirect_uris=named)


def test_an_administrator_allows_a_native_uri_for_one_application(new_registry):
    registry = new_registry()
    host = registry.host
    own = {"native_redirect_uris": [CURSOR]}
    host.register_client(redirect_uris=CURSOR, client_metadata=own)
    browser = host.browser()
    browser.get("/login?name=alice")
    answer = authorize_client(browser, redirect_uri=CURSOR)
    assert answer.location.startswith(CURSOR)
    # A client cannot allow it to itself.
    problem = registry.registration_error(
        "invalid_redirect_uri", redirect_uris=[CURSOR], **own
    )
    assert CURSOR in problem
