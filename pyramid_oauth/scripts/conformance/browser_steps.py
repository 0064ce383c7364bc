"""The steps of the conformance suite's browser on our pages.

An entry matches the first URL that is visited. Its tasks run in order, each on one
page; an optional task is skipped on other pages. The ids of the elements are
documented and stable.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

Command = list[str | int]

Task = dict[str, Any]

Entry = dict[str, Any]

TIMEOUT = 10

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
    """The URLs of our pages and of the suite, and the credentials of the user."""

    authorize: str
    end_session: str
    login: str
    origin: str
    callbacks: str
    username: str
    password: str


def ordinary_steps(site: Site) -> list[Entry]:
    """Return the steps of an ordinary login and of an ordinary logout."""
    return [
        log_in_and_allow(site),
        _logout(site, _wait_for_redirect(site), _expect_callback(site, AFTER_LOGOUT)),
        _session(site),
    ]


def module_steps(site: Site) -> dict[str, Any]:
    """Return the steps of the modules that expect a certain page, by module."""
    confirm = _page("Ask whether to log out", site.end_session, "oauth-logout-confirm")
    stay = _logout(site, _page("Logged out", "*", "oauth-logged-out"))
    changed: dict[str, list[Entry]] = {
        **{name: [error_page(site)] for name in ERROR_PAGES},
        **{name: [log_in_and_allow(site, picture=True)] for name in SECOND_LOGINS},
        **{
            name: [_entry(site.authorize, _login_page(site, element))]
            for name, element in LOGIN_ELEMENTS.items()
        },
        **{
            name: [log_in_and_allow(site), _entry(site.end_session, confirm)]
            for name in UNVERIFIABLE_LOGOUTS
        },
        **{name: [log_in_and_allow(site), stay] for name in LOGOUTS_THAT_STAY},
    }
    return {name: {"browser": browser} for name, browser in changed.items()}


def _entry(url: str, *tasks: Task) -> Entry:
    return {"match": f"{url}*", "tasks": list(tasks)}


def _task(name: str, match: str, *commands: Command, optional: bool = True) -> Task:
    task: Task = {"task": name, "match": match, "commands": list(commands)}
    if optional:
        task["optional"] = True
    return task


def log_in_and_allow(site: Site, *, picture: bool = False) -> Entry:
    """Return the steps of a login that ends in an answer to the client."""
    return _decide(site, "Allow", "oauth-allow", picture=picture)


def log_in_and_deny(site: Site) -> Entry:
    """Return the steps of a login whose user gives no consent."""
    return _decide(site, "Deny", "oauth-deny")


def error_page(site: Site) -> Entry:
    """Return the step that expects an error page instead of an answer."""
    return _entry(
        site.authorize, _page("Error page", site.authorize, "oauth-error-code")
    )


def _decide(site: Site, name: str, button: str, *, picture: bool = False) -> Entry:
    return _entry(
        site.authorize,
        _log_in(site, picture=picture),
        # The account chooser may be anywhere; no other page has this button.
        _task("Go on as this person", f"{site.origin}/*", _click("account-continue")),
        _task(name, f"{site.authorize}/*", _click(button)),
        # Where the browser ran the page's script, this page has already gone.
        _task("Post", f"{site.authorize}*", _click("oauth-form-post-continue")),
        _expect_callback(
            site, "callback", ["wait", "id", "submission_complete", TIMEOUT]
        ),
    )


def _log_in(site: Site, *, picture: bool = False) -> Task:
    wait: list[Command] = [["wait", "id", "login", TIMEOUT, ".+", IMAGE_IF_ASKED]]
    return _task(
        "Log in",
        f"{site.login}*",
        *(wait if picture else []),
        ["text", "id", "username", site.username, "optional"],
        ["text", "id", "password", site.password, "optional"],
        _click("login-submit"),
    )


def _login_page(site: Site, element: str) -> Task:
    return _task(
        "Login page",
        f"{site.login}*",
        ["wait", "id", element, TIMEOUT],
        ["wait", "id", "login", TIMEOUT, ".+", IMAGE],
        optional=False,
    )


def _page(name: str, url: str, element: str) -> Task:
    wait: Command = ["wait", "id", element, TIMEOUT, ".+", IMAGE]
    return _task(name, url.rstrip("*") + "*", wait, optional=False)


def _logout(site: Site, *last: Task) -> Entry:
    confirm = _task("Confirm", f"{site.end_session}*", _click("oauth-logout-confirm"))
    return _entry(site.end_session, confirm, *last)


def _wait_for_redirect(site: Site) -> Task:
    """Wait for the redirect of the logout page with front-channel frames."""
    # Anchored at the start: the URL may be in the query of our own page.
    pattern = f"^{re.escape(site.callbacks + AFTER_LOGOUT)}"
    wait: Command = ["wait", "match", pattern, TIMEOUT]
    return _task("Wait until it goes on", f"{site.end_session}*", wait)


def _session(site: Site) -> Entry:
    """Wait on the suite's page with the two iframes of Session Management."""
    return _entry(
        f"{site.callbacks}*session_verify",
        _task(
            "Wait for the iframes",
            "*",
            ["wait", "contains", "session_result", 3 * TIMEOUT],
            optional=False,
        ),
    )


def _expect_callback(site: Site, place: str, *commands: Command) -> Task:
    return _task("Arrived", f"{site.callbacks}{place}*", *commands, optional=False)


def _click(element: str) -> Command:
    return ["click", "id", element, "optional"]
