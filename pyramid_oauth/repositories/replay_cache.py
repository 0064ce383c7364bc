"""Client assertions that were used: each counts once (RFC 7523 section 3, item 7)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from pyramid_oauth.database import columns_of, execute
from pyramid_oauth.hashing import sha256_digest
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.repositories.inserts import conflict_insert


class UsedAssertions:
    """The shelf of used assertions."""

    def __init__(self, models: Models) -> None:
        self._table = models.UsedAssertion.__table__
        self._columns = columns_of(models.UsedAssertion)

    def spend(
        self, session: Session, client_id: str, jti: str, expires_at: datetime
    ) -> bool:
        """Use up `jti` of `client_id`; False where somebody did so before.

        A second transaction waits for the first one, whose fate decides.
        """
        columns = self._columns
        values: dict[Any, Any] = {
            columns["digest"]: sha256_digest(json.dumps([client_id, jti])),
            columns["expires_at"]: expires_at,
        }
        insert = conflict_insert(session, self._table).values(values)
        statement = insert.on_conflict_do_nothing(index_elements=[columns["digest"]])
        return execute(session, statement, {}) == 1
