"""Look-up of applications for people: by identifier, or as pages of a list.

No specification. The list is in the order of registration, the newest first, and a page
starts after a row instead of at a number: no page costs more than the first one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy import inspect as mapping_of
from sqlalchemy.orm import Session

from pyramid_oauth.database import columns_of, subject_converter
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.server import Server

PAGE_SIZE = 25

LONGEST_SEARCH = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationQuery:
    """What is listed.

    Attributes:
        owner: Only the applications of this subject; None: those of everybody.
        search: Only those with this text in their name, client_id or redirect URIs, or
            with this owner; case does not matter.
        after: The `next` of the page before; None: the first page.
        size: The largest number of applications.
    """

    owner: str | None = None
    search: str = ""
    after: str | None = None
    size: int = PAGE_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationPage:
    """Some applications of a list.

    Attributes:
        applications: The rows, in the session that read them.
        next: What `ApplicationQuery.after` is for the next page; None on the last one.
    """

    applications: tuple[Any, ...]
    next: str | None


def find_application(
    server: Server, session: Session, client_id: str
) -> AbstractApplication | None:
    """Return the application in `session`, so that it can be changed; None if unknown.

    Text that cannot be an identifier is not looked up: PostgreSQL accepts no NUL.
    """
    if not client_id.isprintable():
        return None
    model = server.models.Application
    statement = select(model).where(model.client_id == client_id)
    found: AbstractApplication | None = session.scalars(statement).first()
    return found


def list_applications(
    server: Server, session: Session, query: ApplicationQuery
) -> ApplicationPage:
    """Return a page of the applications that `query` describes."""
    model = server.models.Application
    key = mapping_of(model).primary_key[0]
    conditions = list(_conditions(server, query))
    if query.after is not None:
        after = subject_converter(key)(query.after)
        if after is None:
            return ApplicationPage(applications=(), next=None)
        conditions.append(key < after)
    statement = select(model).where(*conditions).order_by(key.desc())
    found = session.scalars(statement.limit(query.size + 1)).all()
    shown = tuple(found[: query.size])
    has_more = len(found) > query.size
    last = getattr(shown[-1], _key_name(model)) if has_more else None
    return ApplicationPage(applications=shown, next=None if last is None else str(last))


def iterate_applications(
    server: Server, session: Session, query: ApplicationQuery
) -> Iterator[Any]:
    """Yield all applications that `query` describes, a page at a time."""
    following: str | None = query.after
    while True:
        page = list_applications(server, session, replace(query, after=following))
        yield from page.applications
        following = page.next
        if following is None:
            return


def count_applications(server: Server, session: Session, owner: str) -> int:
    """Return how many applications `owner` has; lock them until the transaction ends.

    So if an owner sends two registrations at once, the second request also counts that
    of the first one. An owner without any application has nothing to lock.
    """
    model = server.models.Application
    owned = _is_owned_by(model, owner)
    key = mapping_of(model).primary_key[0]
    return len(session.execute(select(key).where(owned).with_for_update()).all())


def _key_name(model: type[Any]) -> str:
    mapper = mapping_of(model)
    name: str = mapper.get_property_by_column(mapper.primary_key[0]).key
    return name


def _conditions(
    server: Server, query: ApplicationQuery
) -> Iterator[ColumnElement[bool]]:
    model = server.models.Application
    columns = columns_of(model)
    if query.owner is not None:
        yield _is_owned_by(model, query.owner)
    search = query.search.strip()[:LONGEST_SEARCH]
    if search and not search.isprintable():
        yield false()  # no text in the database contains NUL
    elif search:
        texts = (columns[name] for name in ("name", "client_id", "redirect_uris"))
        found = [column.icontains(search, autoescape=True) for column in texts]
        yield or_(*found, _is_owned_by(model, search))


def _is_owned_by(model: type[Any], subject: str) -> ColumnElement[bool]:
    """Return the condition on the owner; an invalid key owns nothing."""
    column = columns_of(model)["user_id"]
    key = subject_converter(column)(subject)
    owned: ColumnElement[bool] = false() if key is None else column == key
    return owned
