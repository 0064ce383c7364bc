"""Finds the bearer token in a request, strictly, and never raises for any bytes.

RFC 6750 section 2: the header always; form body and query only where switched on; and
never more than one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import parse_qsl

from pyramid.request import Request

Place = Literal["header", "body", "query"]

LONGEST_TOKEN = 8192
"""Characters; common servers refuse longer header fields before we see them."""

_SCHEME = re.compile(r"bearer(?![\w!#$%&'*+.^`|~-])", re.IGNORECASE | re.ASCII)

_CREDENTIALS = re.compile(r" +(.*)", re.DOTALL)

_B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Presented:
    """A token as it was sent, or what is wrong with the way it was sent."""

    place: Place
    token: str = ""
    problem: str | None = None


class Places(Protocol):
    """Where a token may stand beside the header; `Settings` is one."""

    @property
    def access_token_in_body(self) -> bool:
        """In a form body."""

    @property
    def access_token_in_query(self) -> bool:
        """In the query."""

    @property
    def body_limit(self) -> int:
        """Bytes of a body that is looked into."""


def find_token(request: Request, settings: Places) -> Presented | None:
    """What the request presents as its bearer token; None where it presents none."""
    found = list(_places(request, settings))
    if len(found) > 1:
        return Presented(found[0].place, problem="more than one access token")
    return _checked(found[0]) if found else None


def _places(request: Request, settings: Places) -> Iterator[Presented]:
    yield from _in_header(request)
    if settings.access_token_in_body:
        yield from _in_body(request, settings.body_limit)
    if settings.access_token_in_query:
        yield from _in_query(request)


def _checked(found: Presented) -> Presented:
    if found.problem:
        return found
    if len(found.token) > LONGEST_TOKEN:
        return Presented(found.place, problem="the access token is too long")
    if not _B64TOKEN.fullmatch(found.token):
        return Presented(found.place, problem="the access token is malformed")
    return found


def _in_header(request: Request) -> Iterator[Presented]:
    # Servers join repeated header lines with a comma, which no token may contain, so
    # that two Authorization headers are one malformed one here.
    value = request.environ.get("HTTP_AUTHORIZATION", "").strip(" \t")
    scheme = _SCHEME.match(value)
    if scheme:
        credentials = _CREDENTIALS.fullmatch(value, scheme.end())
        yield Presented("header", credentials[1] if credentials else "")


def _in_body(request: Request, limit: int) -> Iterator[Presented]:
    if request.method in ("GET", "HEAD") or _media_type(request) != _FORM:
        return
    if not 0 < (request.content_length or 0) <= limit:
        return
    try:
        body = request.body
    except OSError:
        yield Presented("body", problem="the body ended early")
        return
    problem = None if body.isascii() else "the form body is not ASCII"
    for token in _parameters(body.decode("latin-1")):
        yield Presented("body", token, problem)


def _in_query(request: Request) -> Iterator[Presented]:
    for token in _parameters(request.environ.get("QUERY_STRING", "")):
        yield Presented("query", token)


def _media_type(request: Request) -> str:
    kind: str = request.environ.get("CONTENT_TYPE", "")
    return kind.partition(";")[0].strip().lower()


def _parameters(text: str) -> list[str]:
    pairs = parse_qsl(text, keep_blank_values=True)
    return [value for name, value in pairs if name == "access_token"]
