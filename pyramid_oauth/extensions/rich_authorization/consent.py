"""Authorization details as consent items (RFC 9396 sections 3.1 and 7.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, ClassVar

from oauthlib.oauth2.rfc6749.errors import AccessDeniedError, ServerError

from pyramid_oauth.config.consent_sources import ConsentItem, ConsentSource
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.extensions.rich_authorization.detail_type import DetailsType
from pyramid_oauth.extensions.rich_authorization.details import (
    PARAMETER,
    TYPE,
    Detail,
    canonical,
    unique,
)
from pyramid_oauth.extensions.rich_authorization.policy import DetailsPolicy
from pyramid_oauth.jose.json import encode_base64url
from pyramid_oauth.repositories.consent_records import FoundConsent


class DetailsConsent(ConsentSource):
    """The authorization details that a request asks for; the grant holds them."""

    parameters: ClassVar[frozenset[str]] = frozenset({PARAMETER})
    most_remembered: ClassVar[int] = 50

    def __init__(self, policy: DetailsPolicy) -> None:
        self._policy = policy

    def items(self, authorization: Authorization) -> Sequence[ConsentItem]:
        """Return an item for each detail.

        Raises:
            InvalidAuthorizationDetails: The parameter is invalid.
        """
        details = self._policy.requested(authorization.oauth)
        return [self._item(detail) for detail in details]

    def _item(self, detail: Detail) -> ConsentItem:
        each = self._policy.types[detail[TYPE]]
        return ConsentItem(
            PARAMETER,
            item_name(detail),
            each.label_of(detail),
            optional=each.optional,
            template=each.template,
            data=detail,
            icon=each.icon,
            risk=each.risk,
            is_remembered=each.is_remembered,
        )

    def covered_items(
        self, items: Sequence[ConsentItem], remembered: FoundConsent
    ) -> Sequence[ConsentItem]:
        """Return the details that were approved before, or are part of such a one."""
        approved = (remembered.details or {}).get(PARAMETER) or {}
        return [item for item in items if self._is_covered(item, approved.values())]

    def _is_covered(self, item: ConsentItem, approved: Iterable[Detail]) -> bool:
        each = self._policy.types[item.data[TYPE]]
        return each.is_remembered and any(
            each.covers(before, item.data) for before in approved
        )

    def apply(
        self, authorization: Authorization, approved: Sequence[ConsentItem]
    ) -> None:
        """Let the grant hold what was approved, as the host completed it.

        Raises:
            AccessDeniedError: Nothing is left to be granted.
        """
        granted = unique(self._granted(authorization, approved))
        if granted:
            self._policy.limits.check(granted)
            authorization.details[PARAMETER] = list(granted)
        elif not authorization.oauth.scopes:
            raise AccessDeniedError(description="Nothing was granted.")

    def _granted(
        self, authorization: Authorization, approved: Sequence[ConsentItem]
    ) -> Iterator[Detail]:
        for item in approved:
            each = self._policy.types[item.data[TYPE]]
            if each.enrich is None:
                yield item.data
                continue
            answers = _answers(authorization.form or {}, item)
            detail = each.enrich(authorization, item.data, answers)
            if detail is not None:
                yield _checked(each, detail)

    def stored_items(
        self, kind: str, stored: Mapping[str, Any], granted: Sequence[Any]
    ) -> Sequence[ConsentItem]:
        """Return what was approved, and what grants hold, for the list of the user."""
        details = [*stored.values(), *(each for details in granted for each in details)]
        return [
            self._item(detail)
            if self._is_known(detail)
            else ConsentItem(kind, item_name(detail), detail[TYPE], data=detail)
            for detail in unique(details)
        ]

    def remaining(
        self, withdrawn: ConsentItem, stored: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return the stored details that have nothing in common with `withdrawn`."""
        return {
            name: detail
            for name, detail in stored.items()
            if not self._overlap(withdrawn.data, detail)
        }

    def is_held(self, withdrawn: ConsentItem, details: Mapping[str, Any]) -> bool:
        """Whether a detail of the grant has something in common with `withdrawn`."""
        granted = details.get(PARAMETER, ())
        return any(self._overlap(withdrawn.data, each) for each in granted)

    def _overlap(self, one: Detail, other: Detail) -> bool:
        """Whether one detail is the other or part of it, as far as can be told.

        It cannot where the host completes details, or no longer knows the type.
        """
        if one[TYPE] != other[TYPE]:
            return False
        each = self._policy.types.get(one[TYPE])
        if each is None or each.enrich is not None:
            return True
        if not (self._is_known(one) and self._is_known(other)):
            return True
        equal = canonical(one) == canonical(other)
        return equal or each.covers(one, other) or each.covers(other, one)

    def _is_known(self, detail: Detail) -> bool:
        """Whether the type still shows the detail; its schema may have changed."""
        each = self._policy.types.get(detail[TYPE])
        return each is not None and each.problem(detail) is None


def item_name(detail: Detail) -> str:
    """Return the name of the item: its type, and a digest of all of it."""
    digest = sha256(canonical(detail).encode()).digest()[:16]
    return f"{detail[TYPE]}.{encode_base64url(digest)}"


def _answers(form: Mapping[str, str], item: ConsentItem) -> dict[str, str]:
    """Return the fields that the template of the item added to the form."""
    prefix = f"{item.name}."
    return {
        name.removeprefix(prefix): value
        for name, value in form.items()
        if name.startswith(prefix)
    }


def _checked(each: DetailsType, detail: Detail) -> Detail:
    """Return the detail of the host; refuse one that its own type does not allow."""
    problem = each.problem(detail)
    if problem is not None:
        raise ServerError(description=f"{each.name} was granted, but {problem}.")
    return detail
