"""Consent items, which the consent page asks about, and their sources.

RFC 6749 section 4.1.1 knows only scopes. Other specifications add kinds of their own
with `config.add_oauth_consent_source`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    """

    kind: str
    name: str
    label: str
    optional: bool = False
    template: str | None = None
    data: Any = None


AnyAuthorization: TypeAlias = Any
"""The `pyramid_oauth.endpoints.authorize.context.Authorization`, of a higher floor."""


class ConsentSource:
    """Base class of a source of consent items.

    Its methods are called at most once for an authorization request, the sources in
    the order of their registration.

    Attributes:
        parameters: the source is asked only about a request that has one of these
            parameters; empty: about every request.
    """

    parameters: ClassVar[frozenset[str]] = frozenset()

    def items(self, authorization: AnyAuthorization) -> Sequence[ConsentItem]:
        """Return the items that this request asks for.

        A request that has some needs no scope; for one without scope this is called
        before anybody has logged in.
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
