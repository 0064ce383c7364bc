"""Rate limits: how many attempts a key has within a window of time.

RFC 6749 sections 2.3.1 and 4.3.2 (protection against brute force). The database counts,
for all processes. An attempt is counted before the credential is checked, so that the
limit holds for parallel attempts; one that succeeds is taken back.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from sqlalchemy import (
    Connection,
    Executable,
    Integer,
    String,
    case,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.clock import now
from pyramid_oauth.database import columns_of, connection, look_up
from pyramid_oauth.hashing import DIGEST_LENGTH, sha256_digest
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import UtcDateTime
from pyramid_oauth.models.registry import ModelSpec, PurgeRule
from pyramid_oauth.repositories.autonomous_transaction import AutonomousConnections
from pyramid_oauth.repositories.inserts import conflict_insert
from pyramid_oauth.repositories.lock_order import is_among

Limits = Mapping[str, int]
"""The permitted number of attempts by key; see `key_of`."""

NETWORKS = ((64, 1), (48, 2))
"""Prefixes of IPv6, the narrowest first, each with the factor of its limit.

A host has a whole /64, and a customer may have a /48; with two /64s at their limits
the /48 around them has reached its own.
"""


MAX_RECENT_KEYS = 10_000
"""Keys that a process remembers."""


class AbstractThrottle:
    """How often a key was counted within its window, over all processes.

    Attributes:
        digest: That of the key: the table has no names and addresses in plain text.
        count: The attempts within the window.
        expires_at: The end of the window.
    """

    __tablename__ = "oauth_throttle"

    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    count: Mapped[int] = mapped_column(Integer, default=0)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.count}>"


class RateLimits:
    """The statements on counters; a window begins with the first attempt in it.

    All but `seconds_to_wait` commit at once (`AutonomousConnections`). Where a method
    takes the time `at`, it is that of the request; the default is now.
    """

    def __init__(self, models: Models, accounts: Accounts) -> None:
        self._connections = AutonomousConnections()
        self._table = models.Throttle.__table__
        columns = columns_of(models.Throttle)
        self._digest, self._count = columns["digest"], columns["count"]
        self._expires_at = columns["expires_at"]
        self.recent: dict[str, datetime] = {}
        """The keys that this process counted, with the latest end of their window.

        It only tells when a query is needed; the database decides. See `remember`.
        """

    def seconds_to_wait(
        self, session: Session, limits: Limits, at: datetime | None = None
    ) -> int:
        """Return the seconds until all limits permit an attempt; 0: they do."""
        if not limits:
            return 0
        at = at or now()
        statement = self._select(limits, at)
        return _wait(connection(session, statement).execute(statement), limits, at)

    def attempt(
        self,
        session: Session,
        limits: Limits,
        window: int,
        at: datetime | None = None,
    ) -> int:
        """Count an attempt under every key, by one statement.

        Args:
            session: The session of the request.
            limits: The permitted attempts by key; no key is counted beyond its limit.
            window: Seconds from the first attempt to the end of its window.
            at: The time of the attempt.

        Returns:
            0 where the attempt is permitted. Else nothing was counted, and these are
            the seconds until the next attempt.
        """
        if not limits:
            return 0
        at = at or now()
        until = at + timedelta(seconds=window)
        with self._connections.open(session, insert(self._table)) as on:
            counted = set(on.execute(self._upsert(on, limits, at, until)).scalars())
            if len(counted) == len(limits):
                return 0
            self._undo(on, counted)
            refused = {key: most for key, most in limits.items() if key not in counted}
            rows = on.execute(self._select(refused, at))
            return max(1, _wait(rows, refused, at))

    def take_back(self, session: Session, keys: Collection[str]) -> None:
        """Uncount one attempt under every key: it succeeded or was not made."""
        if not keys:
            return
        with self._connections.open(session, update(self._table)) as on:
            self._decrement(on, keys)

    def reset(self, session: Session, keys: Collection[str]) -> None:
        """Uncount all attempts under every key."""
        statement = delete(self._table).where(is_among(self._digest, keys))
        with self._connections.open(session, statement) as on:
            on.execute(statement)
        for key in keys:
            self.recent.pop(key, None)

    def counted(
        self, session: Session, keys: Collection[str], at: datetime
    ) -> dict[str, tuple[int, datetime]]:
        """Return, by key, the attempts within a window that lasts, and its end."""
        statement = self._select(keys, at)
        rows = connection(session, statement).execute(statement)
        return {key: (count, ends) for key, count, ends in rows if count > 0}

    def keep_recent(self, limits: Limits, at: datetime) -> dict[str, int]:
        """Return those limits whose keys this process remembers."""
        recent = self.recent
        return {
            key: most
            for key, most in limits.items()
            if (until := recent.get(key)) is not None and until > at
        }

    def remember(self, keys: Iterable[str], window: int, at: datetime) -> None:
        """Remember in this process, for a window, that an attempt was counted."""
        recent = self.recent
        if len(recent) > MAX_RECENT_KEYS:
            recent.clear()  # the counts themselves are in the database
        recent.update(dict.fromkeys(keys, at + timedelta(seconds=window)))

    def _upsert(
        self, on: Connection, limits: Limits, at: datetime, until: datetime
    ) -> Executable:
        digest, count, expires_at = self._digest, self._count, self._expires_at
        is_over = expires_at <= at
        permitted = case(dict(limits), value=digest)
        # Always in the same order, so that two requests cannot deadlock.
        rows = [{digest: key, count: 1, expires_at: until} for key in sorted(limits)]
        upsert: Executable = (
            conflict_insert(on, self._table)
            .values(rows)
            .on_conflict_do_update(
                index_elements=[digest],
                set_={
                    count: case((is_over, 1), else_=count + 1),
                    expires_at: case((is_over, until), else_=expires_at),
                },
                where=or_(is_over, count < permitted),
            )
            .returning(digest)
        )
        return upsert

    def _undo(self, on: Connection, keys: Collection[str]) -> None:
        """Leave no row of a refused attempt: a caller chooses names at will."""
        if keys:
            self._decrement(on, keys)
            empty = is_among(self._digest, keys), self._count <= 0
            on.execute(delete(self._table).where(*empty))

    def _decrement(self, on: Connection, keys: Collection[str]) -> None:
        if keys:
            counted = is_among(self._digest, keys), self._count > 0
            lower = update(self._table).where(*counted)
            on.execute(lower.values({self._count: self._count - 1}))

    def _select(self, keys: Collection[str], at: datetime) -> Executable:
        statement = select(self._digest, self._count, self._expires_at).where(
            self._digest.in_(sorted(keys)), self._expires_at > at
        )
        return look_up(statement)


def _wait(rows: Iterable[Any], limits: Limits, at: datetime) -> int:
    reached = [ends for key, count, ends in rows if count >= limits[key]]
    if not reached:
        return 0
    return int((max(reached) - at).total_seconds()) + 1


def key_of(*parts: str) -> str:
    """Return the key of what is counted: a digest of its parts."""
    return sha256_digest(json.dumps(parts))


@lru_cache(maxsize=256)
def limits_by_source(address: str | None, most: int, *parts: str) -> dict[str, int]:
    """Return the limits of a source: `most` attempts, counted with `parts`.

    Cached: do not change the result.

    Args:
        address: The address of the client, as WSGI has it.
        most: The permitted attempts of one IPv4 address, or of one /64 of IPv6.
        parts: What is counted, such as the client; see `key_of`.
    """
    return {
        key_of(*parts, network): most * factor for network, factor in networks(address)
    }


def networks(address: str | None) -> list[tuple[str, int]]:
    """Return the networks by which an address is counted, with their factors.

    IPv4 counts by address, IPv6 by /64 and by /48. A zone (RFC 4007 section 11) is
    left out; what is no address counts as it is.
    """
    plain, _, _ = (address or "").partition("%")
    try:
        ip = ip_address(plain)
    except ValueError:
        return [(plain, 1)]
    if not isinstance(ip, IPv6Address):
        return [(str(ip), 1)]
    if ip.ipv4_mapped is not None:  # IPv4 on a socket of both kinds
        return [(str(ip.ipv4_mapped), 1)]
    return [
        (str(ip_network((ip, prefix), strict=False)), factor)
        for prefix, factor in NETWORKS
    ]


def is_local(address: str | None) -> bool:
    """Whether the address is this machine's: of a proxy that forwards none."""
    plain, _, _ = (address or "").partition("%")
    try:
        ip = ip_address(plain)
    except ValueError:
        return not plain
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return (mapped or ip).is_loopback


THROTTLE = ModelSpec(
    "Throttle",
    AbstractThrottle,
    client_column=None,
    purge=PurgeRule(name="counters", model="Throttle"),
)


def includeme(config: Configurator) -> None:
    """Add the table and the statements; each part that limits a rate includes this."""
    config.add_oauth_model(THROTTLE)
    config.add_oauth_repository("rate_limits", RateLimits)
