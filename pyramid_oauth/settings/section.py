"""A settings section: the rows that one part of the package reads.

The kernel, every extension and a host's own extension write theirs alike::

    @dataclass(frozen=True, kw_only=True)
    class ParSettings(Section):
        pushed_request_lifetime: Lifetime = setting(
            to.lifetime, 60, "Seconds until a `request_uri` expires."
        )
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, ClassVar, Self

from pyramid_oauth.errors import ConfigurationError, did_you_mean

PREFIX = "pyramid_oauth."


@dataclass(frozen=True)
class Row:
    """One setting: its name without prefix, converter, default and one sentence."""

    name: str
    convert: Callable[[Any], Any]
    default: Any
    meaning: str
    is_secret: bool = False
    prefix: str = PREFIX

    @property
    def setting(self) -> str:
        """The name as it stands in the ini."""
        return f"{self.prefix}{self.name}"

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

    name_prefix: ClassVar[str] = PREFIX
    """What the names of the rows begin with in the ini."""

    @classmethod
    def parse(cls, settings: Mapping[str, Any]) -> Self:
        """Parse every name of `settings` that begins with the prefix.

        For a section that stands alone below a prefix of its own, such as a host's.

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
        """The rows of this section by name, in their order."""
        declared = (item for item in fields(cls) if "convert" in item.metadata)
        return {item.name: _row(item, cls.name_prefix) for item in declared}

    @classmethod
    def convert_rows(
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


def refuse_unknown(given: Iterable[str], known: Collection[str], prefix: str) -> None:
    """Raise ConfigurationError for names that are not `known`, with the nearest."""
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
