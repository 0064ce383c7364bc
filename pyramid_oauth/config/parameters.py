"""Registered request parameters, and a table of them for every endpoint.

RFC 6749 sections 3.1, 3.2 and 8.2. Unknown parameters are ignored and never stored.
The tables are made once, at start-up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

EVERY_ENDPOINT = "*"
"""Stands for every endpoint, those of extensions included."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A registered parameter; see `config.add_oauth_parameter`."""

    name: str
    is_repeatable: bool = False
    is_credential: bool = False
    is_login_hint: bool = False
    is_private: bool = False
    is_stored: bool = True
    decode: Callable[[str], Any] | None = None
    from_claim: Callable[[Any], str] | None = None


@dataclass(frozen=True, slots=True)
class EndpointParameters:
    """The parameters of one endpoint.

    Attributes:
        by_name: all of them.
        unset: None for each name, as oauthlib expects of absent parameters.
        repeatable: the names that may be sent more than once.
        storable: the names that may be stored or appear in a URL: no credentials (RFC
            6749 section 2.3.1).
        login_hints: the names whose values the login page gets as hints.
        private: the names that no URL of ours contains.
        transient: the names that no row stores, though steps read them.
    """

    by_name: Mapping[str, Parameter]
    unset: Mapping[str, None]
    repeatable: frozenset[str]
    storable: frozenset[str]
    login_hints: tuple[str, ...]
    private: frozenset[str]
    transient: frozenset[str]

    @classmethod
    def of(cls, by_name: Mapping[str, Parameter]) -> Self:
        """Return the table of these parameters."""
        parameters = by_name.values()
        return cls(
            by_name=by_name,
            unset=dict.fromkeys(by_name),
            repeatable=frozenset(row.name for row in parameters if row.is_repeatable),
            storable=frozenset(row.name for row in parameters if not row.is_credential),
            login_hints=tuple(row.name for row in parameters if row.is_login_hint),
            private=frozenset(row.name for row in parameters if row.is_private),
            transient=frozenset(row.name for row in parameters if not row.is_stored),
        )

    def keep_storable(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters that may be stored: registered and no credentials."""
        storable = self.storable
        return {k: v for k, v in parameters.items() if k in storable}


def compile_parameters(
    registered: Mapping[tuple[str, str], Parameter],
    endpoints: Mapping[str, tuple[str, ...]],
) -> dict[str, EndpointParameters]:
    """Return the table of each endpoint.

    Args:
        registered: the parameters by endpoint and name.
        endpoints: the names of all endpoints, each with the names of the endpoints
            whose parameters it takes beside its own.
    """
    return {
        endpoint: EndpointParameters.of(
            {
                name: parameter
                for source in (EVERY_ENDPOINT, *others, endpoint)
                for (place, name), parameter in registered.items()
                if place == source
            }
        )
        for endpoint, others in endpoints.items()
    }
