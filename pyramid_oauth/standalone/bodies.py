"""Reads a JSON body strictly: one object, known members, text that can be stored.

RFC 8259; whatever is wrong becomes one BadBody, so that no input is a server error.
"""

from __future__ import annotations

import json
from typing import Any

MOST_BYTES = 16 * 1024
MOST_TEXT = 1000


class BadBody(ValueError):
    """The body is refused; `status` says how."""

    def __init__(self, problem: str, status: int = 400) -> None:
        self.status = status
        super().__init__(problem)


def note_text(request: Any) -> str:
    """The text of the note in the body `{"text": "…"}`."""
    content = _object(request)
    if set(content) != {"text"}:
        raise BadBody("the object has exactly one member, text")
    text = content["text"]
    if not isinstance(text, str) or not 0 < len(text.strip()) <= len(text) <= MOST_TEXT:
        raise BadBody(f"text is a string of 1 to {MOST_TEXT} characters")
    if not all(line.isprintable() for line in text.replace("\t", " ").split("\n")):
        raise BadBody("text has control characters")
    return text


def _object(request: Any) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise BadBody("the body is application/json", 415)
    if (request.content_length or 0) > MOST_BYTES:
        raise BadBody(f"the body has at most {MOST_BYTES} bytes", 413)
    try:
        content = json.loads(
            request.body_file.read(MOST_BYTES).decode("utf-8"),
            object_pairs_hook=_without_repetition,
        )
    except (ValueError, RecursionError) as error:
        raise BadBody("the body is no valid JSON") from error
    if not isinstance(content, dict):
        raise BadBody("the body is a JSON object")
    return content


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a member is repeated")
    return content
