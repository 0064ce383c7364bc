"""How often a source did something within a window of time, over all processes."""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any

from sqlalchemy import Integer, String, bindparam, case, select
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.clock import now
from pyramid_oauth.database import columns_of, connection, fetch_one, mark_written
from pyramid_oauth.hashing import DIGEST_LENGTH
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import UtcDateTime
from pyramid_oauth.models.registry import ModelSpec, PurgeRule
from pyramid_oauth.repositories.inserts import conflict_insert


class AbstractThrottle:
    """How often somebody did something of late, counted across processes.

    `digest` is that of who and what: the table tells nobody who came from where.
    """

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return "oauth_throttle"

    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    count: Mapped[int] = mapped_column(Integer, default=0)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.count}>"


class RateLimits:
    """The statements on counters; a window begins with the first count in it."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        self._table = models.Throttle.__table__
        self._columns = columns_of(models.Throttle)
        self._find = select(
            self._columns["count"].label("counted"),
            self._columns["expires_at"].label("expires_at"),
        ).where(
            self._columns["digest"] == bindparam("_who"),
            self._columns["expires_at"] > bindparam("_at"),
        )

    def seconds_to_wait(self, session: Session, digest: str, most: int) -> int:
        """How long until `digest` may go on; 0 where it counted less than `most`."""
        row = fetch_one(session, self._find, {"_who": digest, "_at": now()})
        if row is None or row.counted < most:
            return 0
        return int((row.expires_at - now()).total_seconds()) + 1

    def count(self, session: Session, digest: str, window: int) -> int:
        """Count once more, by one statement; how many there are in this window."""
        columns, at = self._columns, now()
        until = at + timedelta(seconds=window)
        fresh: dict[Any, Any] = {
            columns["digest"]: digest,
            columns["count"]: 1,
            columns["expires_at"]: until,
        }
        over = columns["expires_at"] <= at
        statement = (
            conflict_insert(session, self._table)
            .values(fresh)
            .on_conflict_do_update(
                index_elements=[columns["digest"]],
                set_={
                    columns["count"]: case((over, 1), else_=columns["count"] + 1),
                    columns["expires_at"]: case(
                        (over, until), else_=columns["expires_at"]
                    ),
                },
            )
            .returning(columns["count"])
        )
        counted = connection(session, statement).execute(statement).scalar_one()
        mark_written(session)
        return int(counted)


def client_address(address: str | None) -> str:
    """An address; of IPv6 the network, since a host has all of it."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(found, IPv6Address):
        # On a socket of both kinds IPv4 comes as ::ffff:192.0.2.1.
        return str(found.ipv4_mapped or found.exploded[:19])
    return str(found)


THROTTLE = ModelSpec(
    "Throttle",
    AbstractThrottle,
    client_column=None,
    purge=PurgeRule(name="counters", model="Throttle"),
)


def includeme(config: Any) -> None:
    """Add the table and the statements, for whoever limits a rate."""
    config.add_oauth_model(THROTTLE)
    config.add_oauth_repository("rate_limits", RateLimits)
