"""Applications by client_id, with a cache whose copies are verified at each use.

A cached copy is used without a query. The statement that the request runs in any case
returns the `revision` of the row; if it differs, `StaleApplication` restarts the
request with a fresh copy. So no process acts on an outdated client.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from pyramid_oauth import hashing
from pyramid_oauth.database import fetch_one, look_up, prepared
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.bundle import Models

# Bounds how long an UPDATE made by hand, which bumps no revision, stays unseen.
MAX_AGE = 30.0


class StaleApplication(Exception):
    """The cached copy of `client_id` is outdated; nothing was written."""

    def __init__(self, client_id: str) -> None:
        super().__init__(client_id)
        self.client_id = client_id


class Applications:
    """Finds the configured Application class by client_id."""

    def __init__(self, models: Models, cache_size: int) -> None:
        self._class = models.Application
        self._keys = [attr.key for attr in models.Application.__mapper__.column_attrs]
        columns = [getattr(self._class, key) for key in self._keys]
        by_id = self._class.client_id == bindparam("client_id")
        self._select = look_up(prepared(select(*columns).where(by_id)))
        chosen = [
            column.startswith(hashing.CHOSEN)
            for column in (
                self._class.client_secret,
                self._class.retiring_client_secret,
            )
        ]
        self._select_chosen = look_up(select(1).where(or_(*chosen)).limit(1))
        self._has_chosen, self._chosen_until = False, 0.0
        self._size = cache_size
        self._lock = Lock()
        self._cache: OrderedDict[str, tuple[float, AbstractApplication]] = OrderedDict()

    def cached(self, client_id: str) -> AbstractApplication | None:
        """Return the copy in memory, which may be outdated; None if there is none."""
        entry = self._cache.get(client_id)
        if entry is None or entry[0] < time.monotonic():
            return None
        return entry[1]

    def load(self, session: Session, client_id: str) -> AbstractApplication | None:
        """Return the application from the database, detached; None if unknown.

        A copy of its own: a host's instance in `session` is neither used nor touched.
        Text that cannot be an identifier is not looked up: PostgreSQL accepts no NUL.
        """
        if not client_id.isprintable():
            return None
        row = fetch_one(session, self._select, {"client_id": client_id})
        if row is None:
            self.invalidate(client_id)
            return None
        application: AbstractApplication = (
            self._class.__mapper__.class_manager.new_instance()
        )
        for key, value in zip(self._keys, row, strict=True):
            set_committed_value(application, key, value)
        make_transient_to_detached(application)
        self._keep(client_id, application)
        return application

    def get(self, session: Session, client_id: str) -> AbstractApplication | None:
        """Return the cached copy, or load the application."""
        return self.cached(client_id) or self.load(session, client_id)

    def at_revision(
        self, session: Session, client_id: str, revision: int | None
    ) -> AbstractApplication | None:
        """Return the application whose row has this `revision`; None if it is None."""
        if revision is None:
            return None
        application = self.cached(client_id)
        if application is not None and application.revision == revision:
            return application
        return self.load(session, client_id)

    def prove(self, application: AbstractApplication, revision: int | None) -> None:
        """Raise StaleApplication unless the row is at the copy's revision."""
        if application.revision != revision:
            self.invalidate(application.client_id)
            raise StaleApplication(application.client_id)

    def require_current(
        self, session: Session, application: AbstractApplication
    ) -> None:
        """Raise StaleApplication unless the row, read now, is at the copy's revision.

        For a request that runs no other statement which reads the revision.
        """
        client_id = application.client_id
        fresh = self.load(session, client_id)
        if fresh is None or fresh.revision != application.revision:
            self.invalidate(client_id)
            raise StaleApplication(client_id)

    def have_chosen_secret(self, session: Session) -> bool:
        """Whether a person chose the secret of any application; cached for a while."""
        if self._chosen_until < time.monotonic():
            found = fetch_one(session, self._select_chosen, {})
            self._has_chosen = found is not None
            self._chosen_until = time.monotonic() + MAX_AGE
        return self._has_chosen

    def invalidate(self, client_id: str) -> None:
        """Remove the cached copy of `client_id`."""
        with self._lock:
            self._cache.pop(client_id, None)

    def _keep(self, client_id: str, application: AbstractApplication) -> None:
        if not self._size:
            return
        with self._lock:
            self._cache[client_id] = (time.monotonic() + MAX_AGE, application)
            self._cache.move_to_end(client_id)
            if len(self._cache) > self._size:
                self._cache.popitem(last=False)
