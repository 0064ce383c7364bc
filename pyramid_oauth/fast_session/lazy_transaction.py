"""The transaction manager of a request, which begins when something needs it.

pyramid_tm begins and commits a transaction around every request. Most requests of the
OAuth server read, or write by one statement, and join nothing to it.
"""

from __future__ import annotations

from typing import Any

from transaction import TransactionManager
from transaction.interfaces import ITransactionManager
from zope.interface import implementer

from pyramid_oauth.interfaces.request import Request


@implementer(ITransactionManager)
class LazyTransactionManager:
    """An explicit transaction manager whose transaction begins at its first use."""

    # Of the class, since most requests set neither.
    _manager: TransactionManager | None = None
    _note = ""

    def begin(self) -> LazyTransactionManager:
        """Note that a transaction may begin; returns what takes its note."""
        self._manager = None
        return self

    def note(self, text: str) -> None:
        """Keep the note of the transaction until it begins."""
        self._note = text

    def isDoomed(self) -> bool:
        """Whether the transaction can only be rolled back."""
        return self._manager is not None and bool(self._manager.isDoomed())

    def commit(self) -> None:
        """Commit what was begun."""
        if self._manager is not None:
            self._manager.commit()

    def abort(self) -> None:
        """Roll back what was begun."""
        if self._manager is not None:
            self._manager.abort()

    def __enter__(self) -> LazyTransactionManager:
        return self.begin()

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if error is None:
            self.commit()
        else:
            self.abort()

    # The rest of ITransactionManager needs a transaction.
    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the name tells it
        if self._manager is None:
            self._manager = TransactionManager(explicit=True)
            self._manager.begin().note(self._note)
        return getattr(self._manager, name)


def create_manager(request: Request) -> LazyTransactionManager:
    """Return the manager of a request (`tm.manager_hook` of pyramid_tm)."""
    return LazyTransactionManager()
