"""The authorization details of access tokens (RFC 9396 sections 6, 7 and 9)."""

from __future__ import annotations

from collections.abc import Sequence

from pyramid_oauth.extensions.rich_authorization.details import (
    PARAMETER,
    Detail,
    InvalidAuthorizationDetails,
)
from pyramid_oauth.extensions.rich_authorization.locations import is_for
from pyramid_oauth.extensions.rich_authorization.policy import DetailsPolicy
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.token_draft import TokenDraft, TokenStep

IMPLICIT = "implicit"

CLIENT_CREDENTIALS = "client_credentials"


def allow_without_scope(request: OAuthRequest, endpoint: str) -> None:
    """Let a client ask for authorization details instead of scopes for itself.

    What it asks for is checked with its token.
    """
    if request.grant_type == CLIENT_CREDENTIALS and PARAMETER in request.parameters:
        request.may_lack_scopes = True
        request.details = {PARAMETER: request.parameter(PARAMETER).values}


class DetailsOfTokens(TokenStep):
    """Finds the authorization details of each token."""

    def __init__(self, policy: DetailsPolicy) -> None:
        self._policy = policy

    def check(self, request: OAuthRequest) -> None:
        """Refuse details that the grant, or the client for itself, does not have."""
        granted = request.details.get(PARAMETER)
        if granted and not (request.scopes or self._find(request)):
            raise InvalidAuthorizationDetails(
                "No authorization details of the grant are left."
            )
        if granted is None and PARAMETER in request.parameters:
            self._find(request)

    def build(self, request: OAuthRequest, draft: TokenDraft) -> None:
        """Store the details with the token, and return them with it.

        A token for certain resources has those that are located there (section 9.1).
        """
        details = self._find(request)
        if not details:
            return
        if request.resources:
            details = self._at_resources(request, draft, details)
        if details:
            draft.claims[PARAMETER] = list(details)
        if draft.grant_type != IMPLICIT:
            draft.response[PARAMETER] = list(details)

    def _find(self, request: OAuthRequest) -> Sequence[Detail]:
        if request.grant is not None:
            return self._policy.narrowed(request)
        if request.user is None:
            return self._policy.of_client(request)
        if request.grant_type is None:  # the authorization endpoint
            return self._policy.of_grant(request)
        return self._policy.narrowed(request)

    def _at_resources(
        self, request: OAuthRequest, draft: TokenDraft, details: Sequence[Detail]
    ) -> Sequence[Detail]:
        kept = [each for each in details if is_for(each, draft.audience)]
        is_asked = PARAMETER in request.parameters and request.grant_type is not None
        if (is_asked and len(kept) < len(details)) or not (kept or draft.scopes):
            raise InvalidAuthorizationDetails(
                "The authorization details are not for this resource."
            )
        return kept
