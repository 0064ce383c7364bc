"""Settings section: the settings (rows) of one part of the package.

The kernel, extensions and hosts define sections in the same way::

    @dataclass(frozen=True, kw_only=True)
    class ParSettings(Section):
        pushed_request_lifetime: Lifetime = setting(
            to.lifetime, 60, "Seconds until a `request_uri` expires."
        )
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, ClassVar, Self, TypeVar

from pyramid_oauth.configuration_errors import ConfigurationError, did_you_mean

PREFIX = "pyramid_oauth."


Value = TypeVar("Value")


@dataclass(frozen=True)
class Row:
    """One setting: name without prefix, converter, default and description."""

    name: str
    convert: Callable[[Any], Any]
    default: Any
    meaning: str
    is_secret: bool = False
    prefix: str = PREFIX

    @property
    def setting(self) -> str:
        """The name in the ini file."""
        return f"{self.prefix}{self.name}"

    def value(self, given: object) -> Any:  # noqa: ANN401 - what it converts to
        """Return `given` converted; raise ConfigurationError if it is malformed."""
        try:
            return self.convert(given)
        except (ValueError, TypeError, OSError) as error:
            raise ConfigurationError(f"{self.setting}: {error}") from error


def setting(
    convert: Callable[[Any], Value],
    default: object,
    meaning: str,
    *,
    secret: bool = False,
) -> Value:
    """Declare a row of a section.

    Args:
        convert: Converts the text of the ini file, or a Python object, to the value; it
            raises ValueError if malformed (`pyramid_oauth.settings.converters`).
        default: The value if the setting is missing.
        meaning: The description for the generated settings page.
        secret: Whether the value must never be displayed.
    """
    metadata = {"convert": convert, "meaning": meaning, "secret": secret}
    if isinstance(default, dict):
        row: Any = field(default_factory=dict, metadata=metadata)
    else:
        row = field(default=default, metadata=metadata, repr=not secret)
    found: Value = row
    return found


@dataclass(frozen=True, kw_only=True)
class Section:
    """Superclass of settings sections: a frozen dataclass whose fields are its rows."""

    name_prefix: ClassVar[str] = PREFIX
    """The prefix of the rows in the ini file."""

    @classmethod
    def parse(cls, settings: Mapping[str, Any]) -> Self:
        """Parse all settings with the prefix of this section.

        For a section with its own prefix, such as that of a host.

        Raises:
            ConfigurationError: A name is unknown, or a value is malformed.
        """
        given = {
            name.removeprefix(cls.name_prefix): value
            for name, value in settings.items()
            if name.startswith(cls.name_prefix)
        }
        refuse_unknown(given, cls.rows(), cls.name_prefix)
        return cls(**cls.convert_rows(given, {}))

    @classmethod
    def rows(cls) -> dict[str, Row]:
        """Return the rows of this section by name, in their order."""
        declared = (item for item in fields(cls) if "convert" in item.metadata)
        return {item.name: _row(item, cls.name_prefix) for item in declared}

    @classmethod
    def convert_rows(
        cls, given: Mapping[str, Any], defaults: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Convert the values in `given` for the rows of this section.

        Args:
            given: Values by name without prefix; other names are ignored.
            defaults: Values that replace the defaults of rows (from a profile).

        Raises:
            ConfigurationError: A value is malformed.
        """
        rows = cls.rows()
        values = {name: defaults[name] for name in rows if name in defaults}
        return values | {
            name: row.value(given[name]) for name, row in rows.items() if name in given
        }


def refuse_unknown(given: Iterable[str], known: Collection[str], prefix: str) -> None:
    """Raise ConfigurationError for unknown names, with the nearest known ones."""
    unknown = [
        f"unknown setting {prefix}{name}{did_you_mean(name, known, prefix)}"
        for name in given
        if name not in known
    ]
    if unknown:
        raise ConfigurationError("\n".join(unknown))


def _row(item: Field[Any], prefix: str) -> Row:
    default = {} if item.default is MISSING else item.default
    metadata = item.metadata
    return Row(
        item.name,
        metadata["convert"],
        default,
        metadata["meaning"],
        is_secret=metadata["secret"],
        prefix=prefix,
    )
