"""Problem details (RFC 9457): the errors of the API."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pyramid.response import Response

from pyramid_oauth.http.responses import NO_SNIFF, NO_STORE

PROBLEM = "application/problem+json"


def problem(status: int, detail: str = "", **members: object) -> Response:
    """Return an error: its title is the phrase of the status."""
    response = Response(
        status=status, headerlist=[("Content-Type", PROBLEM), NO_STORE, NO_SNIFF]
    )
    response.body = _serialize(status, detail, members)
    return response


def as_problem(response: Response) -> Response:
    """Give an error of the resource server the body of a problem; keep its headers."""
    told = response.json_body
    members = {"error": told.get("error")}
    detail = told.get("error_description", "")
    response.body = _serialize(response.status_int, detail, members)
    response.headers["Content-Type"] = PROBLEM
    return response


def field_problem(errors: Mapping[str, Sequence[str]]) -> Response:
    """Return 422 with all errors, each with a pointer to its member (section 3)."""
    found = [
        {"detail": text, "pointer": f"#/{_escape(name)}"}
        for name, texts in errors.items()
        for text in texts
    ]
    return problem(422, "Some members are invalid.", errors=found)


def _escape(name: str) -> str:
    """Return the segment of a JSON Pointer (RFC 6901 section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def _serialize(status: int, detail: str, members: Mapping[str, Any]) -> bytes:
    shown = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **members,
    }
    return json.dumps({name: value for name, value in shown.items() if value}).encode()
