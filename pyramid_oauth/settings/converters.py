"""Strict converters from an ini string, or a Python object, to the value of a setting.

No specification. Each raises ValueError for a malformed value; `settings` adds the name
of the setting. No converter replaces a malformed value by a default.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, SupportsInt
from urllib.parse import urlsplit

from pyramid.path import DottedNameResolver

Lifetime = int | Callable[[Any], int]

Items = str | Iterable[object]
"""Words or lines, in one text or each by itself."""

_TRUE = frozenset({"true", "yes", "on", "1"})

_FALSE = frozenset({"false", "no", "off", "0"})


def boolean(value: object) -> bool:
    """Convert true/false, yes/no, on/off, 1/0; refuse anything else."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(f"{value!r} is neither true nor false")


def text(value: object) -> str:
    """Convert text and strip it."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")
    return value.strip()


def optional_text(value: object) -> str | None:
    """Convert text; None if empty."""
    return None if value is None else text(value) or None


def choice(*allowed: str) -> Callable[[Any], str]:
    """Return a converter for one of the given words."""

    def convert(value: object) -> str:
        if value not in allowed:
            raise ValueError(f"{value!r} is not one of {', '.join(allowed)}")
        return str(value)

    return convert


def choice_or_dotted(*allowed: str) -> Callable[[Any], object]:
    """Return a converter for one of the given words, or a callable or dotted name."""

    def convert(value: object) -> object:
        if isinstance(value, str) and value.strip() in allowed:
            return value.strip()
        resolved = dotted(value)
        if not callable(resolved):
            raise ValueError(f"{value!r} is neither {', '.join(allowed)} nor callable")
        return resolved

    return convert


def words(value: Items) -> tuple[str, ...]:
    """Convert words separated by white space or commas; remove repetitions."""
    items = re.split(r"[\s,]+", value.strip()) if isinstance(value, str) else value
    return tuple(dict.fromkeys(str(item) for item in items if item))


def optional_words(value: Items | None) -> tuple[str, ...] | None:
    """Convert as `words`; None remains None, and the empty string is no words."""
    return None if value is None else words(value)


def lines(value: Items) -> tuple[str, ...]:
    """Convert one item a line; blank lines are ignored."""
    items = value.splitlines() if isinstance(value, str) else value
    return tuple(filter(None, map(text, items)))


def table(value: Items) -> Mapping[str, str]:
    """Convert `name = value` lines; a name alone is its own value."""
    if isinstance(value, Mapping):
        return dict(value)
    pairs = (line.partition("=") for line in lines(value))
    return {name.strip(): rest.strip() or name.strip() for name, _, rest in pairs}


def table_of(*allowed: str) -> Callable[[Any], Mapping[str, str]]:
    """Return a converter for `name = word` lines with one of the given words."""
    convert_word = choice(*allowed)

    def convert(value: Items) -> Mapping[str, str]:
        return {name: convert_word(word) for name, word in table(value).items()}

    return convert


def integer(least: int, most: int) -> Callable[[Any], int]:
    """Return a converter for a whole number from `least` to `most`."""

    def convert(value: str | SupportsInt) -> int:
        if isinstance(value, (bool, float)):
            raise ValueError(f"{value!r} is not a whole number")
        number = int(value)
        if not least <= number <= most:
            raise ValueError(f"{number} is not between {least} and {most}")
        return number

    return convert


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

CENTURY = 100 * 366 * 86400


def seconds(value: str | SupportsInt | timedelta) -> int:
    """Convert 300, "300", "5m", "2h", "14d" or a timedelta to whole seconds, >= 0."""
    if isinstance(value, timedelta):
        return integer(0, CENTURY)(int(value.total_seconds()))
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(\d+)\s*([smhd]?)\s*", value)
        if match is None:
            raise ValueError(f"{value!r} is not a number of seconds")
        value = int(match[1]) * _UNITS[match[2] or "s"]
    return integer(0, CENTURY)(value)


def lifetime(value: str | SupportsInt | timedelta) -> Lifetime:
    """Convert positive seconds, or a callable of the request or its dotted name."""
    if isinstance(value, str) and not value.strip()[:1].isdigit():
        value = dotted(value)
    if callable(value):
        return value
    number = seconds(value)
    if number == 0:
        raise ValueError("a lifetime must be positive")
    return number


def lifetimes(value: Items) -> Mapping[str, Lifetime]:
    """Convert `name = lifetime` lines."""
    return {name: lifetime(item) for name, item in table(value).items()}


def dotted(value: object) -> Any:  # noqa: ANN401 - what it names
    """Return an object, or resolve its dotted name; an error names what is missing."""
    if not isinstance(value, str):
        return value
    try:
        return DottedNameResolver().resolve(value.strip())
    except (ImportError, AttributeError) as error:
        raise ValueError(f"cannot import {value.strip()!r}: {error}") from error


def optional_dotted(value: object) -> Any:  # noqa: ANN401 - what it names
    """Convert as `dotted`; None and the empty string are None."""
    return None if value is None or value == "" else dotted(value)


def optional_callable(value: object) -> Callable[..., Any] | None:
    """Convert a callable or its dotted name; None and the empty string are None."""
    resolved: Callable[..., Any] | None = optional_dotted(value)
    if resolved is not None and not callable(resolved):
        raise ValueError(f"{value!r} is not callable")
    return resolved


def from_environment(value: str) -> str:
    """Resolve `env:NAME` or `env:NAME or SUBSTITUTE`; return other text unchanged."""
    if not value.startswith("env:"):
        return value
    name, _, substitute = value[4:].partition(" or ")
    return os.environ.get(name.strip()) or substitute.strip()


def _required(value: str) -> str:
    """Resolve as `from_environment`; refuse an unset variable."""
    resolved = from_environment(value)
    if not resolved and value.startswith("env:"):
        raise ValueError(f"the environment variable of {value!r} is not set")
    return resolved


def optional_text_or_environment(value: object) -> str | None:
    """Convert text, `env:NAME` or `env:NAME or SUBSTITUTE`; None if empty."""
    return None if value is None else from_environment(text(value)) or None


def issuer(value: object) -> str:
    """Convert an absolute http(s) URL without query and fragment (RFC 8414 section 2).

    It can be read from the environment: `env:NAME` or `env:NAME or SUBSTITUTE`.
    """
    url = _required(text(value))
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError(f"{url!r} is not an absolute http(s) URL")
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise ValueError(f"{url!r} has a query or a fragment")
    if parts.username is not None:
        raise ValueError(f"{url!r} has user information")
    return url


def optional_issuer(value: object) -> str | None:
    """Convert as `issuer`; None and the empty string are None."""
    return None if value is None or value == "" else issuer(value)


def secret(value: object) -> bytes:
    """Convert a secret of 32 bytes or more: its text, `file:PATH` or `env:NAME`."""
    content = _hidden(value)
    if len(content) < 32:
        raise ValueError("a secret needs at least 32 bytes")
    return content


def optional_password(value: object) -> bytes | None:
    """Convert a password: its text, `file:PATH` or `env:NAME`; None if empty."""
    return _hidden(value) if value else None


def _hidden(value: object) -> bytes:
    """Return the bytes of a secret; no error message contains them."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{type(value).__name__} is neither text nor bytes")
    if value.startswith("file:"):
        return Path(value[5:]).read_bytes().strip()
    return _required(value.strip()).encode()


def secrets(value: bytes | Iterable[object]) -> tuple[bytes, ...]:
    """Convert secrets, one a line: the first is used, all are accepted (rotation)."""
    if isinstance(value, bytes):
        value = (value,)
    return tuple(map(secret, lines(value) if isinstance(value, str) else value))


def text_or_callable(value: object) -> str | Callable[..., Any]:
    """Convert an attribute name, a callable, or the dotted name of a callable."""
    if isinstance(value, str) and not ("." in value or ":" in value):
        return text(value)
    resolved: Callable[..., Any] = dotted(value)
    if not callable(resolved):
        raise ValueError(f"{value!r} is neither the name of an attribute nor callable")
    return resolved


def optional_text_or_class(value: object) -> object:
    """Convert a class or its dotted name, which is resolved later; None if empty."""
    return (text(value) or None) if isinstance(value, str) else value
