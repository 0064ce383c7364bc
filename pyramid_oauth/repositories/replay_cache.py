"""Replay cache: identifiers of assertions, each of which is accepted once.

RFC 7523 section 3, item 7. The database decides, for all processes.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.database import columns_of, connection, execute
from pyramid_oauth.hashing import DIGEST_LENGTH, sha256_digest
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import UtcDateTime
from pyramid_oauth.models.registry import ModelSpec
from pyramid_oauth.repositories.inserts import conflict_insert


class AbstractUsedAssertion:
    """An identifier that was used.

    Attributes:
        digest: That of its owner and the `jti`.
        expires_at: When the assertion expires; then the row is not needed any more.
    """

    __tablename__ = "oauth_used_assertion"

    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.digest}>"


class ReplayCache:
    """The statement on used identifiers."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        self._table = models.UsedAssertion.__table__
        self._columns = columns_of(models.UsedAssertion)

    def consume(
        self, session: Session, client_id: str, jti: str, expires_at: datetime
    ) -> bool:
        """Mark `jti` of `client_id` as used; return False if it was used before.

        A second transaction waits until the first one commits or rolls back.
        """
        columns = self._columns
        values: dict[Any, Any] = {
            columns["digest"]: sha256_digest(json.dumps([client_id, jti])),
            columns["expires_at"]: expires_at,
        }
        insert = conflict_insert(connection(session, self._table), self._table).values(
            values
        )
        statement = insert.on_conflict_do_nothing(index_elements=[columns["digest"]])
        return execute(session, statement, {}) == 1


USED_ASSERTION = ModelSpec("UsedAssertion", AbstractUsedAssertion, client_column=None)


def includeme(config: Configurator) -> None:
    """Add the table and the statement, for an extension that needs them."""
    config.add_oauth_model(USED_ASSERTION)
    config.add_oauth_repository("replay_cache", ReplayCache)
