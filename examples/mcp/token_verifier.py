"""The token verifier of the MCP SDK, by the verifiers of pyramid_oauth."""

from __future__ import annotations

import asyncio

from mcp.server.auth.provider import AccessToken
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pyramid_oauth.resource.verify import InvalidToken, Verifier, VerifierUnavailable


class ResourceTokenVerifier:
    """Token verifier of the SDK for the tokens of one resource.

    Args:
        verifier: Verifies the token, its audience included.
        resource: The URL of the MCP server.
    """

    def __init__(self, verifier: Verifier, resource: str) -> None:
        self.verifier = verifier
        self.resource = resource

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return what the token allows; None unless it is valid for this resource."""
        try:
            found = await asyncio.to_thread(self.verifier.verify, token)
        except InvalidToken:
            return None
        # Such a token is bound to a key of the client, which nothing here checks.
        if found.confirmation or self.resource not in found.audience:
            return None
        return AccessToken(
            token=token,
            client_id=found.client_id,
            scopes=sorted(found.scopes),
            expires_at=found.expires_at and int(found.expires_at.timestamp()),
            resource=self.resource,
            subject=found.user_id,  # None for a client that acts for itself
            claims={"iss": found.issuer},
        )


class ServiceUnavailableMiddleware:
    """Answers 503 when nobody can say whether a token is valid: never 500 or 200."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        try:
            await self.app(scope, receive, send)
        except VerifierUnavailable as error:
            response = JSONResponse(
                {"error": "temporarily_unavailable"},
                503,
                {"Retry-After": str(error.retry_after)},
            )
            await response(scope, receive, send)
