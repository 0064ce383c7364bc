"""A settings section: the rows that one part of the package reads.

The kernel, every extension and a host's own extension write theirs alike::

    @dataclass(frozen=True, kw_only=True)
    class ParSettings(Section):
        pushed_request_lifetime: Lifetime = setting(
            to.lifetime, 60, "Seconds until a `request_uri` expires."
        )
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from pyramid_oauth.errors import ConfigurationError

PREFIX = "pyramid_oauth."


@dataclass(frozen=True)
class Row:
    """One setting: its name without prefix, converter, default and one sentence."""

    name: str
    convert: Callable[[Any], Any]
    default: Any
    meaning: str
    is_secret: bool = False

    @property
    def setting(self) -> str:
        """The name as it stands in the ini."""
        return f"{PREFIX}{self.name}"

    def value(self, given: Any) -> Any:
        """`given`, converted; raises ConfigurationError where it is malformed."""
        try:
            return self.convert(given)
        except (ValueError, TypeError, OSError) as error:
            raise ConfigurationError(f"{self.setting}: {error}") from error


def setting(
    convert: Callable[[Any], Any], default: Any, meaning: str, *, secret: bool = False
) -> Any:
    """Declare a row of a section.

    Args:
        convert: Makes the value from the text of the ini, or from a ready object; it
            raises ValueError for a malformed one (`pyramid_oauth.settings.converters`).
        default: The value where the ini says nothing.
        meaning: One sentence for the generated reference.
        secret: Whether the value must never be shown.
    """
    metadata = {"convert": convert, "meaning": meaning, "secret": secret}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=default, metadata=metadata, repr=not secret)


@dataclass(frozen=True, kw_only=True)
class Section:
    """Base of every settings section: a frozen dataclass whose fields are its rows."""

    @classmethod
    def rows(cls) -> dict[str, Row]:
        """The rows of this section by name, in their order."""
        declared = (item for item in fields(cls) if "convert" in item.metadata)
        return {item.name: _row(item) for item in declared}

    @classmethod
    def values(
        cls, given: Mapping[str, Any], defaults: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The values that `given` has for the rows of this section, converted.

        Args:
            given: What the host set, by name without prefix; other names are ignored.
            defaults: Values that replace the defaults of rows (those of a profile).

        Raises:
            ConfigurationError: A value is malformed.
        """
        rows = cls.rows()
        values = {name: defaults[name] for name in rows if name in defaults}
        return values | {
            name: row.value(given[name]) for name, row in rows.items() if name in given
        }


def _row(item: Field[Any]) -> Row:
    default = {} if item.default is MISSING else item.default
    metadata = item.metadata
    return Row(
        item.name,
        metadata["convert"],
        default,
        metadata["meaning"],
        is_secret=metadata["secret"],
    )
