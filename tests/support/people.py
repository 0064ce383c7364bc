"""The people of the test hosts: the accounts adapter, and the pages it logs in with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from pyramid.csrf import get_csrf_token
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
    """What this host knows of people; it counts how often it is asked.

    `login` is what it knows of every log-in: `auth_time`, `acr`, `amr`, `session_id`.
    """

    asked = 0

    def __init__(self, **login):
        super().__init__()
        self.login = login

    def current(self, request):
        account = super().current(request)
        return account and replace(account, **self.login)

    def claims(self, request, subject):
        self.asked += 1
        return CLAIMS.get(subject, {})

    def log_out(self, request):
        request.session.invalidate()


class PeopleWithSessions(People):
    """People of a host that names its sessions."""

    def current(self, request):
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

    def current(self, request):
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

    def _moment(self, seconds):
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

    def login_url(self, request, return_to, *, reason, hints):
        request.registry["hints"] = dict(hints)
        return super().login_url(request, return_to, reason=reason, hints=hints)


class PeopleWithoutTimes(PeopleWithLogins):
    """People of a host that does not know when somebody logged in."""

    times = False


def log_in(request):
    request.session["user"] = request.params["name"]
    return request.response


def enter(request):
    given = request.params
    request.session["login"] = {
        "name": given["name"],
        "at": now().timestamp(),
        **({"acr": given["acr"]} if "acr" in given else {}),
    }
    return request.response


def choose(request):
    login = request.session["login"]
    request.session["login"] = {**login, "chosen": now().timestamp()}
    return request.response


def whoami(request):
    return Response(request.session.get("user") or "nobody")


def expire(request):
    request.session.invalidate()
    return request.response


def includeme(config):
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
