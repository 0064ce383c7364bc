"""A person with a browser: logs in, consents, and keeps the session cookie.

Fills in whatever form a page shows, so it needs no knowledge of our pages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from benchmarks.message import Answer, Exchange, Request, Unexpected, form

#: More pages than this between the start and the client mean a loop.
MOST_PAGES = 10
#: Values of buttons that refuse; a consenting person presses another one.
REFUSALS = ("deny", "cancel", "refuse", "no", "decline", "reject")


@dataclass
class Form:
    """A form's action, method, fields and submit buttons."""

    action: str
    method: str
    fields: list[dict[str, str]] = field(default_factory=list)

    def values(self, user: str, password: str) -> list[tuple[str, str]]:
        """Return what a browser would send after the person filled it in."""
        sent = [
            (entry.get("name", ""), value)
            for entry in self.fields
            if (value := _value(entry, user, password))
        ]
        if button := self._button():
            sent.append((button["name"], button.get("value", "")))
        return sent

    def _button(self) -> dict[str, str] | None:
        buttons = [f for f in self.fields if f["type"] == "submit" and f.get("name")]
        agreeing = (b for b in buttons if b.get("value", "").lower() not in REFUSALS)
        return next(agreeing, None)


def _value(entry: dict[str, str], user: str, password: str) -> str:
    kind, value = entry["type"], entry.get("value", "")
    if kind in ("submit", "button", "reset") or not entry.get("name"):
        return ""
    if kind in ("checkbox", "radio"):
        return (value or "on") if "checked" in entry else ""
    if kind == "password":
        return password
    return value if kind == "hidden" or value else user


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            method = found.get("method", "get").upper()
            self.forms.append(Form(found.get("action", ""), method))
        if tag in ("input", "button") and self.forms:
            default = "submit" if tag == "button" else "text"
            self.forms[-1].fields.append({"type": default, **found})


@dataclass
class Visitor:
    """A browser session of one user."""

    exchange: Exchange
    user: str
    password: str
    cookies: dict[str, str] = field(default_factory=dict)

    def cookie(self) -> str:
        """Return the Cookie header."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def consent(self, target: str, redirect_uri: str) -> Answer:
        """Go to a URL, log in and agree as asked, until sent to redirect_uri."""
        request = Request("GET", target)
        for _ in range(MOST_PAGES):
            answer = self._send(request)
            location = answer.header("location")
            if location.startswith(redirect_uri):
                return answer
            request = self._next(request, answer)
        raise Unexpected(f"not sent back to the client after {MOST_PAGES} pages")

    def _send(self, request: Request) -> Answer:
        cookie = (("Cookie", self.cookie()),) if self.cookies else ()
        headers = (*request.headers, *cookie)
        full = Request(request.method, request.target, headers, request.body)
        answer = self.exchange(full)
        for name, value in answer.headers:
            if name == "set-cookie":
                key, _, content = value.partition(";")[0].partition("=")
                self.cookies[key] = content
        return answer

    def _next(self, request: Request, answer: Answer) -> Request:
        if answer.status in (302, 303, 307):
            return Request("GET", path_of(answer.header("location"), request.target))
        if answer.status != 200:
            raise Unexpected(f"{request.target}: {answer.status} {answer.body[:300]!r}")
        return self._submit(request, answer)

    def _submit(self, request: Request, answer: Answer) -> Request:
        page = _Forms()
        page.feed(answer.body.decode())
        posting = [found for found in page.forms if found.method == "POST"]
        if not posting:
            raise Unexpected(f"no form to fill in at {request.target}")
        target = path_of(posting[-1].action or request.target, request.target)
        return form(target, posting[-1].values(self.user, self.password))


def path_of(url: str, base: str = "/") -> str:
    """Return the path and query of a URL, resolved against ``base``."""
    parts = urlsplit(urljoin(base, url))
    return parts.path + (f"?{parts.query}" if parts.query else "")
