"""How an introspection answer is read: as JSON, or as a JWT, maybe an encrypted one.

RFC 7662 section 2.2, RFC 9701 sections 4 and 5, FAPI 2.0 Message Signing section 5.5.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Protocol

from pyramid_oauth import clock
from pyramid_oauth.jose.algorithms import CONTENT
from pyramid_oauth.jose.errors import InvalidToken, KeysError
from pyramid_oauth.jose.json import json_object
from pyramid_oauth.jose.jwe import decrypt
from pyramid_oauth.jose.jwk import Key
from pyramid_oauth.jose.jws import is_encrypted
from pyramid_oauth.resource.verify.errors import VerifierUnavailable
from pyramid_oauth.resource.verify.issuer import IssuerDocuments
from pyramid_oauth.resource.verify.issuer_keys import IssuerKeys, check_algorithms
from pyramid_oauth.resource.verify.private_keys import DECRYPTION, read_decryption_keys

TYPE = "token-introspection+jwt"
"""The `typ` of the JWT; no other is accepted (RFC 9701 section 8.1)."""

OLDEST = 60
"""Seconds by which `iat` may differ from now: the answer was made for this request."""


class AnswerFormat(Protocol):
    """A format of answers.

    Attributes:
        accept: The media type to ask for.
    """

    accept: str

    def read(self, body: bytes) -> Mapping[str, Any]:
        """Return the members of an answer; raise VerifierUnavailable."""


class JSONAnswers:
    """Answers as JSON (RFC 7662)."""

    accept = "application/json"

    def read(self, body: bytes) -> Mapping[str, Any]:
        """Return the members of an answer; raise VerifierUnavailable."""
        try:
            return json_object(body)
        except KeysError as error:
            raise VerifierUnavailable("the introspection answer is no JSON") from error


class SignedAnswers:
    """Answers as JWTs that the issuer signed for this API (RFC 9701).

    Args:
        issuer: The issuer identifier.
        client_id: The API, as the issuer knows it: the `aud` of the answers.
        keys: The keys of the issuer.
        algorithms: The accepted signature algorithms, asymmetric ones only.
        decryption_keys: The private keys of the API, for answers that are encrypted.
    """

    accept = f"application/{TYPE}"

    def __init__(
        self,
        issuer: str,
        client_id: str,
        keys: IssuerKeys,
        algorithms: Collection[str],
        decryption_keys: tuple[Key, ...] = (),
    ) -> None:
        self._issuer, self._client_id = issuer, client_id
        self._keys, self._algorithms = keys, algorithms
        self._decryption_keys = decryption_keys

    def read(self, body: bytes) -> Mapping[str, Any]:
        """Return the members of an answer; raise VerifierUnavailable."""
        try:
            token = self._decrypted(body.decode("ascii"))
            claims = self._keys.verify(token, self._algorithms, (TYPE,)).claims
        except (KeysError, UnicodeDecodeError) as error:
            raise VerifierUnavailable(
                f"the introspection answer is no JWT of the issuer: {error}"
            ) from error
        return self._members(claims)

    def _decrypted(self, token: str) -> str:
        """Return the signed JWT in an encrypted one; another token as it is."""
        if not is_encrypted(token):
            return token
        if not self._decryption_keys:
            raise InvalidToken("it is encrypted, and the API has no key to decrypt it")
        content = decrypt(
            token, self._decryption_keys, algorithms=DECRYPTION, content=tuple(CONTENT)
        )
        return content.decode("ascii")

    def _members(self, claims: Mapping[str, Any]) -> Mapping[str, Any]:
        if claims.get("iss") != self._issuer:
            raise VerifierUnavailable("the introspection answer is of another issuer")
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if self._client_id not in audiences:
            raise VerifierUnavailable("the introspection answer is for another client")
        if not _is_recent(claims.get("iat")):
            raise VerifierUnavailable(
                f"the introspection answer was not made in the last {OLDEST} seconds: "
                "it is an old one, or the clocks differ"
            )
        members = claims.get("token_introspection")
        if not isinstance(members, Mapping):
            raise VerifierUnavailable("the answer has no token_introspection object")
        return members


def _is_recent(issued_at: object) -> bool:
    if isinstance(issued_at, bool) or not isinstance(issued_at, int | float):
        return False
    return -OLDEST <= issued_at - clock.timestamp() <= OLDEST


Documents = Callable[[str], IssuerDocuments]
"""Makes what fetches the documents of an issuer."""


def answer_format(
    client_id: str | None,
    issuer: str | None,
    algorithms: Collection[str],
    jwks_uri: str | None,
    decryption_keys: Iterable[str] = (),
) -> Callable[[Documents], AnswerFormat]:
    """Return what makes the format, once the connection to the issuer is known.

    Args:
        client_id: Whom the answers are signed for; None: they are JSON.
        issuer: The issuer identifier.
        algorithms: The accepted signature algorithms.
        jwks_uri: The URL of the keys; None: that of the issuer's metadata.
        decryption_keys: The private keys of the API, as PEM or JWK.

    Raises:
        ValueError: Signed answers lack an issuer, an algorithm is not asymmetric, or a
            key decrypts nothing.
    """
    private_keys = read_decryption_keys(decryption_keys)
    if client_id is None and private_keys:
        raise ValueError("only signed answers are encrypted (RFC 9701 section 5)")
    if client_id is None:
        return lambda documents: JSONAnswers()
    if issuer is None:
        raise ValueError("signed answers need the issuer whose keys sign them")
    check_algorithms(algorithms)

    def make(documents: Documents) -> AnswerFormat:
        keys = IssuerKeys(documents(issuer), jwks_uri, stale_seconds=0)
        return SignedAnswers(issuer, client_id, keys, algorithms, private_keys)

    return make
