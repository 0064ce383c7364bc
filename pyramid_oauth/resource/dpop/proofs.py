"""The DPoP proof of a request: its checks, its single use, new nonces (RFC 9449)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from pyramid.response import Response

from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.jose.dpop import (
    InvalidProof,
    Proof,
    ProofPolicy,
    Url,
    normalize_path,
)
from pyramid_oauth.jose.dpop_nonces import RotatingNonces
from pyramid_oauth.resource.dpop.replay import STORE
from pyramid_oauth.resource.dpop.settings import DPoPSettings

CHECKER = "pyramid_oauth.dpop_proof_checker"
"""Registry key of the `ProofChecker`."""

_USED = "pyramid_oauth.dpop_used"
"""The key of the WSGI environment with the proof that the request has used."""

NONCE_HEADER = "DPoP-Nonce"

USE_NONCE = "use_dpop_nonce"
"""The error code that asks for a nonce (sections 8 and 9)."""

INVALID_PROOF = "invalid_dpop_proof"
"""The error code of any other refused proof (sections 5 and 7.1)."""


class ProofChecker:
    """Checks the proofs of requests as the settings say."""

    def __init__(self, settings: DPoPSettings, secrets: tuple[bytes, ...]) -> None:
        self.algorithms = settings.dpop_signing_algorithms
        leeway = settings.dpop_proof_leeway
        lifetime = settings.dpop_proof_lifetime
        self._nonces: RotatingNonces | None = None
        if settings.dpop_nonces:
            lifetime = 2 * settings.dpop_nonce_lifetime
            self._nonces = RotatingNonces(secrets, settings.dpop_nonce_lifetime, leeway)
        self._policy = ProofPolicy(
            algorithms=self.algorithms,
            lifetime=settings.dpop_proof_lifetime,
            leeway=leeway,
            judge_nonce=None if self._nonces is None else self._nonces.judge,
        )
        self._is_single_use = settings.dpop_single_use
        self._longest = timedelta(seconds=lifetime + leeway + 1)

    def check(
        self,
        request: Request,
        urls: Collection[Url],
        now: datetime,
        access_token: str | None = None,
    ) -> Proof:
        """Return the proof of a request, which may have been used before.

        If its nonce is not the newest, the response gets the newest.

        Args:
            request: The Pyramid request; it has one `DPoP` header.
            urls: The URLs that the request may be meant for.
            now: The time of the request.
            access_token: The access token that is presented with the proof.

        Raises:
            InvalidProof: It is refused.
            NonceNeeded: It lacks a nonce that is accepted.
        """
        proof = self._policy.check(
            request.environ.get("HTTP_DPOP", "").strip(" \t"),
            method=request.method,
            urls=urls,
            now=now.timestamp(),
            access_token=access_token,
        )
        if not proof.has_current_nonce:
            nonce = self.new_nonce(now)[NONCE_HEADER]
            request.add_response_callback(
                lambda request, response: _add_nonce(response, nonce)
            )
        return proof

    def consume(self, request: Request, proof: Proof, now: datetime) -> None:
        """Mark a proof as used, where it may be used only once.

        Raises:
            InvalidProof: Another request has used it. A request that is tried again,
                as by pyramid_retry, has the environ of the first attempt.
        """
        if not self._is_single_use:
            return
        store, identifier = request.registry[STORE], proof.identifier
        is_first = store.consume(request, identifier, now + self._longest)
        if not is_first and request.environ.get(_USED) != identifier:
            raise InvalidProof("the proof was used before")
        request.environ[_USED] = identifier

    def new_nonce(self, now: datetime) -> dict[str, str]:
        """Return the header with the newest nonce; none if no nonces are asked for."""
        if self._nonces is None:
            return {}
        return {NONCE_HEADER: self._nonces.current(now.timestamp())}


def _add_nonce(response: Response, nonce: str) -> None:
    """Add the nonce for the next request; such a response is not cached (8.2)."""
    headers = response.headers
    headers[NONCE_HEADER] = nonce
    headers["Cache-Control"] = "no-store"
    if "Access-Control-Allow-Origin" in headers:
        exposed = headers.get("Access-Control-Expose-Headers")
        names = exposed.split(", ") if exposed else []
        if NONCE_HEADER not in names:
            headers["Access-Control-Expose-Headers"] = ", ".join((*names, NONCE_HEADER))


def requested_urls(request: Request, bases: Collection[Url]) -> tuple[Url, ...]:
    """Return the URLs of a request below `bases`; its Host header is not read."""
    environ = request.environ
    raw = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    path = normalize_path(raw.encode("latin-1", "replace"))
    return tuple(
        (scheme, host, port, base.rstrip(b"/") + path)
        for scheme, host, port, base in bases
    )
