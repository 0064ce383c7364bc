"""Consent items, which the consent page asks about, and their sources.

RFC 6749 section 4.1.1 knows only scopes. Other specifications add kinds of their own
with `config.add_oauth_consent_source`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from pyramid_oauth.interfaces.application import AnyApplication
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.repositories.consent_records import FoundConsent

SCOPE = "scope"
"""The kind of a scope; a consent stores scopes in a column of their own."""


@dataclass(frozen=True, slots=True)
class ConsentItem:
    """One thing that the resource owner allows or refuses.

    Attributes:
        kind: the kind of its source, which is the name of the form field.
        name: unique in its kind, without blanks.
        label: the text on the page; a TranslationString is translated.
        optional: whether it may be unticked.
        template: the asset specification of a template that shows it, as `item`; None
            shows label and name.
        data: JSON for the template; it is stored with the name in the consent, and
            consent to other data is a new consent.
        icon: what the item is about, one of `pyramid_oauth.scopes.KINDS`.
        risk: `high`, `medium` or `low`; the page begins with the highest.
        is_remembered: whether the consent stores it, so that it can cover later
            requests.
    """

    kind: str
    name: str
    label: str
    optional: bool = False
    template: str | None = None
    data: Any = None
    icon: str = "other"
    risk: str = "medium"
    is_remembered: bool = True


AnyAuthorization: TypeAlias = Any
"""The `pyramid_oauth.endpoints.authorize.context.Authorization`, of a higher floor."""


class ConsentSource:
    """Base class of a source of consent items.

    Its methods are called at most once for an authorization request, the sources in
    the order of their registration.

    Attributes:
        parameters: the source is asked only about a request that has one of these
            parameters; empty: about every request.
        needs_scope: whether its items mean nothing without a scope, so that a request
            must have one nevertheless.
        most_remembered: how many of its items a consent stores, the newest ones; None:
            all, for a source with few of them.
    """

    parameters: ClassVar[frozenset[str]] = frozenset()
    needs_scope: ClassVar[bool] = False
    most_remembered: ClassVar[int | None] = None

    def items(self, authorization: AnyAuthorization) -> Sequence[ConsentItem]:
        """Return the items that this request asks for.

        A request that has some needs no scope, unless `needs_scope`; for one without
        scope this is called before anybody has logged in.
        """
        return ()

    def covered_items(
        self, items: Sequence[ConsentItem], remembered: FoundConsent
    ) -> Sequence[ConsentItem]:
        """Return those of `items` that the remembered consent allows.

        Args:
            items: What `items` returned for this request.
            remembered: The stored consent; its `details` hold the data of the items
                that were allowed, by kind and name.
        """
        allowed = remembered.details or {}
        return [
            item
            for item in items
            if item.name in allowed.get(item.kind, {})
            and allowed[item.kind][item.name] == item.data
        ]

    def stored_data(
        self,
        item: ConsentItem,
        before: Any,  # noqa: ANN401 - JSON
    ) -> Any:  # noqa: ANN401 - JSON
        """Return what the consent stores of an item that was approved.

        Args:
            item: The item.
            before: What the consent stores under its name; None if there is nothing.
        """
        return item.data

    def apply(
        self, authorization: AnyAuthorization, approved: Sequence[ConsentItem]
    ) -> None:
        """Narrow the request to the items of this source that were approved.

        Called for every request that is granted, also where no page was shown. Store
        what the grant is to keep in `authorization.details`.

        Args:
            authorization: The `Authorization`.
            approved: What may be granted of what `items` returned.
        """

    def stored_items(
        self, kind: str, stored: Mapping[str, Any], granted: Sequence[Any]
    ) -> Sequence[ConsentItem]:
        """Return what a user has allowed, as the list of the user's consents shows it.

        Args:
            kind: The kind of the items.
            stored: What the consent stores, by the names of the items.
            granted: What live grants hold in their details under the kind.
        """
        return [ConsentItem(kind, name, name) for name in stored]

    def remaining(
        self, withdrawn: ConsentItem, stored: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return what a consent still stores after a user has withdrawn an item.

        Args:
            withdrawn: One that `stored_items` returned.
            stored: What the consent stores of its kind, by the names of the items.
        """
        return {name: data for name, data in stored.items() if name != withdrawn.name}

    def is_held(self, withdrawn: ConsentItem, details: Mapping[str, Any]) -> bool:
        """Whether a grant allows something of an item that a user withdraws.

        Such grants end. A source that cannot tell answers yes, as here.

        Args:
            withdrawn: One that `stored_items` returned.
            details: What the grant holds, by kind.
        """
        return True

    def notices(self, authorization: AnyAuthorization) -> Sequence[str]:
        """Return warnings for the page: asset specifications of templates.

        By default those of `client_notices`.
        """
        return self.client_notices(authorization.oauth.client)

    def client_notices(self, client: AnyApplication) -> Sequence[str]:
        """Return warnings about a client, for the login page too (`client_name`)."""
        return ()


def client_notices(
    sources: Iterable[ConsentSource], client: AbstractApplication
) -> list[str]:
    """Return the warnings of all `sources` about a client; none if it is verified."""
    return [notice for source in sources for notice in source.client_notices(client)]


def keep_newest(stored: dict[str, Any], most: int | None) -> None:
    """Forget the oldest entries of a kind; what they allowed is asked about again."""
    while most is not None and len(stored) > most:
        del stored[next(iter(stored))]
