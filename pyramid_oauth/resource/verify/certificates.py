"""Client certificates of mutual TLS: their encodings, thumbprints and bound tokens.

RFC 8705 section 3; RFC 9440 section 2 for the header `Client-Cert`. Whoever terminates
TLS has checked that the client has the private key.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from binascii import a2b_base64
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import unquote

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

from pyramid_oauth.resource.token_identity import TokenIdentity
from pyramid_oauth.resource.verify.errors import InvalidToken

MEMBER = "x5t#S256"
"""The member of `cnf` with the thumbprint (section 3.1)."""

LONGEST_CERTIFICATE = 16384
"""Characters of an encoded certificate; common servers reject longer headers."""

_PEM = re.compile(
    r"\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*"
)

_XFCC_VALUE = r'(?:"(?:[^"\\]|\\.)*"|[^",;\\]*)'

_XFCC = re.compile(rf"[A-Za-z]+={_XFCC_VALUE}(?:;[A-Za-z]+={_XFCC_VALUE})*")

_XFCC_PAIR = re.compile(rf"([A-Za-z]+)=({_XFCC_VALUE})")


_UNREADABLE = (ValueError, x509.InvalidVersion, CryptographyDeprecationWarning)
"""What `cryptography` raises. The warning is about certificates that a later release
refuses, such as one with the serial number 0; warnings may have been made errors."""


class MalformedCertificate(ValueError):
    """What should be a client certificate is none; the text may be shown to anybody."""


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """The certificate with which a client has authenticated its connection.

    Attributes:
        der: Its DER encoding.
        thumbprint: The SHA-256 thumbprint in base64url, the `x5t#S256` of section 3.1.
        x509: The certificate as `cryptography` has it.
    """

    der: bytes = field(repr=False)
    thumbprint: str
    x509: x509.Certificate = field(repr=False, compare=False)

    @classmethod
    def from_der(cls, der: bytes) -> ClientCertificate:
        """Return the certificate of a DER encoding; raise MalformedCertificate."""
        if len(der) > LONGEST_CERTIFICATE:
            raise MalformedCertificate("the client certificate is too long")
        try:
            parsed = x509.load_der_x509_certificate(der)
        except _UNREADABLE as error:
            raise MalformedCertificate("the client certificate is malformed") from error
        return cls(der, thumbprint_of(der), parsed)

    @classmethod
    def from_pem(cls, text: str) -> ClientCertificate:
        """Return the only certificate of a PEM text.

        It may have been percent-encoded, as `$ssl_client_escaped_cert` of nginx is, and
        its lines may be joined by other white space.
        """
        _check_length(text)
        block = _PEM.fullmatch(unquote(text) if "%" in text else text)
        if block is None:
            raise MalformedCertificate("the client certificate is not in PEM")
        return cls.from_der(_decode("".join(block[1].split())))

    @classmethod
    def from_base64(cls, text: str) -> ClientCertificate:
        """Return the certificate of a DER encoding in base64, as HAProxy sends it."""
        _check_length(text)
        return cls.from_der(_decode(text))

    @classmethod
    def from_client_cert(cls, text: str) -> ClientCertificate:
        """Return the certificate of a header `Client-Cert` (RFC 9440 section 2.2).

        It is a byte sequence of RFC 8941, whose padding may be missing.
        """
        _check_length(text)
        encoded = text.strip(" ")
        if len(encoded) < 3 or encoded[0] != ":" or encoded[-1] != ":":
            raise MalformedCertificate("Client-Cert is not one byte sequence")
        content = encoded[1:-1].rstrip("=")
        return cls.from_der(_decode(content + "=" * (-len(content) % 4)))

    @classmethod
    def from_forwarded(cls, text: str) -> ClientCertificate:
        """Return the certificate of a header `X-Forwarded-Client-Cert` of Envoy.

        It must have one element only: who came through several proxies is not known.
        """
        _check_length(text)
        if not _XFCC.fullmatch(text):
            raise MalformedCertificate(
                "X-Forwarded-Client-Cert is malformed, or has several elements"
            )
        for name, value in _XFCC_PAIR.findall(text):
            if name.lower() == "cert":
                return cls.from_pem(value.strip('"'))
        raise MalformedCertificate("X-Forwarded-Client-Cert has no Cert")


def thumbprint_of(der: bytes) -> str:
    """Return the thumbprint of a certificate (section 3.1)."""
    return urlsafe_b64encode(sha256(der).digest()).rstrip(b"=").decode()


def require_certificate(
    identity: TokenIdentity, certificate: ClientCertificate | None
) -> None:
    """Refuse a token that is bound to another certificate (section 3).

    For programs without Pyramid; its views do this by themselves.

    Args:
        identity: What a verifier returned for the token.
        certificate: The certificate of the connection; None without one.

    Raises:
        InvalidToken: The token is bound, and not to this certificate, or to something
            else too, such as a DPoP key. A token that is not bound passes.
    """
    for member, value in identity.confirmation.items():
        if member != MEMBER:
            raise InvalidToken(f"the confirmation {member!r:.100} is not proven")
        if not is_bound_to(value, certificate):
            raise InvalidToken("the token is bound to another client certificate")


def require_unbound(identity: TokenIdentity) -> None:
    """Refuse a token that is bound to a key, for programs that check no proof.

    RFC 9449 section 7.2, RFC 7800 section 3.1: whoever has stolen such a token could
    otherwise use it. For programs without Pyramid; its views do this by themselves.

    Raises:
        InvalidToken: The token has a confirmation (`cnf`).
    """
    if identity.confirmation:
        raise InvalidToken("the token is bound to a key, and nothing here proves it")


def is_bound_to(thumbprint: object, certificate: ClientCertificate | None) -> bool:
    """Whether a thumbprint, such as that of a token, is that of the certificate."""
    return certificate is not None and thumbprint == certificate.thumbprint


def _check_length(text: str) -> None:
    if len(text) > LONGEST_CERTIFICATE:
        raise MalformedCertificate("the client certificate is too long")


def _decode(text: str) -> bytes:
    try:
        return a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise MalformedCertificate("the client certificate is not base64") from error
