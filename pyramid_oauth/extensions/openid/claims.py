"""Claims: their providers, and the targets to which they may be released.

OpenID Connect Core sections 5.1 (standard claims), 5.2 (in a language), 5.4 (by scope)
and 5.5 (by the `claims` parameter). No provider can set protocol claims: the issuer of
a token adds them last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

from pyramid_oauth.config.registry import record
from pyramid_oauth.extensions.openid.claim_serialization import as_json
from pyramid_oauth.extensions.openid.claims_parameter import matches_request
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.server import ServerRequest
from pyramid_oauth.settings.directive_registration import add_directive

OPENID_SCOPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "profile": (
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ),
        "email": ("email", "email_verified"),
        "address": ("address",),
        "phone": ("phone_number", "phone_number_verified"),
    }
)
"""The standard scopes with the claims that they request (section 5.4)."""

_STANDARD = {name: scope for scope, names in OPENID_SCOPES.items() for name in names}

MOST_KNOWN = 1000
"""Sets of granted scopes that a registration remembers."""

_EMPTY = (None, "")
"""Values with which a claim is omitted (section 5.3.2)."""

PROTOCOL = frozenset(
    [
        *("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "azp", "sid"),
        *("auth_time", "acr", "amr", "at_hash", "c_hash", "s_hash", "scope"),
        *("client_id", "cnf", "act", "events", "active", "token_type", "username"),
    ]
)
"""Names of protocol claims, which no provider can set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsRequest:
    """The user, the client and the target of requested claims.

    Attributes:
        request: The Pyramid request.
        user_id: The resource owner.
        application: The client.
        scopes: The granted scopes.
        target: `id_token`, `userinfo`, `access_token` or `introspection`.
        requested: The claims of the `claims` parameter by name, each with None or its
            `essential`, `value` and `values`.
        locales: The preferred language tags (BCP 47), the best first. A provider may
            return claims in several languages, with names such as `name#fr`.
    """

    request: ServerRequest
    user_id: str
    application: AbstractApplication
    scopes: frozenset[str]
    target: str
    requested: Mapping[str, Any] = field(default_factory=dict)
    locales: tuple[str, ...] = ()


def bare_name(name: str) -> str:
    """Return the name of a claim without its language tag (section 5.2)."""
    return name.partition("#")[0]


class ClaimsProvider(Protocol):
    """A host's source of claims; it may return more than is released."""

    def __call__(self, claims_request: ClaimsRequest, /) -> Mapping[str, Any]:
        """Return claims by name; those with an empty value are omitted.

        Dates, UUIDs, decimals and sets are converted to JSON.
        """


@dataclass(frozen=True, slots=True)
class ClaimsRegistration:
    """A provider with its claims, their scope and their targets."""

    name: str
    provider: ClaimsProvider
    claims: tuple[str, ...]
    scope: str | None
    targets: frozenset[str]
    _scopes: dict[str, str | None] = field(init=False, repr=False, compare=False)
    """The claims that may be released, with the scope that requests each."""
    _known: dict[frozenset[str], list[str]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """The names of claims by the granted scopes that release them."""

    def __post_init__(self) -> None:
        scopes = {
            name: self.scope_of(name) for name in self.claims if name not in PROTOCOL
        }
        object.__setattr__(self, "_scopes", scopes)

    def releasable(
        self, claims_request: ClaimsRequest, by_scope: bool
    ) -> Sequence[str]:
        """Return the names of claims that may be released for this request.

        A name has a language tag if the client requested it so.
        """
        if claims_request.target not in self.targets:
            return []
        scopes = claims_request.scopes
        if not by_scope:
            scopes = scopes.difference(OPENID_SCOPES)
        requested = claims_request.requested
        by_scopes = self._known.get(scopes)
        if by_scopes is None:
            by_scopes = self._names_for(scopes)
        if not requested:
            return by_scopes
        return [
            name for name in self._scopes if name in by_scopes or name in requested
        ] + [
            name
            for name in requested
            if self.provides(name) and name not in self.claims
        ]

    def _names_for(self, scopes: frozenset[str]) -> list[str]:
        names = [
            name
            for name, scope in self._scopes.items()
            if scope is None or scope in scopes
        ]
        if len(self._known) < MOST_KNOWN:
            self._known[scopes] = names
        return names

    def provides(self, name: str) -> bool:
        """Whether the provider has the claim, in any language."""
        bare = bare_name(name)
        return (name in self.claims or bare in self.claims) and bare not in PROTOCOL

    def scope_of(self, name: str) -> str | None:
        """Return the scope that requests the claim, or None."""
        return self.scope or _STANDARD.get(bare_name(name))


def _in_languages(
    claims: Mapping[str, Any], names: Sequence[str], locales: Iterable[str]
) -> list[str]:
    """Return the names of `claims` in a preferred language (section 5.2).

    `fr` matches any French, `fr-CA` only that of Canada (RFC 4647 section 3.3.1).
    """
    ranges = tuple(f"{locale.lower()}-" for locale in locales)
    return [
        name
        for name in claims
        if isinstance(name, str)
        and name not in names
        and bare_name(name) in names
        and f"{name.partition('#')[2].lower()}-".startswith(ranges)
    ]


class ClaimsCatalogue:
    """All registrations, in their order; the first with a value for a claim wins."""

    def __init__(self) -> None:
        self._by_name: dict[str, ClaimsRegistration] = {}
        self._registrations: tuple[ClaimsRegistration, ...] = ()
        self.targets: frozenset[str] = frozenset()

    def add(self, registration: ClaimsRegistration) -> None:
        """Add a registration, which replaces an earlier one of its name."""
        self._by_name[registration.name] = registration
        self._registrations = tuple(self._by_name.values())
        self.targets = frozenset[str]().union(*(i.targets for i in self._registrations))

    @property
    def names(self) -> list[str]:
        """The claims of all registrations (`claims_supported`)."""
        return self.names_without("")

    def names_without(self, registration: str) -> list[str]:
        """Return the claims of all registrations except the one of this name."""
        items = (item for item in self._registrations if item.name != registration)
        return sorted({name for item in items for name in item.claims} - PROTOCOL)

    def scope_of(self, name: str) -> str | None:
        """Return the scope that requests the claim `name`, or None."""
        items = (item for item in self._registrations if item.provides(name))
        first = next(items, None)
        return None if first is None else first.scope_of(name)

    def collect(
        self, claims_request: ClaimsRequest, *, by_scope: bool = True
    ) -> dict[str, Any]:
        """Return the claims to release; call only providers that have some.

        With `by_scope=False` the claims of the standard scopes (section 5.4) are left
        to the UserInfo endpoint.
        """
        released: dict[str, Any] = {}
        requested = claims_request.requested
        for item in self._registrations:
            names = item.releasable(claims_request, by_scope)
            if released:
                names = [name for name in names if name not in released]
            if not names:
                continue
            provided = item.provider(claims_request)
            if claims_request.locales:
                names = [
                    *names,
                    *_in_languages(provided, names, claims_request.locales),
                ]
            claims = as_json(
                {n: provided[n] for n in names if provided.get(n) not in _EMPTY}
            )
            if requested:
                claims = {
                    name: value
                    for name, value in claims.items()
                    if name not in requested or matches_request(value, requested[name])
                }
            released.update(claims)
        return released


CLAIMS = "pyramid_oauth.openid.claims"


def claims_catalogue(registry: Registry) -> ClaimsCatalogue:
    """Return the claims that are registered with this application."""
    return registry[CLAIMS]  # type: ignore[no-any-return]


def add_oauth_claims(
    config: Configurator,
    name: str,
    provider: ClaimsProvider | str,
    claims: Iterable[str],
    scope: str | None = None,
    targets: Iterable[str] = ("id_token", "userinfo"),
) -> None:
    """Register a provider of claims about the resource owner.

    An ID Token that is issued with an access token omits the claims of the standard
    scopes (setting `id_token_scope_claims`).

    Args:
        name: the name of the registration; a later one of that name replaces it.
        provider: called with a `ClaimsRequest`; see `ClaimsProvider`.
        claims: the names of the claims that the provider has.
        scope: the scope that releases the claims; the `claims` parameter does so too.
            None: the scope of OpenID Connect Core section 5.4 for the claim, or no
            scope is needed if there is none.
        targets: where the claims may be released: `id_token`, `userinfo`,
            `introspection`, `access_token` (of JWT access tokens).
    """
    registration = ClaimsRegistration(
        name, config.maybe_dotted(provider), tuple(claims), scope, frozenset(targets)
    )
    register = partial(claims_catalogue(config.registry).add, registration)
    record(config, "oauth claims", name, registration, register)


def includeme(config: Configurator) -> None:
    """Add the directive."""
    config.registry[CLAIMS] = ClaimsCatalogue()
    add_directive(config, add_oauth_claims)
