"""Every setting of the package: sections, parsed once into frozen objects.

Names in the ini are `pyramid_oauth.<row>`. An unknown or malformed one stops the start;
the reference page of the documentation is generated from the sections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.settings.outbound import OutboundSettings
from pyramid_oauth.settings.profiles import PROFILES
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
"""Where the registry keeps the parsed settings."""

S = TypeVar("S", bound=Section)


@dataclass(frozen=True, kw_only=True, eq=False)
class Settings(OutboundSettings, ServerSettings, dict[type[Section], Section]):
    """What the host configured.

    The kernel's own rows are attributes; `settings[ParSettings]` is the section of an
    extension, with KeyError where that is not included. It is a dictionary, since
    sections are looked up in every request.
    """

    _given: Mapping[str, Any] = field(default_factory=dict, repr=False)
    _rows: dict[str, Row] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self[ServerSettings] = self
        self._rows.update(self.rows())

    @classmethod
    def parse(cls, settings: Mapping[str, Any]) -> Self:
        """The kernel's own rows of `settings`, the host's whole dictionary.

        Raises:
            ConfigurationError: A value is malformed.
        """
        given = {
            name.removeprefix(PREFIX): value
            for name, value in settings.items()
            if name.startswith(PREFIX)
        }
        profile = cls.rows()["profile"].value(given.get("profile", cls.profile))
        return cls(_given=given, **cls.convert_rows(given, PROFILES[profile]))

    def add(self, section: type[S]) -> S:
        """Parse `section` and keep it.

        Raises:
            ConfigurationError: A value is malformed, or another section has the name.
        """
        for row in section.rows().values():
            self._know(row)
        parsed = section(**section.convert_rows(self._given, PROFILES[self.profile]))
        self[section] = parsed
        return parsed

    def add_row(self, row: Row) -> Any:
        """Add one row outside a section, such as a model's; returns its value."""
        self._know(row)
        return row.value(self._given.get(row.name, row.default))

    def _know(self, row: Row) -> None:
        if row.name in self._rows:
            raise ConfigurationError(f"two sections have a setting {row.setting}")
        self._rows[row.name] = row

    if TYPE_CHECKING:

        def __getitem__(self, section: type[S]) -> S: ...

    def known_rows(self) -> tuple[Row, ...]:
        """The rows of all sections, the kernel's first."""
        return tuple(self._rows.values())

    def refuse_unknown(self) -> None:
        """Raise ConfigurationError for names that no section has, with the nearest."""
        refuse_unknown(self._given, self._rows, PREFIX)
