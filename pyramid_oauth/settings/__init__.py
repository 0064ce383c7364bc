"""Every setting of the package: one table, parsed once into a frozen object.

Names in the ini are `pyramid_oauth.<field>`. An unknown or malformed one stops the
start; the reference page of the documentation is generated from this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from pyramid_oauth.errors import ConfigurationError, did_you_mean
from pyramid_oauth.settings.openid import OpenIDSettings
from pyramid_oauth.settings.outbound import OutboundSettings
from pyramid_oauth.settings.profiles import PROFILES
from pyramid_oauth.settings.registration import RegistrationSettings
from pyramid_oauth.settings.server import ServerSettings

__all__ = ["PREFIX", "PROFILES", "Settings"]

PREFIX = "pyramid_oauth."


@dataclass(frozen=True, kw_only=True)
class Settings(OutboundSettings, RegistrationSettings, OpenIDSettings, ServerSettings):
    """What the host configured; see each field's sentence in its table."""

    @classmethod
    def parse(cls, settings: Mapping[str, Any]) -> Settings:
        """Read every `pyramid_oauth.` name of `settings`.

        Raises ConfigurationError for an unknown name, with the nearest right one, and
        for a value that its converter refuses.
        """
        given = {
            name.removeprefix(PREFIX): value
            for name, value in settings.items()
            if name.startswith(PREFIX)
        }
        _refuse_unknown(given)
        return cls().with_values(given)

    def with_values(self, given: Mapping[str, Any]) -> Settings:
        """A copy in which `given`, converted, replaces the values of its names."""
        values = {name: _converted(name, value) for name, value in given.items()}
        profile = PROFILES[values.get("profile", self.profile)]
        return replace(self, **{**profile, **values})


_ROWS = {row.name: row for row in fields(Settings)}


def _refuse_unknown(given: Mapping[str, Any]) -> None:
    for name in given:
        if name not in _ROWS:
            near = did_you_mean(name, _ROWS, PREFIX)
            raise ConfigurationError(f"unknown setting {PREFIX}{name}{near}")


def _converted(name: str, value: Any) -> Any:
    metadata = _ROWS[name].metadata
    try:
        return metadata["convert"](value)
    except (ValueError, TypeError, OSError) as error:
        raise ConfigurationError(f"{PREFIX}{name}: {error}") from error
