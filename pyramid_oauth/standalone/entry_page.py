"""The page of a form before a log-in, and what it says after too many attempts."""

from __future__ import annotations

from typing import Any

from pyramid.csrf import get_csrf_token
from pyramid.response import Response

from pyramid_oauth.endpoints.authorize.language import choose_language
from pyramid_oauth.i18n import _
from pyramid_oauth.pages.rendering import target
from pyramid_oauth.standalone.entry import Entry
from pyramid_oauth.standalone.page import page, told

PATIENCE = _("Too many attempts. Try again in ${minutes} min.")


def form(
    request: Any,
    template: str,
    entry: Entry,
    *,
    status: int = 200,
    problem: str | None = None,
    faulty: tuple[str, ...] = (),
    **values: Any,
) -> Response:
    """The form of `template`; `problem` is a sentence about the last attempt.

    `faulty` are the names of the fields that it is about.
    """
    choose_language(request, request.oauth.server, entry.ui_locales)
    shown = request.oauth.shown_client
    client = shown(entry.client_id) if entry.client_id else None
    return page(
        request,
        template,
        status=status,
        leads_away=entry.leads_on,
        images=(target(client.logo),) if client and client.logo else (),
        entry=entry,
        client=client,
        problem=told(request, problem) if problem else None,
        faulty=faulty,
        csrf_token=get_csrf_token(request),
        **values,
    )


def locked(
    request: Any, template: str, entry: Entry, wait: int, **values: Any
) -> Response:
    """The form that has to wait for `wait` seconds (RFC 6585 section 4)."""
    problem = _(PATIENCE, mapping={"minutes": -(-wait // 60)})
    response = form(request, template, entry, status=429, problem=problem, **values)
    response.headers["Retry-After"] = str(wait)
    return response
