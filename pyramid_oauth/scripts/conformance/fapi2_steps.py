"""The steps of the suite's browser in modules of the FAPI 2.0 plans.

Most refusals of these plans end at the PAR endpoint and show no page.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.scripts.conformance.browser_steps import (
    Entry,
    Site,
    error_page,
    log_in_and_allow,
    log_in_and_deny,
)

PREFIX = "fapi2-security-profile-final-"

DENIAL = f"{PREFIX}user-rejects-authentication"

ERROR_PAGES = (
    f"{PREFIX}par-attempt-to-use-expired-request_uri",
    f"{PREFIX}par-attempt-to-use-request_uri-for-different-client",
)

USED_REQUEST = f"{PREFIX}par-attempt-reuse-request_uri"

TWO_VISITS = f"{PREFIX}par-ensure-reused-request-uri-prior-to-auth-completion-succeeds"


def module_steps(site: Site) -> dict[str, Any]:
    """Return the steps of the modules that expect something else than a login."""
    allow = log_in_and_allow(site)
    look = {
        "match": allow["match"],
        "match-limit": 1,
        "tasks": [{"task": "Look at the page", "match": "*", "commands": []}],
    }
    changed: dict[str, list[Entry]] = {
        DENIAL: [log_in_and_deny(site)],
        **{name: [error_page(site)] for name in ERROR_PAGES},
        USED_REQUEST: [{**allow, "match-limit": 1}, error_page(site)],
        TWO_VISITS: [look, allow],
    }
    return {name: {"browser": browser} for name, browser in changed.items()}
