"""Which resources a request is for, and what tokens for them allow (RFC 8707)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from pyramid_oauth.errors import InvalidTarget, safe_description
from pyramid_oauth.extensions.resource_indicators.catalogue import ResourceCatalogue
from pyramid_oauth.extensions.resource_indicators.resource import (
    LONGEST,
    Resource,
    is_identifier,
    normalize,
)
from pyramid_oauth.extensions.resource_indicators.settings import ResourceSettings
from pyramid_oauth.protocol.request import OAuthRequest

OPENID_SCOPES = frozenset({"openid", "profile", "email", "address", "phone"})

OFFLINE_ACCESS = "offline_access"


def parse_identifiers(text: str) -> tuple[str, ...]:
    """Return the values of the parameter `resource`, which were joined by spaces.

    Raises:
        InvalidTarget: One is malformed.
    """
    identifiers = tuple(dict.fromkeys(text.split(" ")))
    for identifier in identifiers:
        if not is_identifier(identifier):
            raise InvalidTarget(
                description="A resource must be an absolute URI without a fragment, of "
                f"at most {LONGEST} characters."
            )
    return identifiers


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """The rules by the catalogue and the settings.

    Attributes:
        default: The normalized `default_resources`.
    """

    catalogue: ResourceCatalogue
    settings: ResourceSettings
    default: frozenset[str]

    @classmethod
    def of(cls, catalogue: ResourceCatalogue, settings: ResourceSettings) -> Self:
        """Return the policy of these settings."""
        default = frozenset(map(normalize, settings.default_resources))
        return cls(catalogue, settings, default)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that name resources."""
        return ("resource", "audience") if self.settings.audience_parameter else _ONE

    def named(self, oauth: OAuthRequest) -> tuple[Resource, ...]:
        """Return the resources that the request names.

        Raises:
            InvalidTarget: One is malformed, unknown or not for the client, or there are
                too many.
        """
        each = [oauth.parameter(name) or () for name in self.parameters]
        identifiers = list(dict.fromkeys(name for names in each for name in names))
        if len(identifiers) > self.settings.resource_limit:
            raise InvalidTarget(
                description="A request may name at most "
                f"{self.settings.resource_limit} resources."
            )
        return _unique(self._find_named(oauth, name) for name in identifiers)

    def _find_named(self, oauth: OAuthRequest, identifier: str) -> Resource:
        found = self.find(oauth, identifier)
        if found is None:
            oauth.refuse(
                f"the resource {identifier} is not declared, or not for this client"
            )
            raise InvalidTarget(
                description=safe_description(
                    f"Unknown resource, or not for this client: {identifier}"
                )
            )
        return found

    def find(self, oauth: OAuthRequest, identifier: str) -> Resource | None:
        """Return the resource that the client may ask for by this identifier."""
        return self.catalogue.find(oauth.pyramid, oauth.client, identifier)

    def requested(self, oauth: OAuthRequest) -> tuple[Resource, ...]:
        """Return the resources that the request names, else the default ones.

        Raises:
            InvalidTarget: They are invalid, or none is named where one must be.
        """
        named = self.named(oauth)
        if named:
            return named
        default = self.still_open(oauth, self.settings.default_resources)
        if not default and (
            self.settings.require_resource or self.settings.default_resources
        ):
            raise InvalidTarget(description="The request must name a resource.")
        return default

    def still_open(
        self, oauth: OAuthRequest, identifiers: Iterable[str]
    ) -> tuple[Resource, ...]:
        """Return those of these resources that the client may still ask for."""
        found = (self.find(oauth, identifier) for identifier in identifiers)
        return _unique(each for each in found if each is not None)

    def check_token(self, resources: Sequence[Resource]) -> None:
        """Check that one access token can be for all these resources.

        Raises:
            InvalidTarget: It cannot.
        """
        if self.settings.single_resource_tokens and len(resources) > 1:
            raise InvalidTarget(
                description="An access token is for one resource; name one of them."
            )
        if len({each.token_format for each in resources} - {None}) > 1:
            raise InvalidTarget(
                description="These resources need tokens of different formats; ask for "
                "one at a time."
            )

    def check_scopes(
        self, resources: Sequence[Resource], scopes: Sequence[str]
    ) -> None:
        """Refuse scopes of which none is for these resources (RFC 8707 section 2).

        Raises:
            InvalidTarget: There is none, though each resource has scopes.
        """
        have_scopes = resources and all(each.scopes for each in resources)
        if scopes and have_scopes and not self.token_scopes(resources, scopes):
            raise InvalidTarget(description="None of the scopes is for this resource.")

    def token_scopes(
        self, resources: Sequence[Resource], scopes: Sequence[str]
    ) -> tuple[str, ...]:
        """Return those scopes that a token for these resources has (section 2.2).

        With the scopes of OpenID Connect a resource could ask UserInfo about the user.
        So it gets them only if it was declared with them, or is a default: a client
        that only logs users in names no resource, and asks UserInfo itself.
        """
        others = _scopes_of_the_grant(scopes)
        allowed = set(others) if self._are_default(resources) else set()
        for each in resources:
            if each.scopes is None:
                allowed.update(name for name in scopes if name not in others)
            else:
                allowed.update(each.scopes)
        return tuple(name for name in scopes if name in allowed)

    def grant_scopes(
        self, resources: Sequence[Resource], scopes: Sequence[str]
    ) -> list[str]:
        """Return those scopes that a grant for these resources has.

        They are those of its tokens, and those that concern the grant itself.
        """
        usable = _scopes_of_the_grant(scopes).union(
            self.token_scopes(resources, scopes)
        )
        return [name for name in scopes if name in usable]

    def _are_default(self, resources: Sequence[Resource]) -> bool:
        return all(normalize(each.identifier) in self.default for each in resources)


_ONE = ("resource",)


def _unique(resources: Iterable[Resource]) -> tuple[Resource, ...]:
    """Return each resource once: several identifiers may be equivalent."""
    return tuple({each.identifier: each for each in resources}.values())


def _scopes_of_the_grant(scopes: Sequence[str]) -> frozenset[str]:
    """Return the names that are no scopes of a resource: of ID Tokens and refreshes."""
    if "openid" in scopes:
        return OPENID_SCOPES | {OFFLINE_ACCESS}
    return frozenset({OFFLINE_ACCESS})
