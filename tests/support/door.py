"""A provider whose people log in at a time, choose an account and reach an acr."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from pyramid_oauth.accounts import Account
from pyramid_oauth.clock import now
from tests.support.host import asked, query_of, redemption
from tests.support.provider import NONCE, People, Provider, sign_in

CORE = "OpenID Connect Core"
SETTINGS = {
    "scopes": "openid = Know you\nread = Read\nwrite = Write\nprofile = Profile\n"
    "offline_access = Keep the access while you are away",
    "acr_values": "bronze silver gold",
}


class Adapter(People):
    """Logins live in the session, as in a host that supports all of it."""

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


class Timeless(Adapter):
    """A host that does not know when somebody logged in."""

    times = False


def enter(request):
    given = request.params
    request.session["login"] = {
        "name": given["name"],
        "at": now().timestamp(),
        **({"acr": given["acr"]} if "acr" in given else {}),
    }
    return request.response


def choose(request):
    request.session["login"] = {
        **request.session["login"],
        "chosen": now().timestamp(),
    }
    return request.response


class Door(Provider):
    """The provider with a front door."""

    adapter = Adapter

    def __init__(self, url, configure=None, **settings):
        def whole(config):
            config.add_route("enter", "/enter")
            config.add_view(enter, route_name="enter")
            config.add_route("choose", "/choose")
            config.add_view(choose, route_name="choose")
            if configure:
                configure(config)

        super().__init__(url, whole, **{**SETTINGS, **settings})

    def visitor(self, name=None, **login):
        """A browser; `name` has logged in at it."""
        browser = self.browser()
        return enters(browser, name, **login) if name else browser


class TimelessDoor(Door):
    adapter = Timeless


def enters(browser, name="alice", **login):
    browser.get("/enter", {"name": name, **login})
    return browser


def asks(browser, **changes):
    """Send an authentication request; the answer."""
    parameters = asked(**{"scope": "openid", "nonce": NONCE, **changes})
    return browser.get("/oauth/authorize", parameters, expect_errors=True)


def sent_to_login(answer):
    """The reason and the way back, where `answer` sends the browser to log in."""
    parts = urlsplit(answer.location)
    assert answer.status_int == 303
    assert (parts.netloc, parts.path) == ("as.example", "/login")
    query = parse_qs(parts.query)
    return query.get("reason", ["login"])[0], query["next"][0]


def is_sent_to_login(answer):
    return answer.status_int == 303 and "as.example/login?" in answer.location


def comes_back(browser, answer):
    """Follow the way back from the login page, through consent where it is asked."""
    answer = browser.get(sent_to_login(answer)[1], expect_errors=True)
    if answer.status_int == 303 and "/authorize/" in answer.location:
        answer = answer.follow()
    if answer.status_int == 200 and "oauth-consent" in answer.forms:
        answer = answer.forms["oauth-consent"].submit("decision", value="allow")
    return answer


def error_of(answer):
    return query_of(answer)["error"]


def claims_of(host, client, answer):
    """The claims of the ID Token that the code in `answer` brings."""
    form = redemption(query_of(answer)["code"], client)
    return host.verified(host.browser().post("/oauth/token", form).json["id_token"])


__all__ = ["NONCE", "asked", "query_of", "redemption", "sign_in"]
