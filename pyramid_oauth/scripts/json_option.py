"""Reading of JSON on the command line, as strictly as in a request (RFC 8259)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from pyramid_oauth.jose.errors import InvalidToken
from pyramid_oauth.jose.json import has_nul, json_value


def read_json(text: str) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON value in `text`; it may have U+0000.

    Raises:
        ValueError: It is no JSON, such as `NaN`.
    """
    try:
        return json_value(text.encode())
    except InvalidToken as error:
        raise ValueError(f"is not JSON: {error.__cause__ or error}") from error
    except UnicodeEncodeError as error:
        raise ValueError("is not JSON: it is not in UTF-8") from error


def read_storable_json(text: str) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON value in `text`, where nobody else looks for U+0000.

    Raises:
        ValueError: It is no JSON, or no database could store it.
    """
    value = read_json(text)
    if has_nul(value):
        raise ValueError("has the character U+0000")
    return value


def read_json_object(
    text: str, read: Callable[[str], Any] = read_storable_json
) -> dict[str, Any]:
    """Return the JSON object in `text`, read by `read`; raise click.BadParameter."""
    try:
        value = read(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if not isinstance(value, dict):
        raise click.BadParameter("is not a JSON object")
    return value
