"""The JSON text of responses (RFC 8259)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from pyramid_oauth.http.responses import encode_json


@dataclass
class Row:
    secret: str


@pytest.mark.parametrize(
    "value",
    [
        {"sub": "Zoë", "updated_at": 1700000000, "address": {"locality": "Oxford"}},
        {"list": ["a", 1, None, True, 1.5], "empty": {}},
        {"large": 2**64 - 1},
        {"larger": 2**70},
        {"no UTF-8": "\ud800"},
        {1: "a key that is no text"},
    ],
    ids=lambda value: str(next(iter(value))),
)
def test_the_text_is_what_the_standard_library_reads_and_writes(value):
    expected = json.loads(json.dumps(value))
    assert json.loads(encode_json(value)) == expected


@pytest.mark.parametrize(
    "value", [Row("a secret"), datetime(2026, 1, 1, tzinfo=UTC)], ids=["row", "time"]
)
def test_objects_are_not_serialized_silently(value):
    with pytest.raises(TypeError):
        encode_json({"member": value})
