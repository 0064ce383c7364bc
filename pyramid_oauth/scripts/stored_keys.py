"""What `check` looks for among the server's keys: missing, unusable, overdue.

OpenID Connect Core section 10.1.1 (rotation).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from pyramid_oauth.clock import now
from pyramid_oauth.keys.ring import KeyRing, State
from pyramid_oauth.keys.rotation import plan
from pyramid_oauth.scripts.findings import Finding
from pyramid_oauth.scripts.keys import keys_of
from pyramid_oauth.server import key_encryption_keys

LATE = timedelta(days=2)
"""How late a rotation may be that runs daily."""


def in_keys(request: Any) -> Iterator[Finding]:
    """The findings about keys; none where the server is no OpenID Provider."""
    server = request.oauth.server
    if server.ring is None:
        return
    ring = server.ring.current(lambda: request.oauth.session)
    yield from _missing(ring, server.settings.signing_algorithms)
    yield from _unusable(ring)
    if key_encryption_keys(server.settings):
        yield from _overdue(request)


def _missing(ring: KeyRing, algorithms: tuple[str, ...]) -> Iterator[Finding]:
    active = {key.alg for key in ring if key.state is State.ACTIVE}
    for alg in algorithms:
        if alg not in active:
            yield Finding(
                "E211",
                f"there is no active key for {alg}; run pyramid-oauth keys rotate, or "
                "name one in signing_key_files or signers",
            )


def _unusable(ring: KeyRing) -> Iterator[Finding]:
    for key in ring:
        in_use = key.state in (State.ACTIVE, State.NEXT)
        if in_use and key.private is None and key.signer is None:
            yield Finding(
                "E212",
                f"the private half of the key {key.kid} cannot be opened; was "
                "pyramid_oauth.key_encryption_keys or pyramid_oauth.secret changed?",
            )


def _overdue(request: Any) -> Iterator[Finding]:
    found = keys_of(request)
    if plan(now() - LATE, found.store.records(), found.intervals):
        yield Finding(
            "W311", "pyramid-oauth keys rotate is overdue; it should run daily"
        )
