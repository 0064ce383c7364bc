"""Authentication of the API as a client of an introspection endpoint.

RFC 6749 section 2.3.1 (secret), RFC 7523 section 2.2 (private key), RFC 8705 section 2
(certificate).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import NamedTuple, Protocol
from urllib.parse import quote_plus

from pyramid_oauth import clock
from pyramid_oauth.jose.algorithms import SIGNING
from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.jose.jwk import check_fit, default_algorithm
from pyramid_oauth.jose.jws import KeySigner, sign
from pyramid_oauth.resource.verify.private_keys import read_private_key

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_ASSERTION_SECONDS = 60


class Authenticated(NamedTuple):
    """Headers and form fields that authenticate a request."""

    headers: Mapping[str, str]
    fields: Mapping[str, str]


class ClientCredentials(Protocol):
    """Credentials of a client."""

    def authenticate(self) -> Authenticated:
        """Return what authenticates the next request."""


class SecretBasic:
    """A client secret in the Authorization header (client_secret_basic)."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
        value = f"Basic {b64encode(pair.encode()).decode()}"
        self._authenticated = Authenticated({"Authorization": value}, {})

    def authenticate(self) -> Authenticated:
        """Return the header."""
        return self._authenticated


class SecretPost:
    """A client secret in the form (client_secret_post)."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        fields = {"client_id": client_id, "client_secret": client_secret}
        self._authenticated = Authenticated({}, fields)

    def authenticate(self) -> Authenticated:
        """Return the fields."""
        return self._authenticated


class TLSCertificate:
    """The certificate that `ssl_context` has loaded (tls_client_auth).

    For `self_signed_tls_client_auth` too; give the verifier the endpoint among
    `mtls_endpoint_aliases`.
    """

    def __init__(self, client_id: str) -> None:
        self._authenticated = Authenticated({}, {"client_id": client_id})

    def authenticate(self) -> Authenticated:
        """Return the client, whom the connection proves."""
        return self._authenticated


class PrivateKeyJWT:
    """An assertion signed with the private key of the client (private_key_jwt).

    Args:
        client_id: The client.
        key: The private key as PEM, or as JWK in JSON.
        audience: The issuer of the server, or else its endpoint.
        algorithm: Default: that of the key, such as ES256 for P-256.

    Raises:
        ValueError: The key is no private key, or does not fit the algorithm.
    """

    def __init__(
        self,
        client_id: str,
        key: str,
        audience: str,
        algorithm: str | None = None,
    ) -> None:
        self._client_id, self._audience = client_id, audience
        self._signer = read_signer(key, algorithm)

    def authenticate(self) -> Authenticated:
        """Return the fields with a new assertion."""
        now = clock.timestamp()
        claims = {
            "iss": self._client_id,
            "sub": self._client_id,
            "aud": self._audience,
            "jti": token_urlsafe(16),
            "iat": now,
            "exp": now + _ASSERTION_SECONDS,
        }
        assertion = sign(claims, self._signer, typ="JWT")
        fields = {
            "client_id": self._client_id,
            "client_assertion_type": _ASSERTION,
            "client_assertion": assertion,
        }
        return Authenticated({}, fields)


def read_signer(key: str, algorithm: str | None = None) -> KeySigner:
    """Return a private key as PEM or JWK, ready to sign.

    Args:
        key: The text of the key.
        algorithm: Default: that of the key, such as ES256 for P-256.

    Raises:
        ValueError: It is no private key, or does not fit the algorithm.
    """
    imported = read_private_key(key)
    try:
        name = algorithm or default_algorithm(imported)
        if name not in SIGNING:
            raise ValueError(f"{name!r} is no signature algorithm")
        check_fit(imported, SIGNING[name])
    except KeysError as error:
        raise ValueError(f"the key of the client: {error}") from error
    return KeySigner(imported, name, imported.kid)
