"""Types of authorization details, and how details of a type are compared.

RFC 9396 sections 2.1 and 6.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyramid_oauth.clients.permitted import PermittedClients, is_permitted
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.extensions.rich_authorization.details import (
    TYPE,
    Detail,
    canonical,
    unique,
)
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.server import ServerRequest

Narrow = Callable[[Detail, Detail], Detail | None]
"""`(requested, granted)`: returns what a token may have of it; None if it is more."""

Merge = Callable[[Sequence[Detail]], Sequence[Detail]]
"""Combines the details of one type in a request, before anybody is asked."""

Enrich = Callable[[Authorization, Detail, Mapping[str, str]], Detail | None]
"""`(authorization, detail, answers)`: returns what is granted; None grants nothing."""

ClientPolicy = Callable[[ServerRequest, AbstractApplication, Detail], bool]
"""Whether a client may have the detail in a token of its own."""

SUBSETS = ("actions", "datatypes", "locations")
"""The common fields whose values are rights of their own (section 2.2)."""


def narrow_to_equal(requested: Detail, granted: Detail) -> Detail | None:
    """Return the granted detail if the same is requested.

    The default: which fields extend and which restrict a right is known to the type
    alone (section 6.1).
    """
    return granted if canonical(requested) == canonical(granted) else None


def narrow_common_fields(requested: Detail, granted: Detail) -> Detail | None:
    """Return the granted detail with those values of common fields that are requested.

    For types in which each value of `actions`, `datatypes` and `locations` is a right
    of its own. What the request leaves out stays as granted; all else must be equal.
    """
    result = dict(granted)
    for name, value in requested.items():
        if name not in granted:
            return None
        if name in SUBSETS and _is_part(value, granted[name]):
            result[name] = value
        elif canonical(value) != canonical(granted[name]):
            return None
    return result


def _is_part(value: object, granted: object) -> bool:
    if not (isinstance(value, list) and isinstance(granted, list)):
        return False
    return bool(value) and set(map(canonical, value)) <= set(map(canonical, granted))


def merge_equal(details: Sequence[Detail]) -> Sequence[Detail]:
    """Return each detail once. The default."""
    return unique(details)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsType:
    """A declared type; see `config.add_oauth_authorization_details_type`.

    Attributes:
        problem: Returns what is wrong with a detail; None if it is valid.
        problem_of_part: The same for a part of one, which may lack fields.
    """

    name: str
    problem: Callable[[Detail], str | None]
    problem_of_part: Callable[[Detail], str | None]
    label: Any = None
    template: str | None = None
    narrow: Narrow = narrow_to_equal
    merge: Merge = merge_equal
    enrich: Enrich | None = None
    clients: PermittedClients | None = None
    client_policy: ClientPolicy | None = None
    optional: bool = False
    remember: bool = True
    icon: str = "other"
    risk: str = "medium"

    def is_open_to(self, request: ServerRequest, client: AbstractApplication) -> bool:
        """Whether the client may request details of this type."""
        return is_permitted(self.clients, request, client)

    @property
    def is_remembered(self) -> bool:
        """Whether an approval counts for later requests.

        What the user chooses on the page is chosen each time.
        """
        return self.remember and self.enrich is None

    def label_of(self, detail: Detail) -> str:
        """Return what the consent page says in one line."""
        label = self.label(detail) if callable(self.label) else self.label
        return label or self.name

    def covers(self, approved: Detail, requested: Detail) -> bool:
        """Whether what was approved before allows the request."""
        within = self.part_of(approved, requested)
        return within is not None and canonical(within) == canonical(requested)

    def part_of(self, granted: Detail, requested: Detail) -> Detail | None:
        """Return what may be had of a stored detail; None if more is requested.

        One of an earlier schema, which is no longer valid, allows nothing.
        """
        if granted[TYPE] != self.name or self.problem(granted) is not None:
            return None
        return self.narrow(requested, granted)
