"""Clients of the FAPI 2.0 plans: registered with us, with the keys that the suite gets.

RFC 7523 (private_key_jwt), RFC 9449, RFC 8705. The suite acts as the client, so its
configuration has private keys: one signing key for each client, and certificates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pyramid_oauth import clock
from pyramid_oauth.jose.jwk import generate, private_jwk, public_jwk, with_metadata
from pyramid_oauth.scripts.conformance.browser_steps import Site
from pyramid_oauth.scripts.conformance.clients import TWO_CLIENTS, store_client
from pyramid_oauth.typing import OAuthRequest

DPOP, MTLS = "dpop", "mtls"

ALGORITHM = "PS256"
"""Of everything that the clients sign; with it the suite skips no module."""

QUERY = {"client": "", "client2": "?dummy1=lorem&dummy2=ipsum"}
"""What the redirect URIs end with; the second has a query that must be kept."""

CERTIFICATES = {"client": "mtls", "client2": "mtls2"}

GRANT_TYPES = "authorization_code refresh_token client_credentials"

SCOPES = "openid profile email address phone read write"
"""Those of claims too: a module asks for each of them by the parameter `claims`."""

DAYS = 365
"""For how long a certificate is valid."""


@dataclass(frozen=True)
class Kind:
    """How two clients authenticate, bind their tokens and send their requests."""

    authentication: str
    constraint: str
    signs_requests: bool

    @property
    def name(self) -> str:
        """Return the name of its files and the beginning of its client ids."""
        plan = "fapi2-signing" if self.signs_requests else "fapi2"
        return f"{plan}-{self.authentication}-{self.constraint}"

    @property
    def title(self) -> str:
        """Return a description for people."""
        requests = "signed" if self.signs_requests else "unsigned"
        return f"{self.authentication}, {self.constraint}, {requests} requests"

    @property
    def uses_certificates(self) -> bool:
        """Return whether the suite needs certificates to act as its clients."""
        return MTLS in (self.authentication, self.constraint)


class Authority:
    """A certificate authority for clients, whose key is not kept.

    The proxy that ends TLS trusts its certificate.
    """

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _common_name("pyramid_oauth conformance clients")
        usage = x509.BasicConstraints(ca=True, path_length=0)
        self._certificate = (
            _builder(self._name, self._key.public_key())
            .issuer_name(self._name)
            .add_extension(usage, critical=True)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        """Return its certificate."""
        return _certificate_pem(self._certificate)

    def issue(self, name: str) -> dict[str, str]:
        """Return the certificate of a client, its key, and ours, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        certificate = (
            _builder(_common_name(name), key.public_key())
            .issuer_name(self._name)
            .add_extension(usage, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return {
            "cert": _certificate_pem(certificate),
            "key": private.decode(),
            "ca": self.pem,
        }


def register_clients(
    request: OAuthRequest, site: Site, kind: Kind, authority: Authority
) -> dict[str, Any]:
    """Register the two clients of a kind, or give those of an earlier run new keys.

    Returns:
        The members `client`, `client2` and, with certificates, `mtls` and `mtls2` of
        the configuration.
    """
    members: dict[str, Any] = {}
    for name in TWO_CLIENTS:
        client_id = f"conformance-{kind.name}-{name}"
        key = generate(ALGORITHM)
        labelled = with_metadata(key, kid=key.thumbprint(), alg=ALGORITHM, private=True)
        public = public_jwk(key, use="sig", alg=ALGORITHM)
        values = {
            "redirect_uris": f"{site.callbacks}callback{QUERY[name]}",
            "authorization_grant_type": GRANT_TYPES,
            "token_endpoint_auth_method": _method(kind),
            "allowed_scopes": SCOPES,
            "client_metadata": _metadata(kind, client_id, public),
        }
        store_client(request, client_id, values)
        jwks = {"keys": [private_jwk(labelled)]}
        members[name] = {"client_id": client_id, "jwks": jwks}
        if kind.uses_certificates:
            members[CERTIFICATES[name]] = authority.issue(client_id)
    return members


def _method(kind: Kind) -> str:
    return "tls_client_auth" if kind.authentication == MTLS else kind.authentication


def _metadata(kind: Kind, client_id: str, public: dict[str, str]) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "response_types": ["code"],
        "jwks": {"keys": [public]},
        "id_token_signed_response_alg": ALGORITHM,
        "authorization_signed_response_alg": ALGORITHM,
    }
    if kind.constraint == DPOP:
        metadata["dpop_bound_access_tokens"] = True
    if kind.constraint == MTLS:
        metadata["tls_client_certificate_bound_access_tokens"] = True
    if kind.authentication == MTLS:
        metadata["tls_client_auth_subject_dn"] = f"CN={client_id}"
    else:
        metadata["token_endpoint_auth_signing_alg"] = ALGORITHM
    if kind.signs_requests:
        metadata["request_object_signing_alg"] = ALGORITHM
        metadata["require_signed_request_object"] = True
    return metadata


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = clock.now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=DAYS))
    )


def _certificate_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
