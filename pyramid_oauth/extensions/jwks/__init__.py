"""Key set: the public keys of the server (RFC 7517 section 5).

RFC 8414 section 2 (`jwks_uri`), OpenID Connect Core section 10.1.1 (rotation). Included
by each extension that signs; the JSON is serialized once for each state of the ring.
"""

from __future__ import annotations

from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.config.registry import Writes
from pyramid_oauth.http.documents import CachedDocument
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.jose.algorithms import ASYMMETRIC_SIGNING
from pyramid_oauth.keystore.key_ring import KeyRing
from pyramid_oauth.keystore.settings import KeystoreSettings
from pyramid_oauth.protocol.response_jwt import ring_of
from pyramid_oauth.server import SERVER, Server, ServerRequest, key_encryption_keys
from pyramid_oauth.settings import PREFIX, Settings
from pyramid_oauth.settings.check_builders import fatal, unknown_words
from pyramid_oauth.tree import Endpoint

DOCUMENT = "pyramid_oauth.jwks"

OWN_ALGORITHMS = (*ASYMMETRIC_SIGNING, "RSA-OAEP", "RSA-OAEP-256", "ECDH-ES")
"""Algorithms for which the server may have a key: to sign with, to encrypt to."""


def _has_no_key_source(settings: Settings) -> bool:
    keystore = settings[KeystoreSettings]
    return not (
        key_encryption_keys(settings) or keystore.signing_key_files or keystore.signers
    )


CHECKS = (
    fatal(
        "E021",
        "signing_algorithms",
        unknown_words("signing_algorithms", OWN_ALGORITHMS),
        ": {}",
        KeystoreSettings,
    ),
    fatal(
        "E026",
        "key_encryption_keys",
        _has_no_key_source,
        f"is missing, and {PREFIX}secret too, so that no private key can be kept in "
        f"the database; set one of them, {PREFIX}signing_key_files or {PREFIX}signers",
        Settings,
    ),
)


class Jwks(Endpoint):
    """`jwks`: the public keys that verify the server's tokens."""


def jwks(context: Jwks, request: ServerRequest) -> Response:
    """Return the key set from memory."""
    registry = request.registry
    server: Server = registry[SERVER]
    ring = ring_of(server).current(lambda: server.session(request))
    cached: tuple[KeyRing, CachedDocument] | None = registry.get(DOCUMENT)
    if cached is None or cached[0] is not ring:
        cached = registry[DOCUMENT] = ring, _document(ring, server)
    return cached[1].answer(request)


def _document(ring: KeyRing, server: Server) -> CachedDocument:
    public = ring.public_jwks()
    if not public["keys"]:
        # Not cacheable: the first key signs as soon as it exists.
        return CachedDocument.of(public, "no-store")
    return CachedDocument.of(
        public, f"public, max-age={server.settings[KeystoreSettings].jwks_max_age}"
    )


def includeme(config: Configurator) -> None:
    """Give the server a key ring, and add the endpoint that publishes it."""
    config.require_oauth_keys()
    config.include("pyramid_oauth.extensions.jwks.preload")
    config.add_oauth_check(*CHECKS)
    config.add_oauth_endpoint("jwks", Jwks, metadata="jwks_uri", writes=Writes.NONE)
    config.add_oauth_view(
        jwks, Jwks, permission=NO_PERMISSION_REQUIRED, require_csrf=False
    )
