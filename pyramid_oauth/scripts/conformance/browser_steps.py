"""The steps by which the conformance suite's browser fills our pages.

An entry matches the first URL that is visited; its tasks follow one another, each for
one page, and an optional one is passed over where the page is another. Elements are
named by the ids that our documentation promises.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

Command = list[str | int]

Task = dict[str, Any]

Entry = dict[str, Any]

PATIENCE = 10

AFTER_LOGOUT = "post_logout_redirect"

IMAGE = "update-image-placeholder"

IMAGE_IF_ASKED = "update-image-placeholder-optional"

ERROR_PAGES = (
    "oidcc-ensure-registered-redirect-uri",
    "oidcc-ensure-redirect-uri-in-authorization-request",
    "oidcc-redirect-uri-query-mismatch",
    "oidcc-redirect-uri-query-added",
)

SECOND_LOGINS = ("oidcc-prompt-login", "oidcc-max-age-1")

LOGIN_ELEMENTS = {
    "oidcc-registration-logo-uri": "client-logo",
    "oidcc-registration-policy-uri": "client-policy",
    "oidcc-registration-tos-uri": "client-tos",
}

UNVERIFIABLE_LOGOUTS = (
    "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri",
    "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri",
    "oidcc-rp-initiated-logout-modified-id-token-hint",
    "oidcc-rp-initiated-logout-bad-id-token-hint",
    "oidcc-rp-initiated-logout-no-id-token-hint",
)

LOGOUTS_THAT_STAY = (
    "oidcc-rp-initiated-logout-no-params",
    "oidcc-rp-initiated-logout-no-post-logout-redirect-uri",
    "oidcc-rp-initiated-logout-only-state",
)


@dataclass(frozen=True)
class Site:
    """Where our pages are, where the suite receives answers, and who logs in."""

    authorize: str
    end_session: str
    login: str
    origin: str
    callbacks: str
    username: str
    password: str


def entries(site: Site) -> list[Entry]:
    """The steps of an ordinary login and of an ordinary logout."""
    return [
        _authorize(site),
        _logout(site, _went_on(site), _arrived(site, AFTER_LOGOUT)),
        _session(site),
    ]


def overrides(site: Site) -> dict[str, Any]:
    """The steps of those modules that want to see a certain page, by module."""
    error = _page("Error page", site.authorize, "oauth-error-code")
    confirm = _page("Ask whether to log out", site.end_session, "oauth-logout-confirm")
    stay = _logout(site, _page("Logged out", "*", "oauth-logged-out"))
    changed: dict[str, list[Entry]] = {
        **{name: [_entry(site.authorize, error)] for name in ERROR_PAGES},
        **{name: [_authorize(site, picture=True)] for name in SECOND_LOGINS},
        **{
            name: [_entry(site.authorize, _login_page(site, element))]
            for name, element in LOGIN_ELEMENTS.items()
        },
        **{
            name: [_authorize(site), _entry(site.end_session, confirm)]
            for name in UNVERIFIABLE_LOGOUTS
        },
        **{name: [_authorize(site), stay] for name in LOGOUTS_THAT_STAY},
    }
    return {name: {"browser": browser} for name, browser in changed.items()}


def _entry(url: str, *tasks: Task) -> Entry:
    return {"match": f"{url}*", "tasks": list(tasks)}


def _task(name: str, match: str, *commands: Command, optional: bool = True) -> Task:
    task: Task = {"task": name, "match": match, "commands": list(commands)}
    if optional:
        task["optional"] = True
    return task


def _authorize(site: Site, *, picture: bool = False) -> Entry:
    return _entry(
        site.authorize,
        _login(site, picture=picture),
        # The page of account choice may be anywhere; others have no such button.
        _task("Go on as this person", f"{site.origin}/*", _click("account-continue")),
        _task("Allow", f"{site.authorize}/*", _click("oauth-allow")),
        # Where the browser ran the page's script, it is gone by now.
        _task("Post", f"{site.authorize}*", _click("oauth-form-post-continue")),
        _arrived(site, "callback", ["wait", "id", "submission_complete", PATIENCE]),
    )


def _login(site: Site, *, picture: bool = False) -> Task:
    seen: list[Command] = [["wait", "id", "login", PATIENCE, ".+", IMAGE_IF_ASKED]]
    return _task(
        "Log in",
        f"{site.login}*",
        *(seen if picture else []),
        ["text", "id", "username", site.username, "optional"],
        ["text", "id", "password", site.password, "optional"],
        _click("login-submit"),
    )


def _login_page(site: Site, element: str) -> Task:
    return _task(
        "Login page",
        f"{site.login}*",
        ["wait", "id", element, PATIENCE],
        ["wait", "id", "login", PATIENCE, ".+", IMAGE],
        optional=False,
    )


def _page(name: str, url: str, element: str) -> Task:
    seen: Command = ["wait", "id", element, PATIENCE, ".+", IMAGE]
    return _task(name, url.rstrip("*") + "*", seen, optional=False)


def _logout(site: Site, *last: Task) -> Entry:
    confirm = _task("Confirm", f"{site.end_session}*", _click("oauth-logout-confirm"))
    return _entry(site.end_session, confirm, *last)


def _went_on(site: Site) -> Task:
    """Where others are told of the logout in frames, the page goes on by itself."""
    # An expression from the start: the address may be in the query of our own page.
    there = f"^{re.escape(site.callbacks + AFTER_LOGOUT)}"
    gone: Command = ["wait", "match", there, PATIENCE]
    return _task("Wait until it goes on", f"{site.end_session}*", gone)


def _session(site: Site) -> Entry:
    """The suite's page with the two iframes of Session Management; it moves on."""
    return _entry(
        f"{site.callbacks}*session_verify",
        _task(
            "Wait for the iframes",
            "*",
            ["wait", "contains", "session_result", 3 * PATIENCE],
            optional=False,
        ),
    )


def _arrived(site: Site, place: str, *commands: Command) -> Task:
    return _task("Arrived", f"{site.callbacks}{place}*", *commands, optional=False)


def _click(element: str) -> Command:
    return ["click", "id", element, "optional"]
