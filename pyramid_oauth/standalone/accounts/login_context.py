"""The login context: return path, reason, hints and client of a login page.

The login, account and sign-up pages pass these values on, first in the query and then
in hidden fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pyramid.csrf import get_csrf_token
from pyramid.response import Response

from pyramid_oauth.accounts import REASONS
from pyramid_oauth.browser.locale import choose_language, language_tags
from pyramid_oauth.i18n import _
from pyramid_oauth.pages.rendering import target
from pyramid_oauth.standalone.accounts.users import MAX_USERNAME_LENGTH
from pyramid_oauth.standalone.page import local_path, page, translate

_CLIENT_ID = re.compile(r"[\x20-\x7e]{1,255}\Z")  # RFC 6749 appendix A.1


@dataclass(frozen=True)
class LoginContext:
    """Return path, reason, login hint, languages, and the `client_id` of the client."""

    next: str = "/"
    reason: str = "login"
    hint: str = ""
    ui_locales: str = ""
    client_id: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> LoginContext:
        """Parse the context of a query or a form; ignore invalid values."""
        reason, client_id = text(given, "reason"), text(given, "client_id")
        return cls(
            next=local_path(text(given, "next")),
            reason=reason if reason in REASONS else "login",
            hint=text(given, "login_hint")[:MAX_USERNAME_LENGTH],
            ui_locales=" ".join(language_tags(text(given, "ui_locales"))),
            client_id=client_id if _CLIENT_ID.match(client_id) else "",
        )

    @property
    def fields(self) -> dict[str, str]:
        """Return the values as form fields."""
        values = {
            "next": self.next,
            "reason": self.reason,
            "login_hint": self.hint,
            "ui_locales": self.ui_locales,
            "client_id": self.client_id,
        }
        absent = {"reason": "login"}
        return {k: v for k, v in values.items() if v != absent.get(k, "")}

    @property
    def query(self) -> str:
        """Return the values as a query."""
        return urlencode(self.fields)

    @property
    def leads_to_client(self) -> bool:
        """Whether the form may lead to a client, through `next`."""
        return self.next != "/"


def text(given: Mapping[str, Any], name: str) -> str:
    """Return the field `name`, or "" for an uploaded file."""
    value = given.get(name, "")
    return value if isinstance(value, str) else ""


TOO_MANY = _("Too many attempts. Try again in ${minutes} min.")


def login_form(
    request: Any,
    template: str,
    entry: LoginContext,
    *,
    status: int = 200,
    problem: str | None = None,
    faulty: tuple[str, ...] = (),
    **values: Any,
) -> Response:
    """Render the form of `template`.

    Args:
        problem: the error of the last attempt, a sentence.
        faulty: the names of the fields that the error is about.
    """
    choose_language(request, request.oauth.server, entry.ui_locales)
    shown = request.oauth.shown_client
    client = shown(entry.client_id) if entry.client_id else None
    return page(
        request,
        template,
        status=status,
        leads_away=entry.leads_to_client,
        images=(target(client.logo),) if client and client.logo else (),
        entry=entry,
        client=client,
        problem=translate(request, problem) if problem else None,
        faulty=faulty,
        csrf_token=get_csrf_token(request),
        **values,
    )


def too_many_attempts(
    request: Any, template: str, entry: LoginContext, wait: int, **values: Any
) -> Response:
    """Answer 429 with the form and a wait of `wait` seconds (RFC 6585 section 4)."""
    problem = _(TOO_MANY, mapping={"minutes": -(-wait // 60)})
    response = login_form(
        request, template, entry, status=429, problem=problem, **values
    )
    response.headers["Retry-After"] = str(wait)
    return response
