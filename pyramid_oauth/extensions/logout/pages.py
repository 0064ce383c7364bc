"""Logout pages: the confirmation, and the result.

OpenID Connect RP-Initiated Logout sections 2 and 4, Front-Channel Logout section 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import urlsplit

from pyramid.csrf import get_csrf_token
from pyramid.response import Response

from pyramid_oauth.accounts import Account
from pyramid_oauth.http.urls import current_path
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.pages.rendering import page, target
from pyramid_oauth.server import ServerRequest

FOLDER = "pyramid_oauth:extensions/logout"

STATIC = f"{FOLDER}/static/"

WAIT = 5
"""Seconds that a browser without JavaScript waits for the frames of clients."""


class Outcome(StrEnum):
    """What a logout request ended with, as the result page says it."""

    LOGGED_OUT = "logged-out"
    STILL_LOGGED_IN = "still-logged-in"
    ACCOUNT_CHANGED = "account-changed"
    NOT_LOGGED_IN = "not-logged-in"


def confirmation_page(
    request: ServerRequest,
    account: Account,
    *,
    application: AbstractApplication | None = None,
    leads_to: str | None = None,
    handed_on: Mapping[str, str] | None = None,
    problem: str | None = None,
) -> Response:
    """Return the page that asks whether to log out.

    `problem` is the error code of an invalid request; `leads_to` is the URI of the
    application to which the browser is redirected afterwards.
    """
    values = {
        "application": application,
        "client_name": (application.name or application.client_id)
        if application
        else None,
        "account_name": account.display_name or account.subject,
        "handed_on": handed_on or {},
        "problem": problem,
        "csrf_token": get_csrf_token(request),
        "action": current_path(request),
    }
    status = 400 if problem else 200
    return page(
        request,
        f"{FOLDER}/templates/logout.oauth",
        values,
        status,
        leads_to=leads_to,
    )


def result_page(
    request: ServerRequest,
    frames: tuple[str, ...] = (),
    continue_to: str | None = None,
    *,
    outcome: Outcome = Outcome.LOGGED_OUT,
    by_itself: bool = True,
) -> Response:
    """Return the page with the result; it loads `frames`, then opens `continue_to`.

    A script continues when all frames are loaded; without scripts a meta refresh
    continues after `WAIT` seconds. Without `by_itself` there is a link only.
    """
    values = {
        "frames": frames,
        "continue_to": continue_to,
        "host": urlsplit(continue_to).hostname if continue_to else None,
        "wait": WAIT,
        "script": request.static_path(f"{STATIC}logged_out.js"),
        "outcome": outcome.value,
        "by_itself": by_itself,
    }
    origins = tuple(dict.fromkeys(target(frame) for frame in frames))
    return page(
        request,
        f"{FOLDER}/templates/logged_out.oauth",
        values,
        scripts=by_itself and continue_to is not None,
        frames=origins,
    )
