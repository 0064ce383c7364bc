"""Which authorization details a client may get, of those that it asks for.

RFC 9396 sections 3, 5 and 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyramid_oauth.extensions.rich_authorization.detail_type import DetailsType
from pyramid_oauth.extensions.rich_authorization.details import (
    PARAMETER,
    TYPE,
    Detail,
    DetailsLimits,
    InvalidAuthorizationDetails,
    RequestedDetails,
    unique,
)
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.server import ServerRequest

CLIENT_TYPES = "authorization_details_types"
"""The client metadata member with the types that the client uses (section 10)."""


@dataclass(frozen=True, slots=True)
class DetailsPolicy:
    """The rules by the declared types and the limits."""

    types: Mapping[str, DetailsType]
    limits: DetailsLimits

    def requested(self, oauth: OAuthRequest) -> tuple[Detail, ...]:
        """Return the details that an authorization request asks for.

        Raises:
            InvalidAuthorizationDetails: They are malformed, unknown, not valid or not
                for this client.
        """
        parameter: RequestedDetails | None = oauth.parameter(PARAMETER)
        if parameter is None:
            return ()
        if parameter.accepted is None:
            parameter.accepted = self._accept(oauth, parameter.values)
        return parameter.accepted

    def _accept(
        self, oauth: OAuthRequest, values: Sequence[Detail]
    ) -> tuple[Detail, ...]:
        by_type: dict[str, list[Detail]] = {}
        for value in values:
            each = self.type_of(oauth, value)
            _require_valid(each, each.problem(value))
            by_type.setdefault(each.name, []).append(value)
        return tuple(
            detail
            for name, details in by_type.items()
            for detail in self.types[name].merge(details)
        )

    def type_of(self, oauth: OAuthRequest, detail: Detail) -> DetailsType:
        """Return the type of a detail.

        Raises:
            InvalidAuthorizationDetails: It is unknown, or not for this client: the
                difference is not told.
        """
        name = detail[TYPE]
        if not self._is_allowed(oauth.pyramid, oauth.client, name):
            oauth.refuse(
                f"the authorization details type {name!r:.100} is not declared, or not "
                "for this client"
            )
            raise InvalidAuthorizationDetails(
                f"Unknown authorization details type, or not for this client: {name}"
            )
        return self.types[name]

    def _is_allowed(
        self, request: ServerRequest, client: AbstractApplication, name: str
    ) -> bool:
        found = self.types.get(name)
        if found is None or name not in client.declared(CLIENT_TYPES, (name,)):
            return False
        return found.is_open_to(request, client)

    def of_grant(self, oauth: OAuthRequest) -> list[Detail]:
        """Return those details of the grant that the client may still have.

        Those of a type that is gone, or whose schema has changed, are left out.
        """
        return [
            detail
            for detail in oauth.details.get(PARAMETER, ())
            if self._is_allowed(oauth.pyramid, oauth.client, detail[TYPE])
            and self.types[detail[TYPE]].problem(detail) is None
        ]

    def narrowed(self, oauth: OAuthRequest) -> tuple[Detail, ...]:
        """Return the details of a token: those that its request names, else all.

        Raises:
            InvalidAuthorizationDetails: The grant does not have them.
        """
        granted = self.of_grant(oauth)
        parameter: RequestedDetails | None = oauth.parameter(PARAMETER)
        if parameter is None:
            return tuple(granted)
        found = unique(self._narrow(oauth, each, granted) for each in parameter.values)
        self.limits.check(found)
        return found

    def _narrow(
        self, oauth: OAuthRequest, wanted: Detail, granted: Iterable[Detail]
    ) -> Detail:
        each = self.type_of(oauth, wanted)
        _require_valid(each, each.problem_of_part(wanted))
        for detail in granted:
            result = each.part_of(detail, wanted)
            if result is not None:
                _require_valid(each, each.problem(result))
                return result
        raise InvalidAuthorizationDetails(f"The grant does not allow this {each.name}.")

    def of_client(self, oauth: OAuthRequest) -> tuple[Detail, ...]:
        """Return the details of a token that a client gets for itself (section 6).

        Raises:
            InvalidAuthorizationDetails: It may not have them.
        """
        details = self.requested(oauth)
        for detail in details:
            policy = self.types[detail[TYPE]].client_policy
            if policy is None or not policy(oauth.pyramid, oauth.client, detail):
                raise InvalidAuthorizationDetails(
                    f"The client may not have this {detail[TYPE]} for itself."
                )
        return details


def _require_valid(each: DetailsType, problem: str | None) -> None:
    if problem is not None:
        raise InvalidAuthorizationDetails(f"{each.name}: {problem}.")
