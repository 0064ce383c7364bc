"""Strict parser for query strings, form bodies and JSON bodies, before oauthlib.

RFC 6749 section 3.1: no repeated parameters, empty values count as omitted. Invalid
percent escapes, UTF-8 and control characters are refused, and bodies above a limit.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError
from pyramid.csrf import check_csrf_origin
from pyramid.interfaces import ICSRFStoragePolicy

from pyramid_oauth.errors import (
    InvalidCsrfToken,
    RequestTooLarge,
    UnsupportedMediaType,
    safe_description,
)
from pyramid_oauth.jose.errors import InvalidToken
from pyramid_oauth.jose.json import json_object
from pyramid_oauth.server import ServerRequest

FORM = "application/x-www-form-urlencoded"

MAX_PARAMETERS = 100

MAX_QUERY_LENGTH = 64 * 1024

LONGEST_LENGTH = 18
"""Digits of a Content-Length; `int` refuses thousands of them."""

_NONE: frozenset[str] = frozenset()

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

# In UTF-8 no other escapes decode to one. An expression by itself: the search for its
# first character is fast.
_ENCODED_CONTROL = re.compile(r"%(?:0[0-8BCEFbcef]|1[0-9A-Fa-f]|7[Ff])")

Parameters = dict[str, str]


def malformed(problem: str) -> InvalidRequestError:
    """Return the error for a malformed request."""
    return InvalidRequestError(description=problem)


def read_parameters(
    request: ServerRequest, limit: int, repeatable: frozenset[str] = _NONE
) -> Parameters:
    """Return the parameters of the form of a POST, or else of the query.

    Raises:
        OAuth2Error: They are malformed; see `read_form`.
    """
    if request.method == "POST":
        return read_form(request, limit, repeatable)
    return read_query(request, repeatable)


def read_query(
    request: ServerRequest, repeatable: frozenset[str] = _NONE
) -> Parameters:
    """Return the parameters of the query string."""
    query = request.environ.get("QUERY_STRING", "")
    if len(query) > MAX_QUERY_LENGTH:
        raise RequestTooLarge(description="The query is too long.")
    return parse(query, repeatable)


def read_form(
    request: ServerRequest, limit: int, repeatable: frozenset[str] = _NONE
) -> Parameters:
    """Return the parameters of a form body of at most `limit` bytes.

    Raises:
        RequestTooLarge: The body is larger.
        UnsupportedMediaType: The body is not a form.
        InvalidRequestError: The body is malformed or incomplete.
    """
    environ = request.environ
    if environ.get("QUERY_STRING"):
        raise malformed("Parameters are not allowed in the query.")
    content_type = environ.get("CONTENT_TYPE", "")
    if content_type != FORM and (
        content_type.partition(";")[0].strip().lower() != FORM
    ):
        raise UnsupportedMediaType(description=f"The body must be {FORM}.")
    try:
        return parse(read_body(request, limit).decode("ascii"), repeatable)
    except UnicodeDecodeError as error:
        raise malformed("The body is not form-encoded.") from error


def read_page_form(
    request: ServerRequest, limit: int, repeatable: frozenset[str]
) -> Parameters:
    """Return the parameters of a form of one of our pages.

    Raises:
        InvalidCsrfToken: The form has no valid CSRF token.
        OAuth2Error: The body is not a well-formed form, as for `read_form`.
    """
    form = read_form(request, limit, repeatable)
    if not is_csrf_valid(request, form.get("csrf_token", "")):
        raise InvalidCsrfToken
    return form


def read_body(request: ServerRequest, limit: int) -> bytes:
    """Return a body of at most `limit` bytes.

    Raises:
        RequestTooLarge: The body is larger.
        InvalidRequestError: The body is incomplete, or its length is no number.
    """
    # WebOb's property costs more than reading the body, and raises ValueError.
    text = request.environ.get("CONTENT_LENGTH")
    if text and not (text.isdecimal() and len(text) <= LONGEST_LENGTH):
        raise malformed("Content-Length is not a number.")
    length = int(text) if text else None
    if length is not None and length > limit:
        raise RequestTooLarge(description="The body is too large.")
    try:
        raw = _read(request, length, limit)
    except OSError as error:
        raise malformed("The body could not be read.") from error
    if len(raw) > limit:
        raise RequestTooLarge(description="The body is too large.")
    return raw


def _read(request: ServerRequest, length: int | None, limit: int) -> bytes:
    if length is None:
        unsized: bytes = request.body_file.read(limit + 1)
        return unsized
    environ = request.environ
    stream = environ["wsgi.input"]
    is_kept = environ.get("webob.is_body_seekable", False)
    if is_kept:
        stream.seek(0)  # a tween may have read the form
    raw: bytes = stream.read(length)
    if len(raw) < length:
        raise OSError("the body ended early")
    # For later readers of the form, such as a locale negotiator or a new attempt.
    if is_kept:
        stream.seek(0)
    else:
        environ["wsgi.input"], environ["webob.is_body_seekable"] = BytesIO(raw), True
    return raw


def parse(text: str, repeatable: frozenset[str] = _NONE) -> Parameters:
    """Parse form-encoded `text`; empty values count as omitted."""
    if not text:
        return {}
    has_escapes = "%" in text
    if has_escapes and _BAD_ESCAPE.search(text):
        raise malformed("A percent escape is malformed.")
    if text.count("&") >= MAX_PARAMETERS:
        raise malformed("There are too many parameters.")
    if _CONTROL.search(text) or (has_escapes and _ENCODED_CONTROL.search(text)):
        raise malformed("A parameter has a control character.")
    try:
        return _collect(text, repeatable)
    except UnicodeDecodeError as error:
        raise malformed("A parameter is not UTF-8.") from error


def _collect(text: str, repeatable: frozenset[str]) -> Parameters:
    parameters: Parameters = {}
    for pair in text.split("&"):
        if not pair:
            continue
        name, _, value = pair.partition("=")
        if "%" in pair or "+" in pair:
            name, value = _unquote(name), _unquote(value)
        if name in parameters:
            if name not in repeatable:
                raise malformed("A parameter is repeated.")
            value = " ".join(filter(None, (parameters[name], value)))
        parameters[name] = value
    if "" in parameters.values():
        return {name: value for name, value in parameters.items() if value}
    return parameters


def _unquote(text: str) -> str:
    text = text.replace("+", " ")
    return unquote_to_bytes(text).decode("utf-8") if "%" in text else text


def has_control_character(text: str) -> bool:
    """Whether `text` has a control character, which is refused."""
    return _CONTROL.search(text) is not None


JSON = "application/json"


def read_json(request: ServerRequest, limit: int) -> dict[str, Any]:
    """Return the JSON object in a body of at most `limit` bytes.

    Raises:
        RequestTooLarge: The body is larger.
        UnsupportedMediaType: The body is not JSON.
        InvalidRequestError: The body is malformed or incomplete.
    """
    content_type = request.environ.get("CONTENT_TYPE", "")
    if content_type.partition(";")[0].strip().lower() != JSON:
        raise UnsupportedMediaType(description=f"The body must be {JSON}.")
    try:
        return json_object(read_body(request, limit))
    except InvalidToken as error:
        raise malformed("The body is not a JSON object in UTF-8.") from error


def read_page_json(
    request: ServerRequest, limit: int, repeatable: frozenset[str]
) -> Parameters:
    """Return the members of a JSON object that a script of the site sent.

    They are text; those in `repeatable` may be lists of text, which are joined by
    spaces. Pages of other origins cannot send JSON without CORS, which we do not allow;
    the token is checked nevertheless.

    Raises:
        InvalidCsrfToken: The object has no valid `csrf_token`.
        OAuth2Error: The body is no such object, as for `read_json`.
    """
    members = {
        name: _text_of_member(name, value, repeatable)
        for name, value in read_json(request, limit).items()
    }
    if not is_csrf_valid(request, members.get("csrf_token", "")):
        raise InvalidCsrfToken
    return members


def _text_of_member(name: str, value: object, repeatable: frozenset[str]) -> str:
    given = value if isinstance(value, list) and name in repeatable else [value]
    words = [word for word in given if isinstance(word, str)]
    if len(words) < len(given):
        raise malformed(f"A member is not text: {safe_description(name, 40)}.")
    text = " ".join(words)
    if has_control_character(text):
        raise malformed("A member has a control character.")
    return text


def is_csrf_valid(request: ServerRequest, token: str) -> bool:
    """Whether the CSRF token and the origin of a form are valid for Pyramid's CSRF
    storage.

    The view calls this with strictly parsed input: Pyramid's own check would read the
    body first and fail on bytes that are not text.
    """
    storage = request.registry.getUtility(ICSRFStoragePolicy)
    try:
        return bool(
            storage.check_csrf_token(request, token)
            and check_csrf_origin(request, allow_no_origin=True, raises=False)
        )
    except ValueError:
        # Pyramid 2.0 compares only Latin-1 tokens; an origin may be "https://[".
        return False
