"""How many applications a user may own, and register within an hour.

No specification. The setting is `applications_per_owner`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from pyramid_oauth.clients.listing import count_applications
from pyramid_oauth.errors import FieldErrors, TooManyRequests
from pyramid_oauth.repositories.rate_limits import key_of
from pyramid_oauth.server import Server

WINDOW = 3600
"""Seconds in which the registrations of an owner are counted."""


class TooManyApplications(Exception):
    """The owner has as many applications as the settings allow."""


@contextmanager
def count_registration(
    server: Server, session: Session, subject: str, most: int
) -> Iterator[None]:
    """Count a registration of an owner, unless its fields turn out to be invalid.

    Raises:
        TooManyRequests: The owner registers too often.
        TooManyApplications: The owner has `most` of them already.
    """
    limits = {key_of("applications", subject): most}
    repository = server.repositories.rate_limits
    if wait := repository.attempt(session, limits, WINDOW):
        raise TooManyRequests(wait)
    try:
        if count_applications(server, session, subject) >= most:
            raise TooManyApplications
        yield
    except (TooManyApplications, FieldErrors):
        repository.take_back(session, limits)
        raise
