"""The page of throttled attempts: list throttled sources and delete their counters.

RFC 6749 section 4.3.2. The counters store only digests of names and addresses, so an
administrator must enter the name or address; the audit log shows who was throttled.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pyramid_oauth.clock import now
from pyramid_oauth.extensions.administration.log import has_audit_log
from pyramid_oauth.extensions.administration.pages import (
    LIMIT,
    Action,
    Change,
    Page,
    Visit,
)
from pyramid_oauth.i18n import _
from pyramid_oauth.repositories.rate_limits import key_of, limits_by_source
from pyramid_oauth.server import Server
from pyramid_oauth.throttling import (
    CLIENT,
    CLIENTS,
    FROM_SOURCE,
    KNOWN_BROWSER,
    METADATA_DOCUMENTS,
    OF_NAME,
    PASSWORD,
    REGISTRATION,
    REGISTRATION_TOKEN,
    SECOND_FACTOR,
)

PASSWORD_OF, PASSWORD_FROM, PASSWORD_KNOWN = (
    each.format(PASSWORD) for each in (OF_NAME, FROM_SOURCE, KNOWN_BROWSER)
)

FACTOR_OF, FACTOR_KNOWN = (
    each.format(SECOND_FACTOR) for each in (OF_NAME, KNOWN_BROWSER)
)

KINDS = {
    PASSWORD: _("Passwords of this user from this address"),
    PASSWORD_OF: _("Passwords of this user from everywhere"),
    PASSWORD_FROM: _("Passwords of all users from this address"),
    PASSWORD_KNOWN: _("Passwords of this user in browsers that are known"),
    SECOND_FACTOR: _("Second factors of this user from this address"),
    FACTOR_OF: _("Second factors of this user from everywhere"),
    FACTOR_KNOWN: _("Second factors of this user in browsers that are known"),
    CLIENT: _("Secrets of this client from this address"),
    CLIENTS: _("Secrets of all clients from this address"),
    REGISTRATION: _("Registrations from this address"),
    REGISTRATION_TOKEN: _("Registration tokens from this address"),
    METADATA_DOCUMENTS: _("Unknown metadata documents from this address"),
}


class Counter(NamedTuple):
    """A counter whose window has not ended.

    Attributes:
        kind: One of `KINDS`.
        attempts: The number of attempts.
        ends: When the window ends.
    """

    kind: str
    attempts: int
    ends: datetime


def has_counters(server: Server) -> bool:
    """Whether the server counts attempts."""
    return "Throttle" in server.models


def _list(visit: Visit) -> dict[str, Any]:
    name, address = visit.text("name"), visit.text("address")
    keys = dict(_keys(name, address))
    counted = visit.server.repositories.rate_limits.counted(visit.session, keys, now())
    translate = visit.request.localizer.translate
    return {
        "name": name,
        "address": address,
        "counters": [
            Counter(translate(KINDS[keys[key]]), count, ends)
            for key, (count, ends) in counted.items()
        ],
        "throttled": list(_throttled(visit)),
    }


def _keys(name: str, address: str) -> Iterator[tuple[str, str]]:
    """Yield the keys under which attempts are counted, each with its kind."""
    user = name.lower()
    if user:
        for kind in (PASSWORD_OF, PASSWORD_KNOWN, FACTOR_OF, FACTOR_KNOWN):
            yield key_of(kind, user), kind
    if not address:
        return
    for kind, parts in (
        (PASSWORD, (user,)),
        (SECOND_FACTOR, (user,)),
        (CLIENT, (name,)),
        # The counter of the login page; the password grant counts by client.
        (PASSWORD_FROM, ("",)),
        (CLIENTS, ()),
        (REGISTRATION, ()),
        (REGISTRATION_TOKEN, ()),
        (METADATA_DOCUMENTS, ()),
    ):
        if name or kind not in (PASSWORD, SECOND_FACTOR, CLIENT):
            for key in limits_by_source(address, 1, kind, *parts):
                yield key, kind


def _throttled(visit: Visit) -> Iterator[Any]:
    """Yield the newest entries of the audit log about sources that still wait."""
    if not has_audit_log(visit.server):
        return
    entries = visit.server.repositories.audit.entries(
        visit.session, event="RequestThrottled", limit=LIMIT
    )
    moment = now()
    for entry in entries:
        details = entry.details or {}
        until = entry.at + timedelta(seconds=details.get("seconds", 0))
        if until > moment:
            yield entry, details.get("limit", ""), until


def _lift(visit: Visit, target: str) -> Change | None:
    name, address = visit.text("name"), visit.text("address")
    keys = dict(_keys(name, address))
    limits = visit.server.repositories.rate_limits
    if not limits.counted(visit.session, keys, now()):
        return None
    limits.reset(visit.session, keys)
    return Change(target=" ".join(filter(None, (name, address))))


THROTTLES = Page(
    title=_("Throttled attempts"),
    template="throttles",
    values=_list,
    is_available=has_counters,
    kept=("name", "address"),
    actions={"lift_throttle": Action(run=_lift, done=_("New attempts are accepted."))},
)
