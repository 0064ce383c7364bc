"""Software statements: client metadata signed by a trusted issuer.

RFC 7591 section 2.3: a JWT whose claims take precedence over the client's metadata.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pyramid_oauth.clients.keys import published_keys
from pyramid_oauth.clock import now, timestamp
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.extensions.registration.responses import (
    InvalidSoftwareStatement,
    UnapprovedSoftwareStatement,
)
from pyramid_oauth.fetch import Fetcher
from pyramid_oauth.jose.algorithms import ASYMMETRIC_SIGNING
from pyramid_oauth.jose.errors import InvalidToken, UnknownKey
from pyramid_oauth.jose.json import json_value
from pyramid_oauth.jose.jwk import Key, public_keys
from pyramid_oauth.jose.jws import unverified_claims, verify
from pyramid_oauth.models.client_metadata_fields import Field, text
from pyramid_oauth.server import Server

SOFTWARE_STATEMENT = Field(
    name="software_statement", shape=text(16384), read_by="registration"
)

TYPES = ("JWT", None)
"""The accepted `typ` of a statement, so that no other JWT of its issuer is one.

RFC 8725 section 3.11; RFC 7591 defines no type of its own.
"""

FILE = "file:"

LEEWAY = 60


class StatementIssuers:
    """The trusted issuers and their keys; built at start-up.

    Args:
        table: Maps each issuer to the https URL of its JWK set, or to `file:PATH`.
        algorithms: The accepted signature algorithms, all asymmetric.

    Raises:
        ConfigurationError: A file has no public key.
    """

    def __init__(
        self,
        table: Mapping[str, str],
        algorithms: Collection[str] = ASYMMETRIC_SIGNING,
    ) -> None:
        self._algorithms = algorithms
        self._urls = {k: v for k, v in table.items() if not v.startswith(FILE)}
        self._keys = {
            issuer: _read_keys(place.removeprefix(FILE))
            for issuer, place in table.items()
            if place.startswith(FILE)
        }

    def __bool__(self) -> bool:
        return bool(self._urls or self._keys)

    def verify(self, statement: str, server: Server) -> Mapping[str, Any]:
        """Verify signature, times and audience of `statement` and return its claims.

        Raises:
            InvalidSoftwareStatement: It is malformed, expired or not signed properly.
            UnapprovedSoftwareStatement: Its issuer is not trusted.
        """
        try:
            issuer = unverified_claims(statement).get("iss")
        except InvalidToken as error:
            raise _invalid_statement("is not a signed JWT") from error
        if not isinstance(issuer, str):
            raise _invalid_statement("has no iss")
        if issuer not in self._keys and issuer not in self._urls:
            raise UnapprovedSoftwareStatement(
                description="The issuer of software_statement is not trusted here."
            )
        claims = self._verify_signature(statement, issuer, server.fetcher)
        _check_times(claims)
        _check_audience(claims, server)
        return claims

    def _verify_signature(
        self, statement: str, issuer: str, fetcher: Fetcher
    ) -> Mapping[str, Any]:
        url = self._urls.get(issuer)
        try:
            if url is None:
                return self._verify(statement, self._keys[issuer])
            try:
                return self._verify(statement, published_keys(url, issuer, fetcher))
            except UnknownKey:
                fresh = published_keys(url, issuer, fetcher, fresh_after=now())
                return self._verify(statement, fresh)
        except InvalidToken as error:
            raise _invalid_statement("has no valid signature of its issuer") from error

    def _verify(self, statement: str, keys: tuple[Key, ...]) -> Mapping[str, Any]:
        return verify(statement, keys, algorithms=self._algorithms, types=TYPES)


def _read_keys(path: str) -> tuple[Key, ...]:
    try:
        keys = public_keys(json_value(Path(path).read_bytes()))
    except (OSError, InvalidToken) as error:
        raise ConfigurationError(
            f"pyramid_oauth.software_statement_issuers: {path}: {error}"
        ) from error
    if not keys:
        raise ConfigurationError(
            f"pyramid_oauth.software_statement_issuers: {path} has no public key"
        )
    return keys


def _check_times(claims: Mapping[str, Any]) -> None:
    for name, sign in (("exp", 1), ("nbf", -1), ("iat", -1)):
        moment = claims.get(name)
        if moment is None:
            continue
        if isinstance(moment, bool) or not isinstance(moment, (int, float)):
            raise _invalid_statement(f"has an {name} that is not a number")
        if sign * (moment - timestamp()) < -LEEWAY:
            raise _invalid_statement("has expired or is not valid yet")


def _check_audience(claims: Mapping[str, Any], server: Server) -> None:
    """Refuse an `aud` without this server (RFC 7519 section 4.1.3)."""
    audience = claims.get("aud")
    if audience is None:
        return
    audiences = audience if isinstance(audience, list) else [audience]
    if server.issuer not in audiences and server.url("register") not in audiences:
        raise _invalid_statement("has another audience")


def _invalid_statement(problem: str) -> InvalidSoftwareStatement:
    return InvalidSoftwareStatement(description=f"software_statement {problem}.")


STATEMENT_ISSUERS = "pyramid_oauth.statement_issuers"
