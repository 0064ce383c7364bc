"""The step of authorization requests that checks their details (RFC 9396 section 5)."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.extensions.rich_authorization.policy import DetailsPolicy


@dataclass(frozen=True, slots=True)
class CheckDetails:
    """Refuses requests with invalid details, pushed ones at once."""

    policy: DetailsPolicy

    def __call__(self, authorization: Authorization) -> None:
        """Check the details of the request.

        Raises:
            InvalidAuthorizationDetails: They are invalid.
        """
        self.policy.requested(authorization.oauth)
