"""The accounts adapters of the test hosts, and their login pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.request import Request
from pyramid.response import Response

from pyramid_oauth.accounts import Account, Accounts
from pyramid_oauth.clock import now

CLAIMS = {
    "alice": {
        "name": "Alice Liddell",
        "given_name": "Alice",
        "email": "alice@example.org",
        "email_verified": True,
        "address": {"locality": "Oxford"},
        "phone_number": None,
        "iss": "https://evil.example",
        "sub": "somebody else",
        "internal_rank": 7,
    }
}


class People(Accounts):
    """The accounts of the host; `asked` counts how often claims are read.

    `login` holds the members of every login: `auth_time`, `acr`, `amr`, `session_id`.
    """

    asked = 0

    def __init__(self, **login: Any) -> None:
        super().__init__()
        self.login = login

    def current(self, request: Request) -> Account | None:
        account = super().current(request)
        return account and replace(account, **self.login)

    def claims(self, request: Request, subject: str) -> Mapping[str, Any]:
        self.asked += 1
        return CLAIMS.get(subject, {})

    def log_out(self, request: Request) -> None:
        request.session.invalidate()


class PeopleWithSessions(People):
    """People of a host that names its sessions."""

    def current(self, request: Request) -> Account | None:
        user = request.session.get("user")
        if user is None:
            return None
        # The token is new with every session.
        name = f"session {get_csrf_token(request)}"
        return Account(subject=user, display_name=user.title(), session_id=name)


class PeopleWithLogins(People):
    """People of a host that knows when they logged in, which account they chose and
    which acr they reached: the pages `enter` and `choose` write it into the session.
    """

    times = True

    def current(self, request: Request) -> Account | None:
        login = request.session.get("login")
        if login is None:
            return super().current(request)
        return Account(
            subject=login["name"],
            display_name=login["name"].title(),
            auth_time=self._moment(login["at"]) if self.times else None,
            selected_at=self._moment(login.get("chosen")),
            session_id=login["name"],
            acr=login.get("acr"),
            amr=("pwd",),
        )

    def _moment(self, seconds: float | None) -> datetime | None:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

    def login_url(
        self, request: Request, return_to: str, *, reason: str, hints: Mapping[str, str]
    ) -> str:
        request.registry["hints"] = dict(hints)
        return super().login_url(request, return_to, reason=reason, hints=hints)


class PeopleWithoutTimes(PeopleWithLogins):
    """People of a host that does not know when somebody logged in."""

    times = False


def log_in(request: Request) -> Response:
    request.session["user"] = request.params["name"]
    return request.response


def enter(request: Request) -> Response:
    parameters = request.params
    request.session["login"] = {
        "name": parameters["name"],
        "at": now().timestamp(),
        **({"acr": parameters["acr"]} if "acr" in parameters else {}),
    }
    return request.response


def choose(request: Request) -> Response:
    login = request.session["login"]
    request.session["login"] = {**login, "chosen": now().timestamp()}
    return request.response


def whoami(request: Request) -> Response:
    return Response(request.session.get("user") or "nobody")


def expire(request: Request) -> Response:
    request.session.invalidate()
    return request.response


def includeme(config: Configurator) -> None:
    """Add the pages, each at the path of its name."""
    for name, view in PAGES.items():
        config.add_route(name, f"/{name}")
        config.add_view(view, route_name=name)


PAGES = {
    "login": log_in,
    "enter": enter,
    "choose": choose,
    "whoami": whoami,
    "expire": expire,
}
