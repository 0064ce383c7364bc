"""The view of all pages of administration: access checks, display and actions.

It runs all checks in this order: login, permission, CSRF token, fresh login,
confirmation.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, OAuth2Error
from pyramid.csrf import get_csrf_token
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from pyramid_oauth import events
from pyramid_oauth.browser.locale import choose_language, ensure_locale
from pyramid_oauth.browser.login_session import current_resource_owner
from pyramid_oauth.clock import now
from pyramid_oauth.extensions.administration.keys import KEYS
from pyramid_oauth.extensions.administration.log import AUDIT
from pyramid_oauth.extensions.administration.messages import OUTBOX
from pyramid_oauth.extensions.administration.nodes import (
    CHANGE,
    SEE,
    Administration,
    Section,
    is_permitted,
)
from pyramid_oauth.extensions.administration.overview import OVERVIEW
from pyramid_oauth.extensions.administration.pages import Action, Page, Visit
from pyramid_oauth.extensions.administration.registrations import REGISTRATIONS
from pyramid_oauth.extensions.administration.settings import AdministrationSettings
from pyramid_oauth.extensions.administration.throttles import THROTTLES
from pyramid_oauth.extensions.administration.users import USERS
from pyramid_oauth.http.forms import is_csrf_valid, read_parameters
from pyramid_oauth.http.responses import not_allowed, see_other
from pyramid_oauth.http.urls import current_path
from pyramid_oauth.i18n import _
from pyramid_oauth.pages.error import error_page
from pyramid_oauth.pages.rendering import page as render_page
from pyramid_oauth.server import Server, ServerRequest

METHODS = ("GET", "HEAD", "POST")

TEMPLATES = "pyramid_oauth:extensions/administration/templates/"

PAGES: Mapping[str, Page] = {
    "users": USERS,
    "registrations": REGISTRATIONS,
    "keys": KEYS,
    "outbox": OUTBOX,
    "throttles": THROTTLES,
    "audit": AUDIT,
}

NOTHING = "nothing"

NOTHING_DONE = _("Nothing was done: it is gone, or was done before.")


def respond(context: Administration | Section, request: ServerRequest) -> Response:
    """Show a page (GET), or run one of its actions (POST)."""
    if request.method not in METHODS:
        return not_allowed(request, *METHODS)
    server: Server = request.oauth.server
    try:
        parameters = read_parameters(request, server.settings.body_limit)
    except OAuth2Error as error:
        return error_page(request, error)
    choose_language(request, server, parameters.get("ui_locales"))
    ensure_locale(request)
    account = current_resource_owner(request, server)
    if account is None:
        return see_other(
            server.accounts.login_url(
                request, current_path(request), reason="login", hints={}
            )
        )
    if not is_permitted(request, SEE, context):
        raise HTTPNotFound
    shown = _find_page(context, server)
    visit = Visit(
        request=request,
        server=server,
        account=account,
        parameters=parameters,
        may_change=is_permitted(request, CHANGE, context),
    )
    if request.method == "POST":
        return _act(visit, shown)
    return _show(visit, shown)


def _find_page(context: Administration | Section, server: Server) -> Page:
    if isinstance(context, Administration):
        return OVERVIEW
    shown = PAGES.get(context.__name__ or "")
    if shown is None or not shown.is_available(server):
        raise HTTPNotFound
    return shown


def _act(visit: Visit, shown: Page) -> Response:
    """Run an action if the administrator is permitted and has confirmed it."""
    if not visit.may_change:
        raise HTTPNotFound
    request = visit.request
    if not is_csrf_valid(request, visit.parameters.get("csrf_token", "")):
        error = InvalidRequestError(description="The form has no valid CSRF token.")
        return error_page(request, error, 403)
    name, target = visit.text("action"), visit.text("target")
    action = shown.actions.get(name)
    if action is None:
        return error_page(request, InvalidRequestError(description="No action."))
    if action.question:
        if not _is_login_fresh(visit):
            return _ask_to_log_in_again(visit, shown)
        if visit.text("confirmed") != "yes":
            return _ask(visit, shown, name, action, target)
    return _run(visit, shown, name, action, target)


def _run(visit: Visit, shown: Page, name: str, action: Action, target: str) -> Response:
    change = action.run(visit, target)
    if change is not None:
        events.notify(
            events.AdministratorActed(
                request=visit.request,
                administrator=visit.account.subject,
                action=name,
                target=change.target or target,
                user_id=change.user_id,
                client_id=change.client_id,
            )
        )
    done = NOTHING if change is None else name
    return see_other(_address(visit, shown, done=done))


def _is_login_fresh(visit: Visit) -> bool:
    age = visit.server.settings[AdministrationSettings].administration_login_age
    auth_time = visit.account.auth_time
    if not age or auth_time is None:
        return True
    return now() - auth_time <= timedelta(seconds=age)


def _ask_to_log_in_again(visit: Visit, shown: Page) -> Response:
    """Redirect to the login page, which returns to this page; nothing is changed."""
    age = visit.server.settings[AdministrationSettings].administration_login_age
    return see_other(
        visit.server.accounts.login_url(
            visit.request,
            _address(visit, shown),
            reason="reauthenticate",
            hints={"max_age": str(age)},
        )
    )


def _address(visit: Visit, shown: Page, **more: str) -> str:
    """Return the path of this page with the parameters that it keeps."""
    query = {name: visit.text(name) for name in shown.kept if visit.text(name)} | more
    path = current_path(visit.request)
    return f"{path}?{urlencode(query)}" if query else path


def _ask(visit: Visit, shown: Page, name: str, action: Action, target: str) -> Response:
    """Show the confirmation page of an action."""
    fields = {each: visit.text(each) for each in shown.kept if visit.text(each)}
    values = {
        "question": visit.request.localizer.translate(action.question),
        "fields": {**fields, "action": name, "target": target, "confirmed": "yes"},
        "target": target,
        "back": _address(visit, shown),
    }
    return _render(visit, shown, "confirm", values)


def _show(visit: Visit, shown: Page) -> Response:
    done = visit.parameters.get("done", "")
    translate = visit.request.localizer.translate
    notice = None
    if done == NOTHING:
        notice = translate(NOTHING_DONE)
    elif done in shown.actions:
        notice = translate(shown.actions[done].done)
    values = {**shown.values(visit), "notice": notice, "page_number": visit.page_number}
    return _render(visit, shown, shown.template, values)


def _render(
    visit: Visit, shown: Page, template: str, values: dict[str, Any]
) -> Response:
    request, server = visit.request, visit.server
    translate = request.localizer.translate
    root = server.url("administration")
    common = {
        "title": translate(shown.title),
        "sections": [
            (translate(each.title), f"{root}/{name}", each is shown)
            for name, each in PAGES.items()
            if each.is_available(server)
        ],
        "root": root,
        "applications": (
            server.url("applications") if "applications" in server.endpoints else None
        ),
        "account_name": visit.account.display_name or visit.account.subject,
        "may_change": visit.may_change,
        "csrf_token": get_csrf_token(request),
        "action_url": current_path(request),
    }
    return render_page(request, f"{TEMPLATES}{template}.oauth", {**common, **values})
