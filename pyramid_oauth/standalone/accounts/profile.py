"""The page "your account": name, language, and links to the other account pages."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.response import Response
from sqlalchemy import Row, bindparam, update

from pyramid_oauth.database import execute
from pyramid_oauth.i18n import _
from pyramid_oauth.standalone.accounts.adapter import session_of
from pyramid_oauth.standalone.accounts.login_context import ask_to_log_in, text
from pyramid_oauth.standalone.accounts.users import MAX_USERNAME_LENGTH
from pyramid_oauth.standalone.mail import has_mail
from pyramid_oauth.standalone.models import User
from pyramid_oauth.standalone.page import add_page, page, see_other, translate
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings

PAGE = "profile"

MAX_NAME_LENGTH = MAX_USERNAME_LENGTH

MALFORMED = _("A name has 1 to ${most} characters, and no control characters.")

LANGUAGE_NAMES = {
    "ar": "العربية",
    "de": "Deutsch",
    "en": "English",
    "es": "español",
    "fr": "français",
    "ja": "日本語",
    "pt": "português",
    "zh": "中文",
}
"""The languages of our pages, each by its own name; others are shown by their tag."""

_CHANGE = (
    update(User)
    .where(User.subject == bindparam("_subject"))
    .values(display_name=bindparam("_name"), locale=bindparam("_locale"))
)


def show(request: Request) -> Response:
    """Show the page (GET)."""
    here = session_of(request)
    return ask_to_log_in(request) if here is None else _form(request, here)


def change(request: Request) -> Response:
    """Store name and language, or show the error (POST)."""
    here, given = session_of(request), request.POST
    if here is None:
        return ask_to_log_in(request)
    name = text(given, "display_name").strip()
    if not name.isprintable() or not 0 < len(name) <= MAX_NAME_LENGTH:
        problem = _(MALFORMED, mapping={"most": MAX_NAME_LENGTH})
        return _form(request, here, problem)
    language = text(given, "language")
    locale = language.replace("-", "_") if language in _languages(request) else None
    values = {"_subject": here.subject, "_name": name, "_locale": locale}
    execute(request.dbsession, _CHANGE, values)
    return see_other(f"{request.path}?saved=1")


def _languages(request: Request) -> tuple[str, ...]:
    offered: tuple[str, ...] = request.oauth.settings.ui_locales or ("en",)
    return offered


def _form(request: Request, here: Row[Any], problem: str | None = None) -> Response:
    options: StandaloneSettings = request.registry["standalone.options"]
    return page(
        request,
        PAGE,
        status=400 if problem else 200,
        user=here,
        display_name=text(request.POST, "display_name") or here.display_name,
        languages=_languages(request),
        names=LANGUAGE_NAMES,
        chosen=(here.locale or "").replace("_", "-"),
        has_mail=has_mail(request.registry),
        has_second_factors=options.second_factor != "off",
        is_saved="saved" in request.GET,
        problem=translate(request, problem) if problem else None,
        csrf_token=get_csrf_token(request),
    )


def includeme(config: Configurator) -> None:
    """Add the route and the views."""
    config.add_route(PAGE, "/profile")
    add_page(config, PAGE, GET=show, POST=change)
