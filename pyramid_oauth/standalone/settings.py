"""The settings of the ready-made server: names that begin with `standalone.`.

Parsed once and strictly, like the library's own table in `pyramid_oauth.settings`.
"""

from __future__ import annotations

import secrets
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pyramid_oauth.errors import (
    ConfigurationError,
    InsecureSettingWarning,
    did_you_mean,
)
from pyramid_oauth.settings import converters as to

PREFIX = "standalone."

KNOWN_TO_ALL = b"for-development-only"


@dataclass(frozen=True, kw_only=True)
class StandaloneSettings:
    """What the ini says about the ready-made server.

    `session_secret` signs the session cookie, `session_lifetime` is the age in
    seconds at which a log-in ends, `session_idle` the pause that ends it earlier;
    within `login_window` seconds there may be `login_attempts` failures of one user
    name from one address, `address_attempts` from an address whatever the names, and
    `name_attempts` of a name whatever the addresses (but for browsers in which its
    person logged in before); `development` shows the demo passwords.
    `prepared_statements` is false where a pooler in front of PostgreSQL does not know
    them.
    """

    session_secret: bytes
    development: bool = False
    session_lifetime: int = 12 * 3600
    session_idle: int = 2 * 3600
    login_attempts: int = 8
    address_attempts: int = 100
    name_attempts: int = 100
    login_window: int = 15 * 60
    sign_up: bool = False
    prepared_statements: bool = True

    def __repr__(self) -> str:
        return f"<Options development={self.development}>"

    @classmethod
    def parse(cls, settings: Mapping[str, Any]) -> StandaloneSettings:
        """Read the `standalone.` names; raises ConfigurationError for a bad one."""
        values = {
            name.removeprefix(PREFIX): value
            for name, value in settings.items()
            if name.startswith(PREFIX)
        }
        for name in values:
            _refuse_unknown(name)
        converted = {name: _converted(name, value) for name, value in values.items()}
        if not converted.get("session_secret"):
            converted["session_secret"] = _substitute(converted)
        options = cls(**converted)
        _check(options)
        return options


_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "session_secret": lambda value: to.secret(value) if value else b"",
    "development": to.boolean,
    "session_lifetime": to.seconds,
    "session_idle": to.seconds,
    "login_attempts": to.integer(1, 1000),
    "address_attempts": to.integer(1, 100_000),
    "name_attempts": to.integer(1, 100_000),
    "login_window": to.seconds,
    "sign_up": to.boolean,
    "prepared_statements": to.boolean,
}


def _refuse_unknown(name: str) -> None:
    if name not in _CONVERTERS:
        near = did_you_mean(name, _CONVERTERS, PREFIX)
        raise ConfigurationError(f"unknown setting {PREFIX}{name}{near}")


def _converted(name: str, value: Any) -> Any:
    try:
        return _CONVERTERS[name](value)
    except (ValueError, TypeError, OSError) as error:
        raise ConfigurationError(f"{PREFIX}{name}: {error}") from error


def _substitute(values: Mapping[str, Any]) -> bytes:
    """A secret of this process alone, which development may do with."""
    if not values.get("development"):
        raise ConfigurationError(
            f"{PREFIX}session_secret is missing: give at least 32 random bytes, "
            "as env:NAME or file:PATH"
        )
    return secrets.token_bytes(32)


def _check(options: StandaloneSettings) -> None:
    if options.development:
        warnings.warn(
            f"{PREFIX}development is on: the demo passwords are shown to everybody",
            InsecureSettingWarning,
            stacklevel=4,
        )
    elif options.session_secret.startswith(KNOWN_TO_ALL):
        raise ConfigurationError(
            f"{PREFIX}session_secret is the one from development.ini, "
            "which everybody knows"
        )
