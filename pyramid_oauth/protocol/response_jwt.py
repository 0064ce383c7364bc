"""JWTs for a client, signed and encrypted by its metadata: ID Token, UserInfo, …

OpenID Connect Core sections 10.1, 10.2 and 16.14 (signed first, then encrypted);
OpenID Connect Registration section 2 (`id_token_*`, `userinfo_*`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError

from pyramid_oauth.clients.keys import public_keys_of, secret_of
from pyramid_oauth.http.responses import service_unavailable
from pyramid_oauth.jose.algorithms import CONTENT, KEY_MANAGEMENT, SIGNING
from pyramid_oauth.jose.errors import KeysError, NoSuchKey
from pyramid_oauth.jose.json import serialize_json
from pyramid_oauth.jose.jwe import direct_key, encrypt, encryption_key
from pyramid_oauth.jose.jwk import Key
from pyramid_oauth.jose.jws import Signer, secret_signer, sign
from pyramid_oauth.keystore.cached_ring import CachedKeyRing, SessionMaker
from pyramid_oauth.keystore.settings import KeystoreSettings
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.client_metadata import check_encryption, check_signing
from pyramid_oauth.models.client_metadata_fields import Errors, Field, words
from pyramid_oauth.server import Server

DEFAULT_CONTENT = "A128CBC-HS256"


@dataclass(frozen=True, slots=True)
class Envelope:
    """The keys of tokens for one client: `signer` signs, `key` encrypts, if given."""

    signer: Signer | None = None
    key: Key | None = None
    alg: str = ""
    enc: str = ""

    def sign_and_encrypt(
        self,
        claims: Mapping[str, Any],
        *,
        typ: str | None = "JWT",
        replicated: Sequence[str] = (),
    ) -> str:
        """Return `claims` as a token.

        Args:
            claims: The claims.
            typ: The header `typ`.
            replicated: Claims that an encrypted token has in its header too.

        Raises:
            TemporarilyUnavailableError: The signer (an HSM) fails.
        """
        content: str | bytes
        try:
            if self.signer is None:
                content = serialize_json(dict(claims))
            else:
                content = sign(claims, self.signer, typ=typ)
            if self.key is None:
                return content if isinstance(content, str) else content.decode()
            cty = None if self.signer is None else "JWT"
            return encrypt(
                content,
                self.key,
                alg=self.alg,
                enc=self.enc,
                cty=cty,
                replicated={name: claims[name] for name in replicated},
            )
        except KeysError as error:
            raise service_unavailable(f"a token cannot be made: {error}") from error


PLAIN = Envelope()
"""Neither signed nor encrypted: the claims are sent as JSON."""


def build_envelope(
    server: Server,
    session: SessionMaker,
    application: AbstractApplication,
    kind: str,
    *,
    always_signed: bool = True,
) -> Envelope:
    """Return how the client receives tokens of a kind, by its metadata.

    Args:
        server: The authorization server.
        session: Returns the session of the request.
        application: The client.
        kind: `id_token`, `userinfo`, …
        always_signed: Also for a client that registered no signature algorithm.

    Raises:
        TemporarilyUnavailableError: A key of the server is missing.
        InvalidRequestError: A key of the client is missing.
    """
    declared = application.client_metadata or {}
    name = declared.get(f"{kind}_signed_response_alg")
    if name is None and always_signed:
        name = _default_signature(server.settings[KeystoreSettings])
    signer = None
    if name is not None:
        signer = _signer(server, session, application, name)
    alg = declared.get(f"{kind}_encrypted_response_alg")
    if alg is None:
        return PLAIN if signer is None else Envelope(signer)
    enc = declared.get(f"{kind}_encrypted_response_enc", DEFAULT_CONTENT)
    return Envelope(signer, _encryption_key(server, application, alg, enc), alg, enc)


def signature_algorithms(server: Server) -> list[str]:
    """Return the signature algorithms that a client may register."""
    settings = server.settings[KeystoreSettings]
    own = [name for name in settings.signing_algorithms if name in SIGNING]
    if server.secret_seal is None or not settings.shared_secret_signatures:
        return own
    return own + [name for name, algorithm in SIGNING.items() if algorithm.symmetric]


def encryption_algorithms(server: Server) -> list[str]:
    """Return the key management algorithms that a client may register."""
    sealing = server.secret_seal is not None
    return [
        name
        for name, algorithm in KEY_MANAGEMENT.items()
        if sealing or not algorithm.symmetric
    ]


def _default_signature(settings: KeystoreSettings) -> str:
    """Return what signs for a client that names none (Registration section 2)."""
    names = settings.signing_algorithms
    if "RS256" in names:
        return "RS256"
    return next(name for name in names if name in SIGNING)


def client_fields(kind: str, read_by: str) -> tuple[Field, ...]:
    """Return the client metadata of tokens of a kind.

    Args:
        kind: `id_token`, `userinfo`, …
        read_by: What reads them, for the documentation.
    """
    return tuple(
        Field(
            name=f"{kind}_{name}",
            shape=words,
            offered=f"{kind}_{offered}_values_supported",
            read_by=read_by,
        )
        for name, offered in (
            ("signed_response_alg", "signing_alg"),
            ("encrypted_response_alg", "encryption_alg"),
            ("encrypted_response_enc", "encryption_enc"),
        )
    )


def check_client(application: AbstractApplication, kind: str, errors: Errors) -> None:
    """Check that the algorithms of a client agree and that their keys exist."""
    check_signing(application, f"{kind}_signed_response_alg", errors)
    check_encryption(application, f"{kind}_encrypted_response", errors, to_client=True)


def metadata(server: Server, kind: str) -> dict[str, list[str]]:
    """Return the members of Discovery section 3 about tokens of this kind."""
    return {
        f"{kind}_signing_alg_values_supported": signature_algorithms(server),
        f"{kind}_encryption_alg_values_supported": encryption_algorithms(server),
        f"{kind}_encryption_enc_values_supported": list(CONTENT),
    }


def ring_of(server: Server) -> CachedKeyRing:
    """Return the key ring of the server; there is none without `openid`."""
    if server.ring is None:
        raise service_unavailable("pyramid_oauth.openid is off: the server has no keys")
    return server.ring


def _signer(
    server: Server, session: SessionMaker, application: AbstractApplication, alg: str
) -> Signer:
    try:
        if alg in SIGNING and SIGNING[alg].symmetric:
            return secret_signer(_secret(server, application), alg)
        found = ring_of(server).signer(alg, session).signer
    except KeysError as error:
        raise service_unavailable(
            f"nothing can be signed with {alg} for client {application.client_id!r}: "
            f"{error}; see pyramid-oauth keys list"
        ) from error
    assert found is not None  # noqa: S101  # an active key of the ring has its signer
    return found


def _encryption_key(
    server: Server, application: AbstractApplication, alg: str, enc: str
) -> Key:
    try:
        if alg == "dir":
            return direct_key(_secret(server, application), enc)
        return encryption_key(public_keys_of(application, server.fetcher), alg)
    except KeysError as error:
        raise InvalidRequestError(
            description=f"The client has no key to encrypt to with {alg}."
        ) from error


def _secret(server: Server, application: AbstractApplication) -> str:
    secret = secret_of(application, server.secret_seal)
    if secret is None:
        raise NoSuchKey("the client's secret is not kept for use as a key")
    return secret
