"""The page of clients that registered themselves and wait for approval (RFC 7591)."""

from __future__ import annotations

from typing import Any

from pyramid_oauth.clients.drafts import ChangedMeanwhile, claim
from pyramid_oauth.clients.management import delete_application, set_enabled
from pyramid_oauth.extensions.administration.pages import (
    LIMIT,
    Action,
    Change,
    Page,
    Visit,
)
from pyramid_oauth.i18n import _
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.server import Server


def has_registration(server: Server) -> bool:
    """Whether clients register themselves."""
    return "register" in server.endpoints


def _list(visit: Visit) -> dict[str, Any]:
    records = visit.server.repositories.administration
    waiting = records.waiting_registrations(visit.session, visit.offset)
    return {"registrations": waiting[:LIMIT], "has_more": len(waiting) > LIMIT}


def _approve(visit: Visit, target: str) -> Change | None:
    application = _find(visit, target)
    if application is None:
        return None
    try:
        set_enabled(visit.request, application, True, by=visit.account.subject)
    except ChangedMeanwhile:
        return None
    return Change(client_id=target)


def _reject(visit: Visit, target: str) -> Change | None:
    application = _find(visit, target)
    if application is None:
        return None
    try:
        # Another administrator may approve it at the same time.
        claim(visit.server, visit.session, application, None)
    except ChangedMeanwhile:
        return None
    delete_application(visit.request, application, by=visit.account.subject)
    return Change(client_id=target)


def _find(visit: Visit, client_id: str) -> AbstractApplication | None:
    records = visit.server.repositories.administration
    found: AbstractApplication | None = records.find_waiting(visit.session, client_id)
    return found


REGISTRATIONS = Page(
    title=_("Registrations"),
    template="registrations",
    values=_list,
    is_available=has_registration,
    actions={
        "approve_registration": Action(
            run=_approve, done=_("The application can be used now.")
        ),
        "reject_registration": Action(
            run=_reject,
            question=_("Refuse this application and delete its registration?"),
            done=_("The registration is deleted."),
        ),
    },
)
