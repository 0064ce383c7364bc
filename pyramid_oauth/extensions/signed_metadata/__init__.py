"""Signed metadata of the server (RFC 8414 section 2.1): the member `signed_metadata`.

The JWT is made when the signing key changes, so that a request for the document costs
what it costs without. It has no time in it: every process makes the same document.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from pyramid_oauth.endpoints.metadata import CACHE_CONTROL
from pyramid_oauth.http.documents import CachedDocument
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.jose.algorithms import ASYMMETRIC_SIGNING
from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.jose.jws import Signer, sign
from pyramid_oauth.keystore.key_ring import RingKey
from pyramid_oauth.keystore.settings import KeystoreSettings, lacks_key_for
from pyramid_oauth.protocol.response_jwt import ring_of
from pyramid_oauth.server import Server, ServerRequest
from pyramid_oauth.settings import PREFIX, Section, Settings, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.check_builders import fatal

MEMBER = "signed_metadata"

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class SignedMetadataSettings(Section):
    """How the metadata are signed."""

    signed_metadata_alg: str = setting(
        to.choice(*ASYMMETRIC_SIGNING),
        "RS256",
        "The signature algorithm of `signed_metadata` (RFC 8414 section 2.1).",
    )


def _has_no_key(settings: Settings) -> bool:
    alg = settings[SignedMetadataSettings].signed_metadata_alg
    return lacks_key_for(settings[KeystoreSettings], alg)


CHECK = fatal(
    "E093",
    "signed_metadata_alg",
    _has_no_key,
    f"is not among {PREFIX}signing_algorithms, so that there is no key for it",
    Settings,
)


class SignedDocument:
    """The document with its signed copy, for the current key of an algorithm."""

    def __init__(self, alg: str) -> None:
        self._alg = alg
        self._signed: tuple[RingKey, CachedDocument] | None = None
        self._unsigned: CachedDocument | None = None

    def __call__(self, request: ServerRequest) -> CachedDocument:
        """Return the document; sign it if the key has changed."""
        server = request.oauth.server
        try:
            key = ring_of(server).signer(self._alg, lambda: server.session(request))
            return self._signed_by(key, server)
        except (KeysError, SQLAlchemyError) as error:
            log.info("the metadata are not signed: %s", type(error).__name__)
            return self._without(server)

    def _signed_by(self, key: RingKey, server: Server) -> CachedDocument:
        known = self._signed
        # A reload of the ring makes new objects of the same keys.
        if known is not None and (known[0] is key or known[0].kid == key.kid):
            return known[1]
        document = CachedDocument.of(
            {**server.metadata, MEMBER: _sign(key.signer, server)}, CACHE_CONTROL
        )
        self._signed = key, document
        return document

    def _without(self, server: Server) -> CachedDocument:
        """Return the document without a signed copy; nobody keeps it."""
        if self._unsigned is None:
            self._unsigned = CachedDocument.of(server.metadata, "no-store")
        return self._unsigned


def _sign(signer: Signer | None, server: Server) -> str:
    assert signer is not None  # noqa: S101  # an active key of the ring has its signer
    return sign({**server.metadata, "iss": server.issuer}, signer, typ="JWT")


def includeme(config: Configurator) -> None:
    """Publish the keys, and the metadata with a signed copy."""
    settings = config.add_oauth_settings(SignedMetadataSettings)
    config.include("pyramid_oauth.extensions.jwks")
    config.add_oauth_check(CHECK)
    config.set_oauth_metadata_document(SignedDocument(settings.signed_metadata_alg))
