"""The steps of the authorization endpoint, in the order in which they are policy.

Each takes the Authorization and returns a Response, which ends it, or None. What comes
after all of them is `grant.make_grant`.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.config.authorize_steps import Phase, Run
from pyramid_oauth.config.consent_sources import SCOPE
from pyramid_oauth.endpoints.authorize.scope_consent import ScopeConsent
from pyramid_oauth.endpoints.authorize.steps.consent import (
    ask_consent,
    find_consent,
    remember_consent,
    take_decision,
)
from pyramid_oauth.endpoints.authorize.steps.grant import (
    note_authentication,
    use_pending_request,
)
from pyramid_oauth.endpoints.authorize.steps.login import find_resource_owner
from pyramid_oauth.endpoints.authorize.steps.validation import (
    check_mode,
    check_values,
    validate,
)

STEPS: dict[Phase, tuple[Run, ...]] = {
    # It says how to answer, errors too: so the mode is known first.
    Phase.VALIDATE: (check_mode, validate, check_values),
    Phase.INTERACT: (
        find_resource_owner,
        take_decision,
        find_consent,
        ask_consent,
        remember_consent,
    ),
    # First, so that of two answers at the same time the second leaves no grant.
    Phase.GRANT: (use_pending_request, note_authentication),
}


def includeme(config: Any) -> None:
    """Register the steps, each after the one before it, and what they ask about."""
    config.add_oauth_consent_source(SCOPE, ScopeConsent())
    for phase, steps in STEPS.items():
        names = [None, *(step.__name__ for step in steps)]
        for former, step in zip(names, steps, strict=False):
            config.add_oauth_authorize_step(
                step.__name__, step, phase=phase, after=former
            )
