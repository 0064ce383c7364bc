"""Settings of the package: sections, parsed once into frozen objects.

No specification. Names in the ini file are `pyramid_oauth.<row>`. An unknown name or a
malformed value stops the start. The settings page of the documentation is generated
from the sections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pyramid_oauth.configuration_errors import ConfigurationError
from pyramid_oauth.settings.outbound import OutboundSettings
from pyramid_oauth.settings.profiles import PROFILES
from pyramid_oauth.settings.scopes import ScopeSettings
from pyramid_oauth.settings.section import PREFIX, Row, Section, refuse_unknown, setting
from pyramid_oauth.settings.server import ServerSettings

__all__ = [
    "PREFIX",
    "PROFILES",
    "SETTINGS",
    "Row",
    "Section",
    "Settings",
    "setting",
]

SETTINGS = "pyramid_oauth.settings"
"""Key of the parsed settings in the registry."""

NEEDED_GRANTS = {"code": "authorization_code", "token": "implicit"}
"""The grant type that a default response type needs (RFC 7591 section 2.1)."""

S = TypeVar("S", bound=Section)


@dataclass(frozen=True, kw_only=True, eq=False)
class Settings(
    OutboundSettings, ScopeSettings, ServerSettings, dict[type[Section], Section]
):
    """The parsed settings of an application.

    The rows of the kernel are attributes; `settings[ParSettings]` is the section of an
    extension (KeyError if it is not included). The class is a dictionary for speed:
    requests look sections up.
    """

    _given: Mapping[str, Any] = field(default_factory=dict, repr=False)
    _rows: dict[str, Row] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self[ServerSettings] = self
        self[ScopeSettings] = self
        self._rows.update(self.rows())

    @classmethod
    def parse(cls, settings: Mapping[str, Any]) -> Self:
        """Parse the rows of the kernel from all settings of the application.

        Raises:
            ConfigurationError: A value is malformed.
        """
        given = {
            name.removeprefix(PREFIX): value
            for name, value in settings.items()
            if name.startswith(PREFIX)
        }
        profile = cls.rows()["profile"].value(given.get("profile", cls.profile))
        values = cls.convert_rows(given, PROFILES[profile].defaults)
        if "response_types" not in given:
            values["response_types"] = cls._default_response_types(values)
        return cls(_given=given, **values)

    @classmethod
    def _default_response_types(cls, values: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the default response types that have their grant type."""
        grant_types = values.get("grant_types", cls.grant_types)
        names: tuple[str, ...] = values.get("response_types", cls.response_types)
        return tuple(name for name in names if NEEDED_GRANTS[name] in grant_types)

    def add(self, section: type[S]) -> S:
        """Parse and store a section.

        Raises:
            ConfigurationError: A value is malformed, or another section has a row of
                the same name.
        """
        for row in section.rows().values():
            self._add_row(row)
        defaults = PROFILES[self.profile].defaults
        parsed = section(**section.convert_rows(self._given, defaults))
        self[section] = parsed
        return parsed

    def add_row(self, row: Row) -> Any:  # noqa: ANN401 - what the row converts to
        """Add one row without a section, such as that of a model; return its value."""
        self._add_row(row)
        return row.value(self._given.get(row.name, row.default))

    def _add_row(self, row: Row) -> None:
        if row.name in self._rows:
            raise ConfigurationError(f"two sections have a setting {row.setting}")
        self._rows[row.name] = row

    if TYPE_CHECKING:

        def __getitem__(self, section: type[S]) -> S: ...

    def known_rows(self) -> tuple[Row, ...]:
        """Return the rows of all sections, those of the kernel first."""
        return tuple(self._rows.values())

    def find_value(self, name: str) -> Any:  # noqa: ANN401 - what the row converts to
        """Return the value of a row, whichever section has it.

        Raises:
            KeyError: No section has such a row.
        """
        for section in self.values():
            if name in type(section).rows():
                return getattr(section, name)
        raise KeyError(name)

    def refuse_unknown(self) -> None:
        """Raise ConfigurationError for unknown names, with the nearest known ones."""
        refuse_unknown(self._given, self._rows, PREFIX)
