"""Claims: who provides them, and which of them may leave for where.

OpenID Connect Core sections 5.1 (standard claims), 5.2 (in a language), 5.4 (by scope)
and 5.5 (by the `claims` parameter). Protocol claims are none of these: the issuer of a
token adds them last, and no provider can override them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from pyramid_oauth.config.registry import record
from pyramid_oauth.extensions.openid.claim_serialization import as_json

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
"""The standard scopes and the claims they ask for (section 5.4)."""

_STANDARD = {
    claim: scope for scope, claims in OPENID_SCOPES.items() for claim in claims
}

_NOTHING = (None, "")

# Section 5.3.2: a claim without a value is left out.
PROTOCOL = frozenset(
    [
        *("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "azp", "sid"),
        *("auth_time", "acr", "amr", "at_hash", "c_hash", "s_hash", "scope"),
        *("client_id", "cnf", "act", "events", "active", "token_type", "username"),
    ]
)
"""Names that only the server may give a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsRequest:
    """For whom, to whom and where claims are to go.

    `request` is the Pyramid request, `user_id` the resource owner, `application` the
    client; `requested` maps the names which the client asked for by the `claims`
    parameter to what it said of each (None, or `essential`, `value`, `values`).
    `locales` are the language tags (BCP 47) in which it likes its claims, the best
    first; a provider may choose by them, and give claims in several languages under
    names such as `name#fr`. `target` is `id_token`, `userinfo`, `access_token` or
    `introspection`.
    """

    request: Any
    user_id: str
    application: Any
    scopes: frozenset[str]
    target: str
    requested: Mapping[str, Any] = field(default_factory=dict)
    locales: tuple[str, ...] = ()


def bare_name(name: str) -> str:
    """The name of a claim without its language (section 5.2)."""
    return name.partition("#")[0]


class ClaimsProvider(Protocol):
    """A host's source of claims; what is not released is dropped."""

    def __call__(self, asked: ClaimsRequest, /) -> Mapping[str, Any]:
        """Claims by name; a name without a value is left out.

        Dates, UUIDs, decimals and sets become what JSON has for them.
        """


@dataclass(frozen=True, slots=True)
class ClaimsRegistration:
    """A provider with the names it answers for, their scope and their targets."""

    name: str
    provider: ClaimsProvider
    claims: tuple[str, ...]
    scope: str | None
    targets: frozenset[str]
    _scopes: tuple[tuple[str, str | None], ...] = field(init=False, repr=False)
    """The claims that may be released, with the scope that asks for each."""

    def __post_init__(self) -> None:
        scopes = tuple(
            (name, self.scope_of(name)) for name in self.claims if name not in PROTOCOL
        )
        object.__setattr__(self, "_scopes", scopes)

    def released(self, asked: ClaimsRequest, by_scope: bool) -> list[str]:
        """The names of this registration that may go where `asked` says.

        In a language too, where the client named it so.
        """
        if asked.target not in self.targets:
            return []
        scopes = asked.scopes if by_scope else asked.scopes - OPENID_SCOPES.keys()
        return [
            name
            for name, scope in self._scopes
            if scope is None or scope in scopes or name in asked.requested
        ] + [
            name
            for name in asked.requested
            if self.provides(name) and name not in self.claims
        ]

    def provides(self, name: str) -> bool:
        """Whether the claim is of this registration, in whatever language."""
        bare = bare_name(name)
        return (name in self.claims or bare in self.claims) and bare not in PROTOCOL

    def scope_of(self, name: str) -> str | None:
        """The scope that asks for the claim; None where none does."""
        return self.scope or _STANDARD.get(bare_name(name))


def _in_languages(
    given: Mapping[str, Any], names: Sequence[str], locales: Iterable[str]
) -> list[str]:
    """Of `given` what is one of `names` in a language among `locales` (section 5.2).

    `fr` is any French, `fr-CA` that of Canada alone (RFC 4647 section 3.3.1).
    """
    ranges = tuple(f"{locale.lower()}-" for locale in locales)
    return [
        name
        for name in (given if ranges else ())
        if isinstance(name, str)
        and name not in names
        and bare_name(name) in names
        and f"{name.partition('#')[2].lower()}-".startswith(ranges)
    ]


def is_wanted(value: Any, details: Mapping[str, Any] | None) -> bool:
    """Whether a claim has a value that was asked for (section 5.5.1).

    One that has another is left out; without `value` and `values` any will do.
    """
    details = details or {}
    wanted = list(details.get("values", ()))
    if "value" in details:
        wanted.append(details["value"])
    elif "values" not in details:
        return True
    # JSON's true is not its 1, which Python takes for the same.
    return any(
        value == one and isinstance(value, bool) == isinstance(one, bool)
        for one in wanted
    )


class ClaimsCatalogue:
    """All registrations, asked in their order; the first to give a value wins."""

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
        """Every claim that somebody provides (`claims_supported`)."""
        return self.names_without("")

    def names_without(self, registration: str) -> list[str]:
        """The claims that others than the registration of this name provide."""
        items = (item for item in self._registrations if item.name != registration)
        return sorted({name for item in items for name in item.claims} - PROTOCOL)

    def scope_of(self, name: str) -> str | None:
        """The scope that asks for the claim `name`; None where none does."""
        provided = (item for item in self._registrations if item.provides(name))
        first = next(provided, None)
        return None if first is None else first.scope_of(name)

    def collect(self, asked: ClaimsRequest, *, by_scope: bool = True) -> dict[str, Any]:
        """The claims to release; a provider that has nothing to release is not called.

        With `by_scope=False` the standard scopes of section 5.4 ask for nothing: their
        claims wait at the UserInfo endpoint.
        """
        found: dict[str, Any] = {}
        for item in self._registrations:
            names = [n for n in item.released(asked, by_scope) if n not in found]
            if not names:
                continue
            given = item.provider(asked)
            names += _in_languages(given, names, asked.locales)
            told = as_json({n: given[n] for n in names if given.get(n) not in _NOTHING})
            requested = asked.requested
            found.update(
                (name, value)
                for name, value in told.items()
                if is_wanted(value, requested.get(name))
            )
        return found


CLAIMS = "pyramid_oauth.openid.claims"


def claims_catalogue(registry: Any) -> ClaimsCatalogue:
    """Return the claims that are registered with this application."""
    return registry[CLAIMS]  # type: ignore[no-any-return]


def add_oauth_claims(
    config: Any,
    name: str,
    provider: Any,
    claims: Iterable[str],
    scope: str | None = None,
    targets: Iterable[str] = ("id_token", "userinfo"),
) -> None:
    """Register who provides claims about the resource owner.

    The claims of the standard scopes stay out of an ID Token that comes with an access
    token (setting `id_token_scope_claims`).

    Args:
        name: what the registration is known by; a later one of that name replaces it.
        provider: called with a `ClaimsRequest`; see `ClaimsProvider`.
        claims: the names that the provider answers for.
        scope: the claims are released where this scope is granted, or where the client
            asks for them by the `claims` parameter. None: where a scope of OpenID
            Connect Core section 5.4 covers the claim, or always where none does.
        targets: where the claims may go: `id_token`, `userinfo`, `introspection`.
    """
    registration = ClaimsRegistration(
        name, config.maybe_dotted(provider), tuple(claims), scope, frozenset(targets)
    )
    catalogue = claims_catalogue(config.registry)
    record(
        config,
        "oauth claims",
        name,
        registration,
        lambda: catalogue.add(registration),
    )


def includeme(config: Any) -> None:
    """Add the directive."""
    config.registry[CLAIMS] = ClaimsCatalogue()
    config.add_directive("add_oauth_claims", add_oauth_claims)
