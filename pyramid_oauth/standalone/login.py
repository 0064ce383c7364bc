"""Log in and out.

The same answer for an unknown name and a wrong password; the way back stays on this
site.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.response import Response

from pyramid_oauth.standalone import throttle
from pyramid_oauth.standalone.accounts import log_in
from pyramid_oauth.standalone.demo_data import PEOPLE
from pyramid_oauth.standalone.options import Options
from pyramid_oauth.standalone.page import local_path, page, see_other
from pyramid_oauth.standalone.routing import add_page
from pyramid_oauth.standalone.users import MOST_USERNAME, authenticated

WRONG = "User name and password do not match. Check both and try again."
PATIENCE = "Too many attempts. Try again in {} minutes."


def show(request: Any) -> Response:
    """GET: the form."""
    hint = request.GET.get("login_hint", "")[:MOST_USERNAME]
    return _form(request, request.GET.get("next"), username=hint)


def attempt(request: Any) -> Response:
    """POST: a new session and the way back, or the form with the problem."""
    options: Options = request.registry["standalone.options"]
    session, form = request.dbsession, request.POST
    username, password = _field(form, "username"), _field(form, "password")
    way_back = _field(form, "next")
    key = throttle.key(username, request.remote_addr or "")
    wait = throttle.seconds_to_wait(session, key, options.login_attempts)
    if wait:
        return _locked(request, way_back, username, wait)
    user = authenticated(session, username, password)
    if user is None:
        throttle.note_failure(session, key, options.login_window)
        return _form(request, way_back, status=403, problem=WRONG, username=username)
    throttle.forget(session, key)
    log_in(request, user)
    return see_other(local_path(way_back))


def leave(request: Any) -> Response:
    """POST: log out, here and at every application."""
    response: Response = request.oauth.log_out(request.route_path("landing"))
    return response


def _field(form: Any, name: str) -> str:
    value = form.get(name, "")
    # An uploaded file in place of a text is no text.
    return value if isinstance(value, str) else ""


def _locked(request: Any, way_back: str, username: str, wait: int) -> Response:
    problem = PATIENCE.format(-(-wait // 60))
    response = _form(request, way_back, status=429, problem=problem, username=username)
    response.headers["Retry-After"] = str(wait)
    return response


def _form(
    request: Any,
    way_back: str | None,
    *,
    status: int = 200,
    problem: str | None = None,
    username: str = "",
) -> Response:
    options: Options = request.registry["standalone.options"]
    way_back = local_path(way_back)
    return page(
        request,
        "login",
        status=status,
        form_action=form_targets(way_back),
        next=way_back,
        problem=problem,
        username=username,
        people=PEOPLE if options.development else (),
        csrf_token=get_csrf_token(request),
    )


def form_targets(way_back: str) -> str:
    """The `form-action` of the login form (Content Security Policy Level 3).

    Browsers hold the redirects that follow a form against it, so it names the client
    to which the authorization endpoint may send the browser straight away.
    """
    targets = ["'self'"]
    for uri in parse_qs(urlsplit(way_back).query).get("redirect_uri", [])[:1]:
        source = _source(uri)
        if source:
            targets.append(source)
    return " ".join(targets)


def _source(uri: str) -> str | None:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    web = parts.scheme in ("http", "https")
    source = f"{parts.scheme}://{parts.netloc}" if web else f"{parts.scheme}:"
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789.-:/[]+")
    return source if len(source) > 1 and set(source.lower()) <= allowed else None


def includeme(config: Configurator) -> None:
    """The routes and views of logging in and out."""
    config.add_route("login", "/login")
    config.add_route("logout", "/logout")
    add_page(config, "login", GET=show, POST=attempt)
    add_page(config, "logout", POST=leave)
