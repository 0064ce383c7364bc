"""The page of the outbox: waiting and failed messages, retry, drop.

OpenID Connect Back-Channel Logout section 2.5.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.extensions.administration.pages import (
    LIMIT,
    Action,
    Change,
    Page,
    Visit,
)
from pyramid_oauth.i18n import _
from pyramid_oauth.outbox.administration import WaitingMessages
from pyramid_oauth.server import Server


def has_outbox(server: Server) -> bool:
    """Whether an extension sends messages."""
    return "OutboxMessage" in server.models


def _messages(visit: Visit) -> WaitingMessages:
    return WaitingMessages(visit.session, visit.server.models)


def _list(visit: Visit) -> dict[str, Any]:
    dead = visit.text("state") == "dead"
    messages = _messages(visit).list(dead=dead, offset=visit.offset, limit=LIMIT + 1)
    return {
        "messages": messages[:LIMIT],
        "has_more": len(messages) > LIMIT,
        "state": "dead" if dead else "",
    }


def _retry(visit: Visit, target: str) -> Change | None:
    key = visit.number("target")
    return _changed(_messages(visit).retry(key) if key is not None else 0)


def _retry_dead(visit: Visit, target: str) -> Change | None:
    return _changed(_messages(visit).retry(None))


def _drop(visit: Visit, target: str) -> Change | None:
    key = visit.number("target")
    return _changed(_messages(visit).drop(key) if key is not None else 0)


def _drop_dead(visit: Visit, target: str) -> Change | None:
    return _changed(_messages(visit).drop(None))


def _changed(count: int) -> Change | None:
    return Change() if count else None


OUTBOX = Page(
    title=_("Outbox"),
    template="outbox",
    values=_list,
    is_available=has_outbox,
    kept=("state",),
    actions={
        "retry_message": Action(
            run=_retry, done=_("The message is delivered again soon.")
        ),
        "retry_dead_messages": Action(
            run=_retry_dead, done=_("The messages are delivered again soon.")
        ),
        "drop_message": Action(
            run=_drop,
            question=_("Delete this message? Its receiver never gets it."),
            done=_("The message is deleted."),
        ),
        "drop_dead_messages": Action(
            run=_drop_dead,
            question=_("Delete all messages that were given up?"),
            done=_("The messages are deleted."),
        ),
    },
)
