"""The pages: home, login and logout."""

import secrets
import time
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import forget, remember
from pyramid.view import view_config

from {{ cookiecutter.repo_name }}.models import authenticate
from {{ cookiecutter.repo_name }}.resources import Root

LOGIN = {"context": Root, "name": "login", "renderer": "templates/login.jinja2"}


@view_config(context=Root, renderer="templates/home.jinja2")
def home(request: Request) -> dict[str, Any]:
    """Show who is logged in."""
    return {"user": request.identity}


@view_config(**LOGIN, request_method="GET")
def log_in_page(request: Request) -> dict[str, Any]:
    """Show the form; name the application that waits for the login, if any."""
    return {"problem": None, "waiting": _waiting(request)}


@view_config(**LOGIN, request_method="POST")
def log_in(request: Request) -> dict[str, Any] | Response:
    """Log in and return to the page that asked for it."""
    name, password = (request.POST.get(key, "") for key in ("name", "password"))
    user = authenticate(request.dbsession, name, password)
    if user is None:
        request.response.status_int = 403
        problem = "This name and password do not belong together."
        return {"problem": problem, "waiting": _waiting(request)}
    headers = remember(request, str(user.id))
    request.session["session_id"] = secrets.token_urlsafe(16)
    request.session["logged_in_at"] = time.time()
    return HTTPSeeOther(_local_path(request.GET.get("next", "/")), headers=headers)


@view_config(context=Root, name="logout", request_method="POST")
def log_out(request: Request) -> Response:
    """Log out."""
    return HTTPSeeOther("/", headers=forget(request))


def _waiting(request: Request) -> object:
    return request.oauth.waiting_request(request.GET.get("next", ""))


def _local_path(given: str) -> str:
    """Return a path of this site: anything else would send people astray."""
    is_local = given.startswith("/") and not given.startswith(("//", "/\\"))
    return given if is_local and given.isprintable() else "/"
