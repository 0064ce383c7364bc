"""The page behind the link for a forgotten password: choose a new one.

The page does not log the user in, so the next login can require a second factor.
"""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.response import Response
from sqlalchemy import Row

from pyramid_oauth.hashing import has_digest, hash_chosen
from pyramid_oauth.i18n import _
from pyramid_oauth.standalone.accounts import links, trusted_browsers
from pyramid_oauth.standalone.accounts.forgotten_password import LETTER as KIND
from pyramid_oauth.standalone.accounts.link_views import (
    forget_token,
    invalid_link,
    outcome,
    take_token,
    token_of,
)
from pyramid_oauth.standalone.accounts.login_context import text
from pyramid_oauth.standalone.accounts.password_change import replace_password
from pyramid_oauth.standalone.accounts.recipients import find_recipient
from pyramid_oauth.standalone.accounts.users import (
    MIN_PASSWORD_LENGTH,
    Problem,
    canonical,
    find_problem,
)
from pyramid_oauth.standalone.mail import has_mail
from pyramid_oauth.standalone.page import add_page, page, translate
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings

PAGE = "reset_password"


def show(request: Request) -> Response:
    """Move the token out of the URL, then show the form (GET)."""
    moved = take_token(request, KIND)
    if moved is not None:
        return moved
    user = _user_of_link(request)
    return invalid_link(request, KIND) if user is None else _form(request, user)


def reset(request: Request) -> Response:
    """Replace the password, or show the error (POST)."""
    user = _user_of_link(request)
    if user is None:
        return invalid_link(request, KIND)
    chosen = text(request.POST, "password")
    problem = find_problem(user.username, chosen)
    if problem is not None:
        return _form(request, user, problem)
    # Hash before the transaction begins, because hashing takes long.
    password_hash = hash_chosen(chosen)
    is_replaced = links.use(
        request.dbsession, KIND, token_of(request, KIND)
    ) and replace_password(request, user.subject, user.password_hash, password_hash)
    if not is_replaced:
        return invalid_link(request, KIND)
    options: StandaloneSettings = request.registry["standalone.options"]
    if options.reset_ends_grants:
        request.oauth.end_all_grants(user.subject, "the user reset the password")
    forget_token(request, KIND)
    response = outcome(
        request,
        _("Your password is changed"),
        _("You are logged out everywhere. Log in with the new password."),
    )
    # Trust this browser: failed logins by others do not throttle the user here.
    trusted_browsers.trust(request, response, canonical(user.username))
    return response


def _user_of_link(request: Request) -> Row[Any] | None:
    """Return the user of a valid link if the password has not changed."""
    link = links.find(request.dbsession, KIND, token_of(request, KIND))
    if link is None:
        return None
    user = find_recipient(request.dbsession, link.subject)
    if user is None or not has_digest(user.password_hash, link.password_digest):
        return None
    return user


def _form(request: Request, user: Row[Any], problem: Problem | None = None) -> Response:
    return page(
        request,
        PAGE,
        status=400 if problem else 200,
        username=user.username,
        least=MIN_PASSWORD_LENGTH,
        problem=translate(request, problem.sentence) if problem else None,
        csrf_token=get_csrf_token(request),
    )


def includeme(config: Configurator) -> None:
    """Add the route and the views, if mail is configured."""
    if has_mail(config.registry):
        config.add_route(PAGE, "/password/new")
        add_page(config, PAGE, GET=show, POST=reset)
