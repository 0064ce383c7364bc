"""The page of the audit log, if the extension `audit` keeps one."""

from __future__ import annotations

from typing import Any

from pyramid_oauth.extensions.administration.pages import LIMIT, Page, Visit
from pyramid_oauth.i18n import _
from pyramid_oauth.server import Server


def has_audit_log(server: Server) -> bool:
    """Whether the server keeps an audit log."""
    return "AuditEntry" in server.models


def _list(visit: Visit) -> dict[str, Any]:
    about, event = visit.text("q"), visit.text("event")
    entries = visit.server.repositories.audit.entries(
        visit.session,
        about=about or None,
        event=event or None,
        before=visit.number("before"),
        limit=LIMIT + 1,
    )
    shown = entries[:LIMIT]
    return {
        "entries": shown,
        "q": about,
        "event": event,
        "before": shown[-1].id if len(entries) > LIMIT else None,
    }


AUDIT = Page(
    title=_("Audit log"), template="audit", values=_list, is_available=has_audit_log
)
