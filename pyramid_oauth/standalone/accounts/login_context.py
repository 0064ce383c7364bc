"""The login context: return path, reason and languages of a login page.

The login, account and sign-up pages pass these values on, first in the query and then
in hidden fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pyramid.csrf import get_csrf_token
from pyramid.response import Response

from pyramid_oauth.accounts import REASONS
from pyramid_oauth.browser.locale import choose_language, language_tags
from pyramid_oauth.i18n import _
from pyramid_oauth.interfaces.request import Parameters
from pyramid_oauth.pages.rendering import target
from pyramid_oauth.standalone.accounts.authentication_context import LEVELS
from pyramid_oauth.standalone.accounts.users import MAX_USERNAME_LENGTH
from pyramid_oauth.standalone.page import local_path, page, see_other, translate
from pyramid_oauth.standalone.request import Request


@dataclass(frozen=True)
class LoginContext:
    """Return path, reason, languages, and the level of login that is needed, or "".

    The hints come from the waiting request.
    """

    next: str = "/"
    reason: str = "login"
    ui_locales: str = ""
    need: str = ""

    @classmethod
    def of(cls, given: Parameters) -> LoginContext:
        """Parse the context of a query or a form; ignore invalid values."""
        reason = text(given, "reason")
        return cls(
            next=local_path(text(given, "next")),
            reason=reason if reason in REASONS else "login",
            ui_locales=" ".join(language_tags(text(given, "ui_locales"))),
            need=need if (need := text(given, "need")) in LEVELS else "",
        )

    @property
    def fields(self) -> dict[str, str]:
        """Return the values as form fields."""
        values = {
            "next": self.next,
            "reason": self.reason,
            "ui_locales": self.ui_locales,
            "need": self.need,
        }
        absent = {"reason": "login"}
        return {k: v for k, v in values.items() if v != absent.get(k, "")}

    @property
    def query(self) -> str:
        """Return the values as a query."""
        return urlencode(self.fields)


def text(given: Parameters, name: str) -> str:
    """Return the field `name`, or "" for an uploaded file."""
    value = given.get(name, "")
    return value if isinstance(value, str) else ""


TOO_MANY = _("Too many attempts. Try again in ${minutes} min.")


def login_form(
    request: Request,
    template: str,
    entry: LoginContext,
    *,
    status: int = 200,
    problem: str | None = None,
    faulty: tuple[str, ...] = (),
    username: str = "",
    suggested: str = "",
    **values: object,
) -> Response:
    """Render the form of `template`.

    Args:
        username: what the user entered; by default the hint of the waiting request.
        suggested: the user name where there is neither.
        problem: the error of the last attempt, a sentence.
        faulty: the names of the fields that the error is about.
    """
    choose_language(request, request.oauth.server, entry.ui_locales)
    waiting = request.oauth.waiting_request(entry.next)
    client = waiting.client if waiting else None
    hint = waiting.hints.get("login_hint", "") if waiting else ""
    return page(
        request,
        template,
        status=status,
        leads_to=waiting.redirect_uri if waiting else None,
        images=(target(client.logo),) if client and client.logo else (),
        entry=entry,
        client=client,
        client_name=client.name if client else None,
        notices=waiting.notices if waiting else (),
        problem=translate(request, problem) if problem else None,
        faulty=faulty,
        username=username or hint[:MAX_USERNAME_LENGTH] or suggested,
        csrf_token=get_csrf_token(request),
        **values,
    )


def too_many_attempts(
    request: Request,
    template: str,
    entry: LoginContext,
    wait: int,
    **values: Any,  # noqa: ANN401 - of the template
) -> Response:
    """Answer 429 with the form and a wait of `wait` seconds (RFC 6585 section 4)."""
    problem = _(TOO_MANY, mapping={"minutes": -(-wait // 60)})
    response = login_form(
        request, template, entry, status=429, problem=problem, **values
    )
    response.headers["Retry-After"] = str(wait)
    return response


def ask_to_log_in(request: Request) -> Response:
    """Redirect to the login page, which leads back to this page."""
    query = f"?{request.query_string}" if request.query_string else ""
    way_back = urlencode({"next": request.path + query})
    return see_other(f"{request.route_path('login')}?{way_back}")
