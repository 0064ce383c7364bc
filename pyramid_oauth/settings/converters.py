"""Strict converters from an ini string (or a ready object) to a setting's value.

Each raises ValueError with what is wrong; `settings` adds the setting's name. None
repairs a bad value with a default.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pyramid.path import DottedNameResolver

Lifetime = int | Callable[[Any], int]

_TRUE = frozenset({"true", "yes", "on", "1"})

_FALSE = frozenset({"false", "no", "off", "0"})


def boolean(value: Any) -> bool:
    """true/false, yes/no, on/off, 1/0; anything else is refused."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(f"{value!r} is neither true nor false")


def text(value: Any) -> str:
    """Any text, stripped."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")
    return value.strip()


def optional_text(value: Any) -> str | None:
    """Text, or None where empty."""
    return None if value is None else text(value) or None


def choice(*allowed: str) -> Callable[[Any], str]:
    """One of the given words."""

    def convert(value: Any) -> str:
        if value not in allowed:
            raise ValueError(f"{value!r} is not one of {', '.join(allowed)}")
        return str(value)

    return convert


def choice_or_dotted(*allowed: str) -> Callable[[Any], Any]:
    """One of the given words, or a callable (or its dotted name)."""

    def convert(value: Any) -> Any:
        if isinstance(value, str) and value.strip() in allowed:
            return value.strip()
        found = dotted(value)
        if not callable(found):
            raise ValueError(f"{value!r} is neither {', '.join(allowed)} nor callable")
        return found

    return convert


def words(value: Any) -> tuple[str, ...]:
    """Words separated by white space or commas, in order, without repetition."""
    items = re.split(r"[\s,]+", value.strip()) if isinstance(value, str) else value
    return tuple(dict.fromkeys(str(item) for item in items if item))


def optional_words(value: Any) -> tuple[str, ...] | None:
    """Like `words`; None stays None, and the empty string names nothing."""
    return None if value is None else words(value)


def lines(value: Any) -> tuple[str, ...]:
    """One item a line; blank lines are dropped."""
    items = value.splitlines() if isinstance(value, str) else value
    return tuple(filter(None, map(text, items)))


def table(value: Any) -> Mapping[str, str]:
    """`name = meaning` a line; a name alone means itself."""
    if isinstance(value, Mapping):
        return dict(value)
    pairs = (line.partition("=") for line in lines(value))
    return {name.strip(): rest.strip() or name.strip() for name, _, rest in pairs}


def integer(least: int, most: int) -> Callable[[Any], int]:
    """A whole number within bounds."""

    def convert(value: Any) -> int:
        if isinstance(value, (bool, float)):
            raise ValueError(f"{value!r} is not a whole number")
        number = int(value)
        if not least <= number <= most:
            raise ValueError(f"{number} is not between {least} and {most}")
        return number

    return convert


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

CENTURY = 100 * 366 * 86400


def seconds(value: Any) -> int:
    """Whole seconds: 300, "300", "5m", "2h", "14d" or a timedelta; never negative."""
    if isinstance(value, timedelta):
        return integer(0, CENTURY)(int(value.total_seconds()))
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(\d+)\s*([smhd]?)\s*", value)
        if match is None:
            raise ValueError(f"{value!r} is not a number of seconds")
        value = int(match[1]) * _UNITS[match[2] or "s"]
    return integer(0, CENTURY)(value)


def lifetime(value: Any) -> Lifetime:
    """A positive number of seconds, or a callable of the request (or its name)."""
    if isinstance(value, str) and not value.strip()[:1].isdigit():
        value = dotted(value)
    if callable(value):
        return value  # type: ignore[no-any-return]
    number = seconds(value)
    if number == 0:
        raise ValueError("a lifetime must be positive")
    return number


def lifetimes(value: Any) -> Mapping[str, Lifetime]:
    """`name = lifetime` a line."""
    return {name: lifetime(item) for name, item in table(value).items()}


def dotted(value: Any) -> Any:
    """An object, or its dotted name; a wrong name says which part is missing."""
    if not isinstance(value, str):
        return value
    try:
        return DottedNameResolver().resolve(value.strip())
    except (ImportError, AttributeError) as error:
        raise ValueError(f"cannot import {value.strip()!r}: {error}") from error


def optional_dotted(value: Any) -> Any:
    """Like `dotted`; None and the empty string are None."""
    return None if value is None or value == "" else dotted(value)


def optional_callable(value: Any) -> Any:
    """A callable, or its dotted name; None and the empty string are None."""
    found = optional_dotted(value)
    if found is not None and not callable(found):
        raise ValueError(f"{value!r} cannot be called")
    return found


def from_environment(value: str) -> str:
    """`env:NAME`, or `env:NAME or SUBSTITUTE`; any other text is itself."""
    if not value.startswith("env:"):
        return value
    name, _, substitute = value[4:].partition(" or ")
    return os.environ.get(name.strip()) or substitute.strip()


def _required(value: str) -> str:
    """Like `from_environment`, where nothing will not do."""
    found = from_environment(value)
    if not found and value.startswith("env:"):
        raise ValueError(f"the environment variable of {value!r} is not set")
    return found


def optional_text_or_environment(value: Any) -> str | None:
    """Text, or `env:NAME` or `env:NAME or SUBSTITUTE`; None where empty."""
    return None if value is None else from_environment(text(value)) or None


def issuer(value: Any) -> str:
    """An absolute http(s) URL without query and fragment (RFC 8414 section 2).

    It may come from the environment: `env:NAME` or `env:NAME or SUBSTITUTE`.
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


def optional_issuer(value: Any) -> str | None:
    """Like `issuer`; None and the empty string are None."""
    return None if value is None or value == "" else issuer(value)


def secret(value: Any) -> bytes:
    """A secret: the value itself, `file:PATH` or `env:NAME`; at least 32 bytes."""
    content = _hidden(value)
    if len(content) < 32:
        raise ValueError("a secret needs at least 32 bytes")
    return content


def optional_password(value: Any) -> bytes | None:
    """A password of any length: itself, `file:PATH` or `env:NAME`; None where empty."""
    return _hidden(value) if value else None


def _hidden(value: Any) -> bytes:
    """Bytes that need not stand in the ini; no message repeats them."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{type(value).__name__} is neither text nor bytes")
    if value.startswith("file:"):
        return Path(value[5:]).read_bytes().strip()
    return _required(value.strip()).encode()


def secrets(value: Any) -> tuple[bytes, ...]:
    """Secrets, one a line; the first makes, all are accepted (for rotation)."""
    if isinstance(value, bytes):
        value = (value,)
    return tuple(map(secret, lines(value) if isinstance(value, str) else value))


def text_or_callable(value: Any) -> Any:
    """An attribute name, a callable, or the dotted name of a callable."""
    if isinstance(value, str) and not ("." in value or ":" in value):
        return text(value)
    found = dotted(value)
    if not callable(found):
        raise ValueError(f"{value!r} is neither the name of an attribute nor callable")
    return found


def optional_text_or_class(value: Any) -> Any:
    """A class, its dotted name (resolved when the models are chosen), or None."""
    return (text(value) or None) if isinstance(value, str) else value
