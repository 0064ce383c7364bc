"""Which scopes a view asks for: all of a list, one of several, or by method.

Scope syntax: RFC 6749 section 3.3. A requirement is read once, at start-up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.resource.token_identity import TokenIdentity

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")

_READING = frozenset(("GET", "HEAD", "OPTIONS"))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of several alternatives, each of which is a set of scopes needed together.

    Without alternatives every valid token will do.
    """

    alternatives: tuple[str, ...]
    _sets: tuple[frozenset[str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        sets = tuple(frozenset(scopes.split()) for scopes in self.alternatives)
        object.__setattr__(self, "_sets", sets)

    def needed(self, method: str, held: TokenIdentity | None) -> str | None:
        """The scopes to ask for, as text; None where those `held` are enough."""
        if held is None:
            return self.alternatives[0] if self.alternatives else ""
        if not self.alternatives:
            return None
        for scopes in self._sets:
            if scopes <= held.scopes:
                return None
        return self.alternatives[0]

    def __str__(self) -> str:
        return " | ".join(self.alternatives) or "any token"


@dataclass(frozen=True, slots=True)
class ByMethod:
    """One requirement for GET, HEAD and OPTIONS, another for every other method."""

    read: AnyOf
    write: AnyOf

    def needed(self, method: str, held: TokenIdentity | None) -> str | None:
        """As `AnyOf.needed`, with the requirement of `method`."""
        chosen = self.read if method in _READING else self.write
        return chosen.needed(method, held)

    def __str__(self) -> str:
        return f"read: {self.read}; write: {self.write}"


Scopes = str | Iterable[str] | AnyOf
"""What a host may write where scopes are asked for."""


def any_of(*alternatives: str) -> AnyOf:
    """One of `alternatives` is enough; `"read admin"` within one means both."""
    if not alternatives:
        raise ConfigurationError("any_of() needs at least one scope")
    return AnyOf(tuple(_spelled(scopes) for scopes in alternatives))


def any_token() -> AnyOf:
    """Every valid token is enough, whatever its scopes."""
    return AnyOf(())


def by_method(*, read: Scopes, write: Scopes) -> ByMethod:
    """`read` for GET, HEAD and OPTIONS; `write` for every other method."""
    return ByMethod(_alternatives(read), _alternatives(write))


def requirement(value: Scopes | ByMethod) -> AnyOf | ByMethod:
    """The requirement that a view option or predicate value stands for.

    A string names scopes that are all needed; a sequence, alternatives. Raises
    ConfigurationError for what is no scope, and for an empty value: a view that
    accepts every token says `any_token()`.
    """
    return value if isinstance(value, ByMethod) else _alternatives(value)


def _alternatives(value: Scopes) -> AnyOf:
    if isinstance(value, AnyOf):
        return value
    if isinstance(value, str):
        return any_of(value)
    if isinstance(value, Iterable):
        return any_of(*value)
    raise ConfigurationError(f"{value!r} names no scopes")


def _spelled(value: str) -> str:
    scopes = value.split() if isinstance(value, str) else ()
    if not scopes:
        raise ConfigurationError(
            f"{value!r} names no scope; any_token() accepts every valid token"
        )
    for scope in scopes:
        if not _SCOPE.fullmatch(scope):
            raise ConfigurationError(f"{scope!r} is not a scope (RFC 6749 section 3.3)")
    return " ".join(scopes)
