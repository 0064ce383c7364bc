"""The client of MCP's Python SDK, steered by lines of JSON on its standard input.

It prints one line for each event: {"authorize": URL} when the user shall authorize,
{"result": ...} or {"error": ...} at the end of a call.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp.client import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.extensions.client_credentials import (
    ClientCredentialsOAuthProvider,
)
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

SERVER = os.environ["SERVER"]


class Storage:
    """Tokens and registration, in memory."""

    tokens = None
    registration = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens
        emit(
            token=tokens.access_token,
            scope=tokens.scope,
            refreshable=tokens.refresh_token is not None,
        )

    async def get_client_info(self):
        return self.registration

    async def set_client_info(self, registration):
        self.registration = registration
        emit(client_id=registration.client_id)


class Callback:
    """The loopback listener to which the browser returns."""

    async def listen(self):
        self.queries = asyncio.Queue()
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def _answer(self, reader, writer):
        target = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        body = b"You may close this page."
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close"
        writer.write(head.encode() + b"\r\n\r\n" + body)
        await writer.drain()
        writer.close()
        await self.queries.put(parse_qs(urlsplit(target).query))

    async def wait(self):
        query = await self.queries.get()
        if "error" in query:
            raise RuntimeError(f"authorization response: {query}")
        return AuthorizationCodeResult(
            code=query["code"][0],
            state=query.get("state", [None])[0],
            iss=query.get("iss", [None])[0],
        )


def emit(**event):
    print(json.dumps(event), flush=True)


async def ask_user(url):
    emit(authorize=url)


async def call(http_client, command):
    transport = streamable_http_client(SERVER, http_client=http_client)
    async with Client(transport, mode=os.environ.get("MODE", "auto")) as client:
        result = await client.call_tool(command["call"], command["arguments"])
        return {"failed": result.is_error, "content": result.structured_content}


def machine():
    """Return the provider of a client that acts for itself."""
    return ClientCredentialsOAuthProvider(
        SERVER,
        Storage(),
        os.environ["CLIENT_ID"],
        os.environ["CLIENT_SECRET"],
        issuer=os.environ["ISSUER"],
    )


def program(callback):
    """Return the provider of a client that acts for a user."""
    return OAuthClientProvider(
        SERVER,
        OAuthClientMetadata(
            client_name="Python SDK",
            redirect_uris=[f"http://{os.environ['HOST']}:{callback.port}/callback"],
            token_endpoint_auth_method="none",
        ),
        Storage(),
        redirect_handler=ask_user,
        callback_handler=callback.wait,
        client_metadata_url=os.environ.get("CLIENT_METADATA_URL"),
    )


async def main():
    callback = Callback()
    await callback.listen()
    provider = machine() if "CLIENT_SECRET" in os.environ else program(callback)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        try:
            async with httpx2.AsyncClient(auth=provider, timeout=60) as http_client:
                emit(result=await call(http_client, json.loads(line)))
        except Exception as error:
            emit(error=describe(error))


def describe(error):
    """Return the text of an exception, with those of a group."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(describe(inner) for inner in error.exceptions)
    return f"{type(error).__name__}: {error}"


asyncio.run(main())
