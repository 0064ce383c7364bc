"""Keys of an issuer: fetched once, renewed for unknown ones, kept during an outage.

RFC 7517, RFC 9068 section 4; RFC 8725 section 3.10 for keys that cannot be trusted.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from pyramid_oauth import clock
from pyramid_oauth.fetch import Document, FetchError
from pyramid_oauth.jose.algorithms import ASYMMETRIC_SIGNING
from pyramid_oauth.jose.errors import KeysError, UnknownKey
from pyramid_oauth.jose.json import json_object
from pyramid_oauth.jose.jwk import Key, public_keys
from pyramid_oauth.jose.jws import SignedClaims, verify
from pyramid_oauth.resource.verify.errors import VerifierUnavailable
from pyramid_oauth.resource.verify.issuer import BACKOFF, IssuerDocuments

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """Parsed keys of a document."""

    keys: tuple[Key, ...]
    document: Document


class IssuerKeys:
    """The public keys of an issuer. Thread-safe.

    Args:
        documents: Fetches them.
        jwks_uri: Where they are, if the operator knows it; else the metadata tells.
        stale_seconds: How long keys are used after their expiry while the issuer does
            not answer.
    """

    def __init__(
        self, documents: IssuerDocuments, jwks_uri: str | None, stale_seconds: float
    ) -> None:
        self._documents = documents
        self._jwks_uri = jwks_uri
        self._stale = timedelta(seconds=stale_seconds)
        self._lock = Lock()
        self._known: _Known | None = None
        self._retry_at: datetime | None = None

    def verify(
        self, token: str, algorithms: Collection[str], types: Collection[str | None]
    ) -> SignedClaims:
        """Return the claims of a token that the issuer signed.

        For an unknown key the keys are fetched again: the issuer may have made it.

        Raises:
            KeysError: The issuer did not sign it, or it is of another type.
            VerifierUnavailable: There are no keys.
        """
        keys = self.current()
        try:
            return verify(token, keys, algorithms=algorithms, types=types)
        except UnknownKey:
            fresh = self.renewed(keys)
            if fresh is None:
                raise
        return verify(token, fresh, algorithms=algorithms, types=types)

    def current(self) -> tuple[Key, ...]:
        """Return the keys; fetch them if they are missing or expired.

        Raises:
            VerifierUnavailable: There are none that may be used.
        """
        known, now = self._known, clock.now()
        if known is not None and now < known.document.expires_at:
            return known.keys
        if known is None or now >= known.document.expires_at + self._stale:
            return self._renew(None).keys
        if self._retry_at is not None and now < self._retry_at:
            return known.keys
        # One thread renews; the others go on with what there is.
        if not self._lock.acquire(blocking=False):
            return known.keys
        try:
            return self._renew(None).keys
        except VerifierUnavailable as error:
            log.warning("keys of %s are stale: %s", self._issuer, error.reason)
            self._retry_at = now + timedelta(seconds=BACKOFF)
            return known.keys
        finally:
            self._lock.release()

    def renewed(self, used: tuple[Key, ...]) -> tuple[Key, ...] | None:
        """Return keys other than those that were used, for an unknown `kid`.

        None if there are none: they were fetched too recently, or are the same. The
        fetcher limits how often the issuer is asked.

        Raises:
            VerifierUnavailable: The issuer does not answer. It may have made the key.
        """
        known = self._known
        if known is None or known.keys is not used:
            return self.current()
        fresh = self._renew(known.document.fetched_at)
        if fresh.keys is not used:
            return fresh.keys
        failure = self._documents.last_failure(self._url(), is_named=self._is_named)
        if failure is not None:
            raise self._unavailable(failure)
        return None

    @property
    def _issuer(self) -> str:
        return self._documents.issuer

    def _renew(self, fresh_after: datetime | None) -> _Known:
        document = self._fetch(fresh_after)
        known = self._known
        if known is not None and _is_no_newer(document, known.document):
            return known
        keys = public_keys(self._parse(document))
        if not keys:
            raise VerifierUnavailable(f"{self._issuer} publishes no usable key")
        self._known = _Known(keys, document)
        return self._known

    def _fetch(self, fresh_after: datetime | None) -> Document:
        named = self._is_named
        try:
            return self._documents.get(
                self._url(), is_named=named, fresh_after=fresh_after
            )
        except FetchError as error:
            raise self._unavailable(error) from error

    @property
    def _is_named(self) -> bool:
        return self._jwks_uri is not None

    def _url(self) -> str:
        return self._jwks_uri or self._documents.endpoint("jwks_uri")

    def _unavailable(self, failure: FetchError) -> VerifierUnavailable:
        return VerifierUnavailable(
            f"no keys of {self._issuer}: {failure.reason}", retry_after=BACKOFF
        )

    def _parse(self, document: Document) -> Mapping[str, Any]:
        try:
            return json_object(document.body)
        except KeysError as error:
            raise VerifierUnavailable(
                f"the keys of {self._issuer} are malformed"
            ) from error


def check_algorithms(names: Collection[str]) -> None:
    """Raise ValueError unless the names are those of asymmetric signatures."""
    wrong = set(names) - set(ASYMMETRIC_SIGNING)
    if wrong or not names:
        raise ValueError(f"{sorted(wrong)} are not asymmetric signature algorithms")


def _is_no_newer(document: Document, known: Document) -> bool:
    """Whether another thread has replaced `document` meanwhile, or it is the known."""
    return document is known or document.fetched_at < known.fetched_at
