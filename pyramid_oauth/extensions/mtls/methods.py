"""Client authentication by certificate: tls_client_auth, self_signed_tls_client_auth.

RFC 8705 section 2. The request has a `client_id` and no secret.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pyramid_oauth.clients.keys import public_keys_of
from pyramid_oauth.clients.methods import (
    Claim,
    DisclosedReason,
    Presentation,
)
from pyramid_oauth.clock import now
from pyramid_oauth.extensions.mtls.subjects import SUBJECTS
from pyramid_oauth.extensions.mtls.verification import Verifications
from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.jose.jwk import Key
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.resource.mtls.certificates import READER, CertificateReader
from pyramid_oauth.resource.verify import ClientCertificate, MalformedCertificate
from pyramid_oauth.server import Server

_UNREADABLE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What `cryptography` raises for the members of a strange certificate."""


class _CertificateMethod(ABC):
    """Base of both methods, which differ in what they compare."""

    name: str
    credential = None

    def claim(self, presented: Presentation) -> Claim | None:
        """Return None: the certificate does not name its client."""
        return None

    def failure(
        self, application: AbstractApplication, claim: Claim, presented: Presentation
    ) -> str | None:
        """Compare the certificate of the connection with what the client registered."""
        reader: CertificateReader = presented.request.registry[READER]
        try:
            certificate = reader.read(presented.request)
            if certificate is None:
                return "no client certificate was presented"
            return self.mismatch(application, certificate, presented)
        except MalformedCertificate as error:
            return DisclosedReason(error)
        except _UNREADABLE as error:
            return f"the client certificate or the registered subject: {error}"

    @abstractmethod
    def mismatch(
        self,
        application: AbstractApplication,
        certificate: ClientCertificate,
        presented: Presentation,
    ) -> str | None:
        """Return why it is not the certificate of the client; None if it is."""


class TLSClientAuth(_CertificateMethod):
    """A certificate of a trusted authority with the registered subject (section 2.1).

    Args:
        verified_by: Who has verified the chain of the certificate, by its source.
    """

    name = "tls_client_auth"

    def __init__(self, verified_by: Verifications | None) -> None:
        self._verified_by = verified_by

    def mismatch(
        self,
        application: AbstractApplication,
        certificate: ClientCertificate,
        presented: Presentation,
    ) -> str | None:
        """Require a verified chain, then compare the subject."""
        if not self._is_verified(presented.request):
            return "nobody has verified the chain of the client certificate"
        for member, has_subject in SUBJECTS.items():
            expected = application.declared(member)
            if expected is not None:
                is_same = has_subject(certificate.x509, expected)
                return None if is_same else f"the certificate has not the {member}"
        return "the client registered no subject"

    def _is_verified(self, request: Request) -> bool:
        """Whether the certificate is of a trusted authority, by its own source."""
        reader: CertificateReader = request.registry[READER]
        source = reader.source(request)
        if self._verified_by is None or source is None:
            return False
        verification = self._verified_by.of(source)
        return verification is not None and verification.is_verified(request, reader)


class SelfSignedTLSClientAuth(_CertificateMethod):
    """A certificate with a public key that the client registered (section 2.2)."""

    name = "self_signed_tls_client_auth"

    def mismatch(
        self,
        application: AbstractApplication,
        certificate: ClientCertificate,
        presented: Presentation,
    ) -> str | None:
        """Compare the key with those of `jwks` or `jwks_uri`, fetched again if new."""
        key = _encode(certificate.x509.public_key())
        if _is_registered(key, application, presented.server):
            return None
        return "the certificate has no key that the client registered"


def _is_registered(
    key: bytes, application: AbstractApplication, server: Server
) -> bool:
    if _is_among(key, public_keys_of(application, server.fetcher)):
        return True
    if application.declared("jwks_uri") is None:
        return False
    return _is_among(
        key, public_keys_of(application, server.fetcher, fresh_after=now())
    )


def _is_among(key: bytes, keys: tuple[Key, ...]) -> bool:
    return any(_encode(each.public_key) == key for each in keys)


def _encode(key: object) -> bytes:
    """Return the subject public key info of a key of `cryptography`."""
    encoded: bytes = key.public_bytes(  # type: ignore[attr-defined]
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    return encoded
