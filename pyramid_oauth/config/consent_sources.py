"""What a consent page asks about: items, and the sources that bring them.

RFC 6749 section 4.1.1 has scopes alone; other specifications add kinds of their own by
`config.add_oauth_consent_source`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyramid_oauth.repositories.consents import FoundConsent

SCOPE = "scope"
"""The kind of a scope; it is remembered in a column of its own."""


@dataclass(frozen=True, slots=True)
class ConsentItem:
    """One thing that the resource owner allows or does not.

    Attributes:
        kind: the name of the form field, a kind that has a source.
        name: unique in its kind, without blanks.
        label: what the resource owner reads; a TranslationString is translated.
        optional: whether it may be unticked.
        template: the asset specification of a template to show it by, as `item`; None:
            label and name.
        data: JSON, for the template; it is remembered with the name.
    """

    kind: str
    name: str
    label: str
    optional: bool = False
    template: str | None = None
    data: Any = None


class ConsentSource:
    """The base of a source of consent items.

    Each is asked once for an authorization request, in the order of registration.
    """

    def items(self, authorization: Any) -> Sequence[ConsentItem]:
        """What this request asks for.

        A request without scope is asked before anybody has logged in.
        """
        return ()

    def is_covered(self, item: ConsentItem, remembered: FoundConsent) -> bool:
        """Whether the remembered consent allows `item`, which came from here."""
        known = (remembered.details or {}).get(item.kind, {})
        return item.name in known and bool(known[item.name] == item.data)

    def apply(self, authorization: Any, approved: Sequence[ConsentItem]) -> None:
        """Narrow the request to `approved`, the items from here that may be granted.

        Called for every request that goes on, also where nobody had to be asked. What
        the grant is to keep belongs into `authorization.details`.
        """

    def notices(self, authorization: Any) -> Sequence[str]:
        """Warnings for the page: asset specifications of templates."""
        return ()
