"""Scope requirements of views: all of a list, one of several, or by method.

RFC 6749 section 3.3 (scope syntax). A requirement is parsed once, at start-up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from pyramid_oauth.configuration_errors import ConfigurationError
from pyramid_oauth.resource.token_identity import TokenIdentity

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")

_READ_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Alternative sets of scopes, of which one is required.

    Without alternatives every valid token is sufficient.
    """

    alternatives: tuple[str, ...]
    _sets: tuple[frozenset[str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        sets = tuple(frozenset(scopes.split()) for scopes in self.alternatives)
        object.__setattr__(self, "_sets", sets)

    def needed(self, method: str, held: TokenIdentity | None) -> str | None:
        """Return the required scopes as text; None if `held` has them."""
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
    """One requirement for GET, HEAD and OPTIONS, another for all other methods."""

    read: AnyOf
    write: AnyOf

    def needed(self, method: str, held: TokenIdentity | None) -> str | None:
        """Return the result of `AnyOf.needed` for the requirement of `method`."""
        chosen = self.read if method in _READ_METHODS else self.write
        return chosen.needed(method, held)

    def __str__(self) -> str:
        return f"read: {self.read}; write: {self.write}"


Scopes = str | Iterable[str] | AnyOf
"""The values that a host may use for scopes."""


def any_of(*alternatives: str) -> AnyOf:
    """Require one of several alternatives.

    Args:
        alternatives: Scopes; `"read admin"` within one requires both.

    Raises:
        ConfigurationError: There is no alternative, or one is not a scope.
    """
    if not alternatives:
        raise ConfigurationError("any_of() needs at least one scope")
    return AnyOf(tuple(_normalize(scopes) for scopes in alternatives))


def any_token() -> AnyOf:
    """Accept every valid token, whatever its scopes."""
    return AnyOf(())


def by_method(*, read: Scopes, write: Scopes) -> ByMethod:
    """Require scopes by method.

    Args:
        read: For GET, HEAD and OPTIONS.
        write: For all other methods.

    Raises:
        ConfigurationError: A value is not a scope.
    """
    return ByMethod(_alternatives(read), _alternatives(write))


def requirement(value: Scopes | ByMethod) -> AnyOf | ByMethod:
    """Return the requirement for the value of a view option or predicate.

    Args:
        value: A string of scopes that are all required, or a sequence of alternatives.

    Raises:
        ConfigurationError: The value is not a scope, or empty; a view that accepts
            every token uses `any_token()`.
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


def _normalize(value: str) -> str:
    scopes = value.split() if isinstance(value, str) else ()
    if not scopes:
        raise ConfigurationError(
            f"{value!r} names no scope; any_token() accepts every valid token"
        )
    for scope in scopes:
        if not _SCOPE.fullmatch(scope):
            raise ConfigurationError(f"{scope!r} is not a scope (RFC 6749 section 3.3)")
    return " ".join(scopes)
