"""Invitations: links from an administrator for creating an account.

A link that was sent by mail verifies the address. A link that the command has printed
does not, because anybody may have received it; that address is verified later.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.response import Response
from sqlalchemy import Row

from pyramid_oauth.hashing import hash_chosen
from pyramid_oauth.i18n import _
from pyramid_oauth.standalone.accounts import links
from pyramid_oauth.standalone.accounts.adapter import log_in
from pyramid_oauth.standalone.accounts.link_views import (
    TOKEN,
    forget_token,
    invalid_link,
    outcome,
    take_token,
    token_of,
)
from pyramid_oauth.standalone.accounts.links import LinkKind
from pyramid_oauth.standalone.accounts.login_context import LoginContext, text
from pyramid_oauth.standalone.accounts.recipients import is_verified_by_anybody
from pyramid_oauth.standalone.accounts.sign_up import TAKEN
from pyramid_oauth.standalone.accounts.users import (
    MIN_PASSWORD_LENGTH,
    Problem,
    find_problem,
    store,
)
from pyramid_oauth.standalone.accounts.verification import ask_to_verify
from pyramid_oauth.standalone.mail import add_letter, link_to, send_letter
from pyramid_oauth.standalone.mail.letter import Letter
from pyramid_oauth.standalone.models import User
from pyramid_oauth.standalone.page import add_page, page, translate
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import CLOSED, StandaloneSettings

PAGE = "invitation"

BY_MAIL, BY_HAND = "invitation by mail", "invitation by hand"
"""The kinds of links."""


class LinkUsedError(Exception):
    """A concurrent request has used the link."""


def make_invitation(request: Request, mail: str, lifetime: timedelta) -> str:
    """Store an invitation for an address; return the link."""
    kind = LinkKind(name=BY_HAND, lifetime=lifetime)
    token = links.issue(request.dbsession, kind, mail=mail)
    return link_to(request, PAGE, **{TOKEN: token})


def send_invitation(
    request: Request, mail: str, lifetime: timedelta, language: str | None
) -> None:
    """Store a letter with an invitation in the outbox."""
    seconds = str(int(lifetime.total_seconds()))
    send_letter(request, PAGE, mail=mail, seconds=seconds, language=language)


def write(request: Request, content: Mapping[str, Any]) -> Letter | None:
    """Write the letter with a new link; None if an account has the address."""
    mail, lifetime = content["mail"], timedelta(seconds=int(content["seconds"]))
    if is_verified_by_anybody(request.dbsession, mail):
        return None
    kind = LinkKind(name=BY_MAIL, lifetime=lifetime)
    token = links.issue(request.dbsession, kind, mail=mail)
    hours = int(lifetime.total_seconds()) // 3600
    return Letter(
        to=mail,
        language=content["language"],
        subject=_("You are invited to make an account"),
        paragraphs=(
            _("You are invited to make an account. By this link you make it:"),
        ),
        link=link_to(request, PAGE, **{TOKEN: token}),
        ending=(
            _(
                "The link works once, for ${hours} hours. If you do not want an "
                "account, there is nothing to do.",
                mapping={"hours": hours},
            ),
        ),
    )


def show(request: Request) -> Response:
    """Move the token out of the URL, then show the form (GET)."""
    moved = take_token(request, PAGE)
    if moved is not None:
        return moved
    link = _find_link(request)
    return invalid_link(request, PAGE) if link is None else _form(request, link)


def accept(request: Request) -> Response:
    """Create the user, log in and redirect, or show the error (POST)."""
    link, given = _find_link(request), request.POST
    if link is None:
        return invalid_link(request, PAGE)
    username, password = text(given, "username"), text(given, "password")
    problem = find_problem(username, password)
    if problem is not None:
        return _form(request, link, problem, username)
    # Hash before the transaction begins, because hashing takes long.
    password_hash = hash_chosen(password)
    if is_verified_by_anybody(request.dbsession, link.mail):
        return _has_account(request)
    try:
        user = _create(request, link, username, password_hash)
    except LinkUsedError:
        return invalid_link(request, PAGE)
    if user is None:
        return _form(request, link, Problem("username", TAKEN), username, 409)
    if not user.mail_verified:
        ask_to_verify(request, user.subject, link.mail)
    forget_token(request, PAGE)
    entry = LoginContext(next=request.route_path("landing"))
    return log_in(request, user, entry, is_new=True)


def _find_link(request: Request) -> Row[Any] | None:
    token, session = token_of(request, PAGE), request.dbsession
    return links.find(session, BY_MAIL, token) or links.find(session, BY_HAND, token)


def _create(
    request: Request, link: Row[Any], username: str, password_hash: str
) -> User | None:
    """Consume the link and store the user atomically; None if the name is taken.

    Raises:
        LinkUsedError: A concurrent request has used the link.
    """
    session = request.dbsession
    savepoint = session.begin_nested()
    is_mine = links.use(session, link.kind, token_of(request, PAGE))
    user = None
    if is_mine:
        user = store(
            session,
            username,
            password_hash,
            mail=link.mail,
            mail_verified=link.kind == BY_MAIL,
            locale=request.locale_name,
        )
    if user is None:
        savepoint.rollback()
        if not is_mine:
            raise LinkUsedError
        return None
    savepoint.commit()
    return user


def _has_account(request: Request) -> Response:
    return outcome(
        request,
        _("There is an account with this address"),
        _("Log in with it. If you have forgotten the password, ask for a new one."),
        status=409,
    )


def _form(
    request: Request,
    link: Row[Any],
    problem: Problem | None = None,
    username: str = "",
    status: int = 400,
) -> Response:
    return page(
        request,
        PAGE,
        status=status if problem else 200,
        mail=link.mail,
        username=username,
        least=MIN_PASSWORD_LENGTH,
        problem=translate(request, problem.sentence) if problem else None,
        faulty=(problem.field,) if problem else (),
        csrf_token=get_csrf_token(request),
    )


def includeme(config: Configurator) -> None:
    """Add the route, the views and the letter, unless nobody may make an account."""
    options: StandaloneSettings = config.registry["standalone.options"]
    if options.sign_up != CLOSED:
        config.add_route(PAGE, "/invitation")
        add_page(config, PAGE, GET=show, POST=accept)
        add_letter(config, PAGE, write)
