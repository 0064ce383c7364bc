"""Rows of the tests of the purge, and their number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.config.build import declared

DECLARED = declared({})
MODELS, SETTINGS = DECLARED.models, DECLARED.settings


class Rows:
    """Adds rows that expire at a given moment."""

    def __init__(self, session: Session) -> None:
        self.session, self.count = session, 0
        self.session.add(MODELS.Application(client_id="web", client_type="public"))
        self.session.flush()

    def _digest(self) -> str:
        self.count += 1
        return f"{self.count:043}"

    def _add(self, model: Any, expires: timedelta, **more: Any) -> Any:
        row = model(client_id="web", expires_at=now() + expires, **more)
        self.session.add(row)
        self.session.flush()
        return row

    def grant(self, expires: timedelta, **more: Any) -> Any:
        digest = self._digest()
        return self._add(
            MODELS.Grant, expires, user_id="alice", code_digest=digest, **more
        )

    def access(self, expires: timedelta, grant: Any = None, **more: Any) -> Any:
        key = grant.id if grant else None
        digest = self._digest()
        return self._add(
            MODELS.AccessToken, expires, grant_id=key, digest=digest, **more
        )

    def refresh(self, expires: timedelta, grant: Any, **more: Any) -> Any:
        return self._add(
            MODELS.RefreshToken,
            expires,
            grant_id=grant.id,
            user_id="alice",
            digest=self._digest(),
            absolute_expires_at=now() + expires,
            **more,
        )

    def request(self, expires: timedelta) -> Any:
        digest = self._digest()
        return self._add(
            MODELS.AuthorizationRequest, expires, digest=digest, parameters={}
        )

    def consent(self, user_id: str, expires: timedelta | None) -> Any:
        until = None if expires is None else now() + expires
        self.session.add(
            MODELS.Consent(client_id="web", user_id=user_id, expires_at=until)
        )


@contextmanager
def rows(engine: Engine) -> Iterator[Rows]:
    with Session(engine) as session, session.begin():
        yield Rows(session)


def count_rows(engine: Engine) -> dict[str, int]:
    with Session(engine) as session:
        return {
            role: session.scalar(
                select(func.count()).select_from(getattr(MODELS, role))
            )
            or 0
            for role in (
                "AccessToken",
                "RefreshToken",
                "AuthorizationRequest",
                "Grant",
                "Consent",
            )
        }
