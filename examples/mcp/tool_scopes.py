"""Scopes of single tools: a 403 that tells the client which scope to ask for.

The SDK checks the scopes that every request needs. A call of a tool that needs more is
answered as the MCP specification says under "Scope Challenge Handling", so that the
client authorizes again with that scope and repeats the call.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.routes import build_resource_metadata_url
from pydantic import AnyHttpUrl
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 1024 * 1024


def require_scope(name: str) -> None:
    """Raise PermissionError unless the token has the scope; for use in a tool."""
    token = get_access_token()
    if token is None or name not in token.scopes:
        raise PermissionError(f"This tool needs the scope {name}.")


class ToolScopesMiddleware:
    """Answers 403 `insufficient_scope` for a tool whose scope the token lacks.

    It runs after the SDK's authentication. The tools check the scope themselves, too:
    this only turns their refusal into an HTTP response that a client can act on.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        scopes: Mapping[str, str],
        required: Sequence[str],
        resource: str,
    ) -> None:
        self.app = app
        self.scopes = scopes
        self.required = required
        self.metadata_url = str(build_resource_metadata_url(AnyHttpUrl(resource)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        token = get_access_token()
        if token is None or scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        messages = await _read(receive)
        body = b"".join(message.get("body", b"") for message in messages)
        needed = {self.scopes[name] for name in _tools(body) if name in self.scopes}
        if needed - set(token.scopes):
            await self._challenge(needed)(scope, receive, send)
            return
        await self.app(scope, _replay(messages, receive), send)

    def _challenge(self, needed: set[str]) -> JSONResponse:
        # All scopes of the call: some clients ask for just these, and lose the others.
        scopes = " ".join([*self.required, *sorted(needed)])
        challenge = (
            f'Bearer error="insufficient_scope", scope="{scopes}", '
            f'resource_metadata="{self.metadata_url}"'
        )
        return JSONResponse(
            {"error": "insufficient_scope"}, 403, {"WWW-Authenticate": challenge}
        )


async def _read(receive: Receive) -> list[Message]:
    """Return the messages of a request, until its body ends or is too large."""
    messages: list[Message] = []
    size = 0
    while size <= MAX_BODY:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    return messages


def _replay(messages: list[Message], receive: Receive) -> Receive:
    """Return a `receive` that begins with `messages`."""
    waiting = iter(messages)

    async def replay() -> Message:
        for message in waiting:
            return message
        return await receive()

    return replay


def _tools(body: bytes) -> Iterator[str]:
    """Yield the names of the tools that a JSON-RPC message, or a batch, calls."""
    try:
        content = json.loads(body)
    except ValueError:
        return
    for call in content if isinstance(content, list) else [content]:
        if isinstance(call, dict) and call.get("method") == "tools/call":
            parameters = call.get("params")
            if isinstance(parameters, dict) and isinstance(parameters.get("name"), str):
                yield parameters["name"]
