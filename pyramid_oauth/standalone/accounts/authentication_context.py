"""How a user has authenticated: methods (`amr`), level and class (`acr`).

RFC 8176 (Authentication Method Reference Values), OpenID Connect Core section 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

PASSWORD = "password"

MULTI_FACTOR = "mfa"

PHISHING_RESISTANT = "phishing_resistant"

LEVELS = (PASSWORD, MULTI_FACTOR, PHISHING_RESISTANT)
"""The weakest first: one factor; two; two, one of them a passkey."""

DEFAULT_CLASSES: Mapping[str, str] = {
    # OASIS, Authentication Context for SAML 2.0, section 3.4.14.
    PASSWORD: "urn:oasis:names:tc:SAML:2.0:ac:classes:Password",
    # REFEDS MFA Profile.
    MULTI_FACTOR: "https://refeds.org/profile/mfa",
    # OpenID Connect Extended Authentication Profile ACR Values 1.0, section 4.
    PHISHING_RESISTANT: "phr",
}

Methods = tuple[str, ...]
"""Values of RFC 8176, section 2."""

BY_PASSWORD: Methods = ("pwd",)

BY_CODE: Methods = ("otp",)

SEVERAL = "mfa"

KEY = "pop"


def by_passkey(*, user_verified: bool, is_synced: bool) -> Methods:
    """Return the methods of a login with a passkey.

    `hwk` is never returned: only an attestation proves hardware, and none is requested.
    A verified user is a second factor (PIN or biometrics) beside the key.
    """
    software = ("swk",) if is_synced else ()
    several = (SEVERAL,) if user_verified else ()
    return (KEY, *software, "user", *several)


def combine(first: Methods, second: Methods) -> Methods:
    """Return the methods of a login in two steps."""
    return tuple(dict.fromkeys((*first, *second, SEVERAL)))


def level_of(methods: Methods) -> str:
    """Return the level of a login by these methods."""
    if SEVERAL not in methods:
        return PASSWORD
    return PHISHING_RESISTANT if KEY in methods else MULTI_FACTOR


def has_level(methods: Methods, level: str) -> bool:
    """Whether a login by these methods has this level or a stronger one."""
    return LEVELS.index(level_of(methods)) >= LEVELS.index(level)


@dataclass(frozen=True)
class AuthenticationClasses:
    """The `acr` value of each level."""

    by_level: Mapping[str, str] = field(default_factory=lambda: DEFAULT_CLASSES)

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> AuthenticationClasses:
        """Return the classes of a setting, with defaults for the levels that it omits.

        Raises:
            ValueError: A name is no level, or two levels have the same value.
        """
        unknown = sorted(given.keys() - set(LEVELS))
        if unknown:
            raise ValueError(f"{unknown[0]!r} is none of {', '.join(LEVELS)}")
        classes = {level: {**DEFAULT_CLASSES, **given}[level] for level in LEVELS}
        if len(set(classes.values())) < len(LEVELS):
            raise ValueError("two levels have the same value")
        return cls(classes)

    def reached(self, methods: Methods) -> tuple[str, ...]:
        """Return the classes that a login satisfies, the strongest first."""
        level = LEVELS.index(level_of(methods))
        return tuple(self.by_level[name] for name in reversed(LEVELS[: level + 1]))

    def required_level(self, acr_values: Iterable[str]) -> str | None:
        """Return the weakest level that satisfies one of the requested classes."""
        requested = set(acr_values)
        for level in LEVELS:
            if self.by_level[level] in requested:
                return level
        return None
