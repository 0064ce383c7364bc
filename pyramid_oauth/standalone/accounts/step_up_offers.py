"""Offers of a stronger login where an application asks for one: once in a session.

OpenID Connect Core section 3.1.2.1: `acr_values` is voluntary. Whoever has no such
factor may add one, or go on without. Who went on is not asked again by each application
until the next login.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyramid_oauth.standalone.accounts.authentication_context import (
    LEVELS,
    PHISHING_RESISTANT,
    Methods,
    has_level,
)
from pyramid_oauth.standalone.accounts.relying_party import PARTY
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings

DECLINED = "declined"
"""The member of the browser's session with the level that the login did not reach."""


def may_offer(
    request: Request, options: StandaloneSettings, acr_values: Iterable[str]
) -> bool:
    """Whether another login can reach one of the classes, and was not declined."""
    level = options.acr_values.required_level(acr_values)
    if level is None or options.second_factor == "off":
        return False
    if level == PHISHING_RESISTANT and request.registry.get(PARTY) is None:
        return False
    # Who declined a weaker level does not want a stronger one.
    weaker = LEVELS[: LEVELS.index(level) + 1]
    return request.session.get(DECLINED) not in weaker


def record_outcome(request: Request, need: str, amr: Methods) -> None:
    """Record in the new session that its login has not the level that was needed."""
    if need and not has_level(amr, need):
        request.session[DECLINED] = need
