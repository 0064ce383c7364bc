"""Certificates of clients, made with `cryptography`, as proxies pass them on."""

from __future__ import annotations

import ipaddress
from base64 import b64encode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from joserfc.jwk import ECKey

MTLS = "RFC 8705"

SUBJECT = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Müller, Sons + Co"),
        x509.NameAttribute(NameOID.COMMON_NAME, "Web"),
    ]
)

NAMES = (
    x509.DNSName("Client.Example"),
    x509.UniformResourceIdentifier("https://client.example/Me"),
    x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
    x509.RFC822Name("Me@Client.Example"),
)


class ClientCertificate:
    """A certificate with its private key, signed by itself or by an authority."""

    def __init__(
        self,
        subject: x509.Name = SUBJECT,
        names: tuple[x509.GeneralName, ...] = NAMES,
        issuer: ClientCertificate | None = None,
        *,
        is_authority: bool = False,
    ) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        begin = datetime(2026, 1, 1, tzinfo=UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + timedelta(days=36500))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
        signer = issuer.key if issuer else self.key
        self.certificate: x509.Certificate = builder.sign(signer, hashes.SHA256())

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def thumbprint(self) -> str:
        return urlsafe_b64encode(sha256(self.der).digest()).rstrip(b"=").decode()

    @property
    def jwks(self) -> dict[str, Any]:
        """The key set with the certificate (RFC 8705 section 2.2.2)."""
        jwk = ECKey.import_key(self.key.public_key()).as_dict(private=False)
        return {"keys": [{**jwk, "x5c": [b64encode(self.der).decode()]}]}

    @property
    def client_cert(self) -> str:
        """The header of RFC 9440."""
        return f":{b64encode(self.der).decode()}:"

    @property
    def escaped_pem(self) -> str:
        """`$ssl_client_escaped_cert` of nginx."""
        return quote(self.pem, safe="")


@cache
def certificate(number: int = 0) -> ClientCertificate:
    """A certificate that signs itself; others have another number."""
    return ClientCertificate()


def over_tls(
    found: ClientCertificate | None, verified: str | None = "SUCCESS"
) -> dict[str, str]:
    """The WSGI environment of a connection with this certificate."""
    if found is None:
        return {}
    verify = {} if verified is None else {"SSL_CLIENT_VERIFY": verified}
    return {"SSL_CLIENT_CERT": found.pem, **verify}
