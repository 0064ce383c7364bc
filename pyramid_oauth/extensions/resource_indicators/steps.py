"""The step of authorization requests that checks resources (RFC 8707 section 2.1)."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.extensions.resource_indicators.policy import ResourcePolicy


@dataclass(frozen=True, slots=True)
class CheckResources:
    """Refuses what no token can be for; drops scopes that belong to no resource."""

    policy: ResourcePolicy

    def __call__(self, authorization: Authorization) -> None:
        """Check the resources of the request.

        Raises:
            InvalidTarget: They are malformed, unknown, or do not go with each other or
                with the scopes.
        """
        oauth = authorization.oauth
        resources = self.policy.requested(oauth)
        if not resources:
            return
        self.policy.check_scopes(resources, oauth.scopes)
        oauth.scopes = self.policy.grant_scopes(resources, oauth.scopes)
        if "token" in (oauth.response_type or "").split():
            self.policy.check_token(resources)
