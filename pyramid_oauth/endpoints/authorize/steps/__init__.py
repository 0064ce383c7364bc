"""The steps of the authorization endpoint for RFC 6749, in their order.

Each takes the Authorization and returns a Response, which ends the request, or None.
`grant.make_grant` follows the last step.
"""

from __future__ import annotations

from pyramid_oauth.config.authorize_steps import Phase, Run
from pyramid_oauth.config.consent_sources import SCOPE
from pyramid_oauth.endpoints.authorize.scope_consent import ScopeConsent
from pyramid_oauth.endpoints.authorize.steps.consent import ask_consent, find_consent
from pyramid_oauth.endpoints.authorize.steps.login import find_resource_owner
from pyramid_oauth.endpoints.authorize.steps.validation import check_values, validate
from pyramid_oauth.interfaces.configurator import Configurator

STEPS: dict[Phase, tuple[Run, ...]] = {
    # Extensions refuse between the two, once the redirect URI is known to be right.
    Phase.VALIDATE: (validate, check_values),
    Phase.INTERACT: (find_resource_owner, find_consent, ask_consent),
}


def includeme(config: Configurator) -> None:
    """Register the steps in their order, and scopes as the first consent source."""
    config.add_oauth_consent_source(SCOPE, ScopeConsent())
    for phase, steps in STEPS.items():
        names = [None, *(step.__name__ for step in steps)]
        for former, step in zip(names, steps, strict=False):
            config.add_oauth_authorize_step(
                step.__name__, step, phase=phase, after=former
            )
