"""The overview of administration: how much there is, by one bounded statement."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, func, null, or_, select

from pyramid_oauth.clock import now
from pyramid_oauth.database import columns_of, connection
from pyramid_oauth.extensions.administration.pages import Page, Visit
from pyramid_oauth.i18n import _
from pyramid_oauth.models.application import REGISTRATION
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.server import Server

MOST_COUNTED = 1000
"""Rows of a table that are counted; more are shown as that number and a plus."""


class Figure(NamedTuple):
    """One number of the overview.

    Attributes:
        name: Its name, for a host's template.
        label: What is counted.
        number: The number, or "1000+".
        address: The page that lists it, or None.
    """

    name: str
    label: str
    number: str
    address: str | None


LABELS = {
    "applications": _("Applications"),
    "grants": _("Access of applications, in use"),
    "registrations": _("Registrations waiting for approval"),
    "waiting_messages": _("Messages waiting to be sent"),
    "dead_messages": _("Messages that were given up"),
}

SECTIONS = {
    "grants": "users",
    "registrations": "registrations",
    "waiting_messages": "outbox",
    "dead_messages": "outbox",
}
"""The page of administration that lists what is counted."""


def count_all(visit: Visit) -> dict[str, Any]:
    """Return the variables of the overview."""
    server = visit.server
    counters = dict(_counters(server.models, "register" in server.endpoints))
    statement = select(*(query.label(name) for name, query in counters.items()))
    row = connection(visit.session, statement).execute(statement).one()
    translate = visit.request.localizer.translate
    return {
        "figures": [
            Figure(name, translate(LABELS[name]), _shown(count), _address(server, name))
            for name, count in row._mapping.items()
        ]
    }


def _counters(models: Models, has_registration: bool) -> Any:  # noqa: ANN401 - pairs
    application, grant = columns_of(models.Application), columns_of(models.Grant)
    moment = now()
    yield "applications", _count(application["client_id"].is_not(None))
    yield (
        "grants",
        _count(
            grant["revoked_at"].is_(None),
            grant["expires_at"] > moment,
            or_(
                grant["code_digest"].is_(null()),
                grant["code_used_at"].is_not(None),
                grant["code_expires_at"] > moment,
            ),
        ),
    )
    if has_registration:
        yield (
            "registrations",
            _count(
                application["source"] == REGISTRATION,
                application["disabled_at"] <= application["created_at"],
            ),
        )
    if "OutboxMessage" in models:
        dead_at = columns_of(models.OutboxMessage)["dead_at"]
        yield "waiting_messages", _count(dead_at.is_(None))
        yield "dead_messages", _count(dead_at.is_not(None))


def _count(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    """Return the number of rows, which reads one row more than are counted."""
    rows = select(1).where(*conditions).limit(MOST_COUNTED + 1).subquery()
    return select(func.count()).select_from(rows).scalar_subquery()


def _shown(count: int) -> str:
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


def _address(server: Server, name: str) -> str | None:
    if name in SECTIONS:
        return f"{server.url('administration')}/{SECTIONS[name]}"
    has_page = name in server.endpoints
    return server.url(name) if has_page else None


OVERVIEW = Page(title=_("Administration"), template="overview", values=count_all)
