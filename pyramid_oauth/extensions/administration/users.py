"""The pages of users: the list, and the grants, tokens and sessions of one user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pyramid_oauth import events
from pyramid_oauth.accounts import Accounts
from pyramid_oauth.browser.session_ending import end_all_sessions, end_session
from pyramid_oauth.clock import now
from pyramid_oauth.extensions.administration.pages import (
    LIMIT,
    Action,
    Change,
    Page,
    Visit,
)
from pyramid_oauth.i18n import _
from pyramid_oauth.pages.user_agent import describe_device
from pyramid_oauth.protocol.revocation import end_grants
from pyramid_oauth.protocol.withdrawal import withdraw_consent
from pyramid_oauth.repositories.authorizations import GrantFilter

REASON = "ended by an administrator"


def find_users(visit: Visit) -> dict[str, Any]:
    """Return the users that match the search, or the details of one user."""
    subject = visit.text("subject")
    if subject:
        return _one_user(visit, subject)
    wanted, accounts = visit.text("q"), visit.server.accounts
    if _can_search(accounts):
        found = accounts.search(
            visit.request, wanted, offset=visit.offset, limit=LIMIT + 1
        )
        users = [(each.subject, each.display_name) for each in found]
    else:
        records = visit.server.repositories.administration
        subjects = records.subjects(visit.session, wanted, visit.offset)
        users = [(each, "") for each in subjects]
    return {
        "users": users[:LIMIT],
        "has_more": len(users) > LIMIT,
        "q": wanted,
        "subject": "",
    }


def _can_search(accounts: Accounts) -> bool:
    return type(accounts).search is not Accounts.search


def _one_user(visit: Visit, subject: str) -> dict[str, Any]:
    server, moment = visit.server, now()
    records = server.repositories
    offset, of_user = visit.offset, GrantFilter(user_id=subject)
    grants: Sequence[Any] = records.authorizations.live_grants(
        visit.session, of_user, moment, LIMIT + 1, offset
    )
    given = records.consents.of_user(visit.session, subject, moment)
    consents: Sequence[Any] = given[offset:]
    tokens = records.administration.live_tokens(
        visit.session, subject, moment, offset=offset
    )
    sessions = _sessions(visit, subject)
    lists = [grants, consents, tokens, sessions or ()]
    grants, consents, tokens = (each[:LIMIT] for each in (grants, consents, tokens))
    client_ids = {each.client_id for each in (*grants, *consents, *tokens)}
    return {
        "subject": subject,
        "name": _name(visit, subject),
        "grants": grants,
        "consents": consents,
        "tokens": tokens,
        "client_names": {each: visit.client_name(each) for each in client_ids},
        "sessions": None if sessions is None else sessions[:LIMIT],
        "limit": LIMIT,
        "has_more": any(len(each) > LIMIT for each in lists),
    }


def _name(visit: Visit, subject: str) -> str:
    found = visit.server.accounts.search(visit.request, subject, offset=0, limit=2)
    names = (each.display_name for each in found if each.subject == subject)
    return next(names, "")


def _sessions(visit: Visit, subject: str) -> list[Any] | None:
    """Return the login sessions in words; None if the host stores none."""
    stored = visit.server.login_sessions
    if stored is None:
        return None
    listed = stored.of_user(visit.request, subject)
    shown = listed[visit.offset :]
    return [(each, describe_device(each.user_agent)) for each in shown]


def _end_grant(visit: Visit, target: str) -> Change | None:
    subject = visit.text("subject")
    try:
        key = UUID(target)
    except ValueError:
        return None
    chosen = GrantFilter(user_id=subject, id=key)
    return _ended(subject, end_grants(visit.request, visit.server, chosen, REASON))


def _end_all_grants(visit: Visit, target: str) -> Change | None:
    subject = visit.text("subject")
    chosen = GrantFilter(user_id=subject)
    return _ended(subject, end_grants(visit.request, visit.server, chosen, REASON))


def _end_token(visit: Visit, target: str) -> Change | None:
    subject, key = visit.text("subject"), visit.number("target")
    records = visit.server.repositories
    if key is None:
        return None
    moment, views = now(), records.administration
    found = views.live_tokens(visit.session, subject, moment, key)
    if not found or not records.access_tokens.revoke(visit.session, key, moment):
        return None
    client_id = found[0].client_id
    events.notify(
        events.TokenRevoked(request=visit.request, client_id=client_id, user_id=subject)
    )
    return Change(user_id=subject, client_id=client_id)


def _withdraw_consent(visit: Visit, target: str) -> Change | None:
    subject = visit.text("subject")
    consents = visit.server.repositories.consents
    given = consents.of_user(visit.session, subject, now())
    if target not in {each.client_id for each in given}:
        return None
    withdraw_consent(visit.request, visit.server, subject, target, frozenset())
    return Change(user_id=subject, client_id=target)


def _end_session(visit: Visit, target: str) -> Change | None:
    subject = visit.text("subject")
    if visit.server.login_sessions is None:
        return None
    ended = end_session(visit.request, visit.server, subject, target)
    return _ended(subject, int(ended is not None))


def _end_all_sessions(visit: Visit, target: str) -> Change | None:
    subject = visit.text("subject")
    if visit.server.login_sessions is None:
        return None
    return _ended(subject, end_all_sessions(visit.request, visit.server, subject))


def _ended(subject: str, count: int) -> Change | None:
    return Change(user_id=subject) if count else None


USERS = Page(
    title=_("Users"),
    template="users",
    values=find_users,
    kept=("subject",),
    actions={
        "end_grant": Action(
            run=_end_grant,
            question=_("End this access, with its tokens?"),
            done=_("The access is ended."),
        ),
        "end_all_grants": Action(
            run=_end_all_grants,
            question=_("End the access of all applications to this account?"),
            done=_("No application has a valid token of this user any more."),
        ),
        "end_token": Action(
            run=_end_token,
            question=_("End this access token?"),
            done=_("The access token is ended."),
        ),
        "withdraw_consent": Action(
            run=_withdraw_consent,
            question=_(
                "Forget what the user allowed this application, and end its access?"
            ),
            done=_("The consent is withdrawn."),
        ),
        "end_session": Action(
            run=_end_session,
            question=_("Log the user out in this browser?"),
            done=_("The session is ended."),
        ),
        "end_all_sessions": Action(
            run=_end_all_sessions,
            question=_("Log the user out everywhere?"),
            done=_("The user is logged out everywhere."),
        ),
    },
)
