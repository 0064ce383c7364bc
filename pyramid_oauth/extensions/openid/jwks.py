"""The key set: the public halves of the server's keys (RFC 7517 section 5).

OpenID Connect Core section 10.1.1 (rotation), Discovery section 3 (`jwks_uri`). Written
once for each state of the ring.
"""

from __future__ import annotations

from typing import Any

from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.config.registry import Writes
from pyramid_oauth.http.documents import CachedDocument
from pyramid_oauth.keystore.key_ring import KeyRing
from pyramid_oauth.keystore.settings import KeystoreSettings
from pyramid_oauth.protocol.response_jwt import ring_of
from pyramid_oauth.server import SERVER, Server
from pyramid_oauth.tree import Endpoint

WRITTEN = "pyramid_oauth.jwks"


class Jwks(Endpoint):
    """`jwks`: the keys with which the server's tokens are verified."""


def jwks(context: Jwks, request: Any) -> Response:
    """The set, from memory."""
    registry = request.registry
    server: Server = registry[SERVER]
    ring = ring_of(server).current(lambda: server.session(request))
    written: tuple[KeyRing, CachedDocument] | None = registry.get(WRITTEN)
    if written is None or written[0] is not ring:
        written = registry[WRITTEN] = ring, _document(ring, server)
    return written[1].answer(request)


def _document(ring: KeyRing, server: Server) -> CachedDocument:
    public = ring.public_jwks()
    if not public["keys"]:
        # Not to be remembered: the first key signs as soon as it is there.
        return CachedDocument.of(public, "no-store")
    return CachedDocument.of(
        public, f"public, max-age={server.settings[KeystoreSettings].jwks_max_age}"
    )


def includeme(config: Any) -> None:
    """Add the endpoint to the tree."""
    config.add_oauth_endpoint("jwks", Jwks, metadata="jwks_uri", writes=Writes.NONE)
    config.add_oauth_view(
        jwks, Jwks, permission=NO_PERMISSION_REQUIRED, require_csrf=False
    )
