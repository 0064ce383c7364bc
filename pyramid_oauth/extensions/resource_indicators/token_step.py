"""The token step that limits access tokens to resources (RFC 8707 section 2.2)."""

from __future__ import annotations

from collections.abc import Sequence

from pyramid_oauth import lifetimes
from pyramid_oauth.errors import InvalidTarget
from pyramid_oauth.extensions.resource_indicators.policy import ResourcePolicy
from pyramid_oauth.extensions.resource_indicators.resource import Resource
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.token_draft import TokenDraft, TokenStep


class ResourceTokens(TokenStep):
    """Finds the resources of each token, and what it may do there."""

    def __init__(self, policy: ResourcePolicy) -> None:
        self._policy = policy

    def check(self, request: OAuthRequest) -> None:
        """Refuse resources that no token of this grant can be for."""
        resources = self._resources(request)
        self._policy.check_token(resources)
        is_new = request.grant is None
        # A user may have unticked all scopes of the resources of a grant.
        if is_new or self._policy.named(request):
            self._policy.check_scopes(resources, request.scopes)
        if is_new:  # the grant is stored with them
            request.resources = tuple(each.identifier for each in resources)

    def build(self, request: OAuthRequest, draft: TokenDraft) -> None:
        """Set audience, scopes, lifetime and format of the token."""
        resources = self._resources(request)
        if not resources:
            return
        draft.audience = tuple(each.identifier for each in resources)
        draft.scopes = self._policy.token_scopes(resources, request.scopes)
        if request.scopes and not draft.scopes:
            # RFC 6749 section 5.1: required where it differs from what was granted.
            draft.response["scope"] = ""
        draft.lifetime = min([draft.lifetime, *_greatest_lifetimes(request, resources)])
        formats = [each.token_format for each in resources if each.token_format]
        if formats:
            draft.token_format = formats[0]

    def _resources(self, request: OAuthRequest) -> tuple[Resource, ...]:
        """Return the resources of the token: those named, within those of the grant."""
        if request.grant is None and not request.resources:
            return self._policy.requested(request)
        default = self._policy.settings.default_resources
        granted = self._policy.still_open(request, request.resources or default)
        named = self._policy.named(request)
        if not {each.identifier for each in named} <= {
            each.identifier for each in granted
        }:
            raise InvalidTarget(description="The grant is not for this resource.")
        if not granted and (request.resources or default or self._is_required):
            raise InvalidTarget(
                description="The grant is for no resource that there is; ask the user "
                "again."
            )
        return named or granted

    @property
    def _is_required(self) -> bool:
        return self._policy.settings.require_resource


def _greatest_lifetimes(
    request: OAuthRequest, resources: Sequence[Resource]
) -> list[int]:
    return [
        lifetimes.in_seconds(each.lifetime, request.pyramid)
        for each in resources
        if each.lifetime is not None
    ]
