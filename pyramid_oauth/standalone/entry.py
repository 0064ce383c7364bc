"""What brings a person to log in, choose an account or sign up, and where they go then.

The same few values travel through these pages: in the query of the first, then in
hidden fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from pyramid_oauth.accounts import REASONS
from pyramid_oauth.standalone.page import local_path
from pyramid_oauth.standalone.users import MOST_USERNAME

_SOURCE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?://[A-Za-z0-9.\[\]:-]+)?\Z")


@dataclass(frozen=True)
class Entry:
    """The way back, why somebody is here, a name to begin with, and a form target.

    `target` is the origin (or scheme) of the client to which the authorization endpoint
    may send the browser straight after a form; "" where there is none.
    """

    next: str = "/"
    reason: str = "login"
    hint: str = ""
    target: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Entry:
        """The entry in a query or a form; what makes no sense is left out."""
        reason, target = text(given, "reason"), text(given, "target")
        return cls(
            next=local_path(text(given, "next")),
            reason=reason if reason in REASONS else "login",
            hint=text(given, "login_hint")[:MOST_USERNAME],
            target=target if _SOURCE.match(target) else "",
        )

    @property
    def fields(self) -> dict[str, str]:
        """The values as form fields."""
        values = {
            "next": self.next,
            "reason": self.reason,
            "login_hint": self.hint,
            "target": self.target,
        }
        absent = {"reason": "login", "login_hint": "", "target": ""}
        return {k: v for k, v in values.items() if v != absent.get(k)}

    @property
    def query(self) -> str:
        """The values as a query."""
        return urlencode(self.fields)

    @property
    def form_action(self) -> str:
        """The `form-action` of a page (Content Security Policy Level 3).

        Browsers hold the redirects that follow a form against it.
        """
        return f"'self' {self.target}".strip()


def text(given: Mapping[str, Any], name: str) -> str:
    """The field `name`; an uploaded file in place of a text is no text."""
    value = given.get(name, "")
    return value if isinstance(value, str) else ""


def source_of(uri: str) -> str:
    """The source expression for a redirect URI; "" where it can have none."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return ""
    web = parts.scheme in ("http", "https")
    source = f"{parts.scheme}://{parts.netloc}" if web else f"{parts.scheme}:"
    return source if _SOURCE.match(source) else ""
