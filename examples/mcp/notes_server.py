"""An MCP server with two tools, protected by pyramid_oauth.

The RFC 9728 metadata and the challenge are the SDK's; tokens are verified by
`pyramid_oauth.resource.verify`, which needs neither Pyramid nor a database.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import uvicorn
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from starlette.applications import Starlette
from starlette.middleware import Middleware
from token_verifier import ResourceTokenVerifier, ServiceUnavailableMiddleware
from tool_scopes import ToolScopesMiddleware, require_scope

from pyramid_oauth.resource.verify import (
    Introspection,
    OfflineJWT,
    SecretBasic,
    Verifier,
)

RESOURCE = os.environ.get("RESOURCE", "http://localhost:8000/mcp")
ISSUER = os.environ.get("ISSUER", "http://localhost:6543/oauth")

REQUIRED_SCOPES = ["notes:read"]
"""Every request needs them; clients ask for them first."""

TOOL_SCOPES = {"add_note": "notes:write"}
"""Scopes that single tools need in addition."""

NOTES: dict[str, list[str]] = {}
"""The notes of each user, by `sub`."""


def choose_verifier() -> Verifier:
    """Return the verifier: by the keys of the issuer, or with a secret by asking it."""
    is_local = ISSUER.startswith("http://localhost")
    if "CLIENT_SECRET" not in os.environ:
        return OfflineJWT(ISSUER, audience=RESOURCE, allow_http=is_local)
    credentials = SecretBasic(os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
    return Introspection(
        credentials, issuer=ISSUER, audience=RESOURCE, allow_http=is_local
    )


server = MCPServer(
    "notes",
    token_verifier=ResourceTokenVerifier(choose_verifier(), RESOURCE),
    auth=AuthSettings(
        issuer_url=ISSUER,
        resource_server_url=RESOURCE,
        required_scopes=REQUIRED_SCOPES,
        validate_token_resource=True,
    ),
)


def _notes() -> list[str]:
    token = get_access_token()
    if token is None or token.subject is None:
        raise PermissionError("Notes belong to users; this token has none.")
    return NOTES.setdefault(token.subject, [])


@server.tool()
def list_notes() -> list[str]:
    """Return the notes of the user."""
    return _notes()


@server.tool()
def add_note(text: str) -> int:
    """Add a note; return how many there are."""
    require_scope(TOOL_SCOPES["add_note"])
    notes = _notes()
    notes.append(text)
    return len(notes)


def create_app() -> Starlette:
    """Return the ASGI application."""
    app = server.streamable_http_app(streamable_http_path=urlsplit(RESOURCE).path)
    # The first runs first: outside the SDK's check of the token; the last, inside it.
    app.user_middleware.insert(0, Middleware(ServiceUnavailableMiddleware))
    app.user_middleware.append(
        Middleware(
            ToolScopesMiddleware,
            scopes=TOOL_SCOPES,
            required=REQUIRED_SCOPES,
            resource=RESOURCE,
        )
    )
    return app


if __name__ == "__main__":
    uvicorn.run(create_app(), host="localhost", port=urlsplit(RESOURCE).port or 8000)
