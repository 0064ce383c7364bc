"""Strict reading of a JSON object in a request's body (RFC 8259, RFC 7591 section 3.1).

Bounded in size, no member twice, no NaN, nothing that is no UTF-8.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.errors import UnsupportedMediaType
from pyramid_oauth.keys.errors import InvalidToken
from pyramid_oauth.keys.jose_json import json_object
from pyramid_oauth.protocol.parameters import malformed, read_body

JSON = "application/json"


def read_json(request: Any, limit: int) -> dict[str, Any]:
    """The JSON object in the body.

    Raises RequestTooLarge, UnsupportedMediaType or InvalidRequestError.
    """
    content_type = request.environ.get("CONTENT_TYPE", "")
    if content_type.partition(";")[0].strip().lower() != JSON:
        raise UnsupportedMediaType(description=f"The body must be {JSON}.")
    try:
        return json_object(read_body(request, limit))
    except InvalidToken as error:
        raise malformed("The body is no JSON object in UTF-8.") from error
