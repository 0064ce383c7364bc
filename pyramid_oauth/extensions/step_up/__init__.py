"""OAuth 2.0 Step Up Authentication Challenge Protocol (RFC 9470) at the server.

Any authorization request may demand a class or an age of the login, and access tokens
say how their user logged in. `pyramid_oauth.resource` has the challenge of an API.
"""

from __future__ import annotations

from dataclasses import replace

from pyramid.response import Response

from pyramid_oauth.config.authorize_steps import Phase
from pyramid_oauth.endpoints.authorize.authentication_parameters import (
    ACR_VALUES,
    MAX_AGE,
    AuthenticationSettings,
)
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.extensions.openid.settings import is_openid_provider
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.token_draft import TokenDraft, TokenStep
from pyramid_oauth.resource.user_authentication import IS_TOLD
from pyramid_oauth.settings.checks import Check, Severity

PARAMETERS = (ACR_VALUES, MAX_AGE)

CLAIMS = ("acr", "auth_time")
"""The members of tokens and introspection answers (section 6)."""


def check_parameters(authorization: Authorization) -> Response | None:
    """Refuse malformed parameters."""
    for name in PARAMETERS:
        authorization.oauth.parameter(name)
    return None


def require_authentication(authorization: Authorization) -> Response | None:
    """Let the login be as the request demands (sections 4 and 5)."""
    oauth, known = authorization.oauth, authorization.requirements
    acrs, max_age = oauth.parameter(ACR_VALUES) or (), oauth.parameter(MAX_AGE)
    required = known
    if max_age is not None:
        required = replace(required, max_age=max_age)
    if acrs and not known.acrs:
        can_reach = not set(acrs).isdisjoint(
            authorization.server.settings[AuthenticationSettings].acr_values
        )
        required = replace(
            required,
            acrs=acrs if can_reach or not _is_voluntary(oauth) else (),
            can_reach_acrs=can_reach,
            preferred_acrs=acrs,
            hints={**known.hints, ACR_VALUES: " ".join(acrs)},
        )
    authorization.requirements = required
    return None


def _is_voluntary(oauth: OAuthRequest) -> bool:
    """Whether classes that the server does not know must be no error.

    OpenID Connect Core section 15.1: the use of `acr_values` must not lead to one.
    """
    return "openid" in oauth.scopes and is_openid_provider(oauth.server.settings)


class LoginClaims(TokenStep):
    """Store with each access token how its user logged in (section 6)."""

    def build(self, request: OAuthRequest, draft: TokenDraft) -> None:
        """Copy the class and the time of the login, as far as the host knows them."""
        login = request.authentication
        draft.claims.update(
            (name, login[name]) for name in CLAIMS if login.get(name) is not None
        )


def _names_no_class(settings: AuthenticationSettings) -> bool:
    return not settings.acr_values


CHECKS = (
    Check(
        "W193",
        ACR_VALUES,
        _names_no_class,
        "is empty: a request that demands a class of the login gets "
        "unmet_authentication_requirements (RFC 9470 section 5)",
        severity=Severity.NOTICE,
        section=AuthenticationSettings,
    ),
)


def includeme(config: Configurator) -> None:
    """Honor the parameters, and describe the login in tokens."""
    config.include("pyramid_oauth.endpoints.authorize.authentication_parameters")
    config.add_oauth_check(*CHECKS)
    config.add_oauth_authorize_step(
        "check_authentication_parameters",
        check_parameters,
        after="validate",
        parameters=PARAMETERS,
    )
    config.add_oauth_authorize_step(
        "require_authentication",
        require_authentication,
        phase=Phase.INTERACT,
        after="apply_authentication_request",
        before="find_resource_owner",
        parameters=PARAMETERS,
    )
    config.add_oauth_token_step("step_up", LoginClaims)
    config.registry[IS_TOLD] = True
