"""The sign-up views, which create a user and log in.

Initiating User Registration via OpenID Connect 1.0 (`prompt=create`). The setting
`standalone.sign_up` enables them.
"""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response

from pyramid_oauth.i18n import _
from pyramid_oauth.repositories.rate_limits import limits_by_source
from pyramid_oauth.standalone.accounts.adapter import log_in
from pyramid_oauth.standalone.accounts.login_context import (
    LoginContext,
    login_form,
    text,
    too_many_attempts,
)
from pyramid_oauth.standalone.accounts.users import (
    MIN_PASSWORD_LENGTH,
    Problem,
    add,
    find_problem,
)
from pyramid_oauth.standalone.accounts.verification import ask_to_verify
from pyramid_oauth.standalone.mail import has_mail
from pyramid_oauth.standalone.mail.addresses import parse_address
from pyramid_oauth.standalone.page import add_page
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import OPEN, StandaloneSettings
from pyramid_oauth.throttling import too_many_requests

TAKEN = _("This user name is taken. Choose another one.")

MALFORMED = _("This is no mail address, such as ada@example.org.")

PAGE = "sign_up"


def show(request: Request) -> Response:
    """Show the form (GET)."""
    entry = LoginContext.of(request.GET)
    return login_form(request, PAGE, entry, **_form_values(request))


def attempt(request: Request) -> Response:
    """Create a user, log in and redirect, or show the error (POST)."""
    options: StandaloneSettings = request.registry["standalone.options"]
    session, given = request.dbsession, request.POST
    entry = LoginContext.of(given)
    username, password = text(given, "username"), text(given, "password")
    values = {**_form_values(request), "username": username}
    wrong = find_problem(username, password) or find_mail_problem(values["mail"])
    if wrong is not None:
        values |= {"problem": wrong.sentence, "faulty": (wrong.field,)}
        return login_form(request, PAGE, entry, status=400, **values)
    # Counted in any case: repeated attempts reveal which names exist.
    limits = limits_by_source(request.remote_addr, options.login_attempts, "sign up")
    counters = request.oauth.server.repositories.rate_limits
    wait = counters.attempt(session, limits, options.login_window)
    if wait:
        too_many_requests(request, "sign-up", username, wait)
        return too_many_attempts(request, PAGE, entry, wait, **values)
    mail = parse_address(values["mail"])
    user = add(session, username, password, mail=mail, locale=request.locale_name)
    if user is None:
        values |= {"problem": TAKEN, "faulty": ("username",)}
        return login_form(request, PAGE, entry, status=409, **values)
    if mail:
        ask_to_verify(request, user.subject, mail)
    return log_in(request, user, entry, is_new=True)


def find_mail_problem(mail: str) -> Problem | None:
    """Return the validation error of an address, which may be left out, or None."""
    if mail.strip() and parse_address(mail) is None:
        return Problem("mail", MALFORMED)
    return None


def _form_values(request: Request) -> dict[str, Any]:
    has_field = has_mail(request.registry)
    return {
        "least": MIN_PASSWORD_LENGTH,
        "has_mail": has_field,
        "mail": text(request.POST, "mail") if has_field else "",
    }


def includeme(config: Configurator) -> None:
    """Add the route and the views, if the setting is on."""
    options: StandaloneSettings = config.registry["standalone.options"]
    if options.sign_up == OPEN:
        config.add_route("sign_up", "/sign-up")
        add_page(config, "sign_up", GET=show, POST=attempt)
