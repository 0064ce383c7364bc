"""HTTP responses: JSON, OAuth errors, redirects; they commit or abort transactions.

RFC 6749 sections 5.1 and 5.2. Errors are returned, never raised, and marked to be
committed: a revocation must survive the 400 that reports it
(`pyramid_tm.default_commit_veto` aborts on 4xx). A 503 rolls the transaction back.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from oauthlib.oauth2.rfc6749.errors import OAuth2Error, TemporarilyUnavailableError
from pyramid.response import Response

from pyramid_oauth.errors import headers_of
from pyramid_oauth.server import ServerRequest

try:
    import orjson
except ImportError:  # it exists for CPython only
    _ENCODE: Callable[[Mapping[str, Any]], bytes] | None = None
else:
    # Objects and times are no JSON, as for the standard library.
    _PLAIN = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
    _ENCODE = partial(orjson.dumps, option=_PLAIN)

Body = bytes | str | Mapping[str, Any]
"""JSON text, or an object that is written as such."""

COMMIT = "X-Tm"

NO_STORE = ("Cache-Control", "no-store")

NO_SNIFF = ("X-Content-Type-Options", "nosniff")

_JSON = ("Content-Type", "application/json")

_FIXED = (NO_STORE, ("Pragma", "no-cache"), NO_SNIFF)

_STATUS = {
    201: "201 Created",
    400: "400 Bad Request",
    401: "401 Unauthorized",
    403: "403 Forbidden",
    404: "404 Not Found",
    409: "409 Conflict",
    412: "412 Precondition Failed",
    428: "428 Precondition Required",
    413: "413 Request Entity Too Large",
    405: "405 Method Not Allowed",
    415: "415 Unsupported Media Type",
    429: "429 Too Many Requests",
    503: "503 Service Unavailable",
}


class FixedResponse(Response):  # type: ignore[misc]
    """A response whose headers are sent as they are.

    WebOb resolves a relative Location against the Host header, which is chosen by
    whoever sends the request; browsers resolve it against the URL that they requested
    (RFC 9110 section 10.2.2). To look for one, it copies all headers.
    """

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Send the response; no body for HEAD (RFC 9110 section 9.3.2)."""
        body: Iterable[bytes]
        if self.conditional_response:  # a host has asked WebOb to compare the ETag
            body = super().__call__(environ, start_response)
            return body
        start_response(self.status, self.headerlist)
        body = () if environ["REQUEST_METHOD"] == "HEAD" else self.app_iter
        return body


def json_answer(
    request: ServerRequest,
    body: Body,
    status: int = 200,
    *headers: tuple[str, str],
) -> Response:
    """Return a JSON response with `Cache-Control: no-store`."""
    if isinstance(body, str):
        raw = body.encode("utf-8")
    else:
        raw = body if isinstance(body, bytes) else encode_json(body)
    length = ("Content-Length", str(len(raw)))
    response = FixedResponse(
        # WebOb parses an explicit status; its default is 200.
        status=None if status == 200 else _STATUS.get(status, f"{status} OK"),
        headerlist=[_JSON, length, *_FIXED, *headers],
        app_iter=[raw],
    )
    if status < 400:
        return response
    if status < 500:
        return commit_transaction(request, response)
    return doom_transaction(request, response)


def json_object(request: ServerRequest, value: Mapping[str, Any]) -> Response:
    """Return `value` as a JSON response with `Cache-Control: no-store`."""
    return json_answer(request, value)


def encode_json(value: Mapping[str, Any]) -> bytes:
    """Return `value` as JSON text (RFC 8259), by orjson where it is installed.

    The standard library writes what orjson refuses: integers of more than 64 bits, keys
    that are no text, and text that is no UTF-8.
    """
    try:
        return json.dumps(value).encode() if _ENCODE is None else _ENCODE(value)
    except TypeError:
        return json.dumps(value).encode()


def error_answer(request: ServerRequest, error: OAuth2Error, realm: str) -> Response:
    """Return an OAuth error as JSON, with its headers (RFC 6749 section 5.2)."""
    members = {"error": error.error or "server_error"}
    if error.description:
        members["error_description"] = error.description
    headers = dict(headers_of(error))
    if headers:
        headers["Access-Control-Expose-Headers"] = ", ".join(headers)
    if error.status_code == 401:
        headers.setdefault("WWW-Authenticate", f'Basic realm="{realm}"')
    body = json.dumps(members)
    return json_answer(request, body, error.status_code, *headers.items())


def not_allowed(request: ServerRequest, *methods: str) -> Response:
    """Return 405 with the allowed methods (RFC 9110 section 15.5.6), not cached."""
    log_not_allowed(request)
    return Response(
        status=_STATUS[405],
        headerlist=[
            ("Allow", ", ".join(methods)),
            ("Content-Type", "text/plain; charset=UTF-8"),
            ("Content-Length", "0"),
            NO_STORE,
            NO_SNIFF,
        ],
    )


def log_not_allowed(request: ServerRequest) -> None:
    """Log a 405 at DEBUG: anybody can cause any number of them."""
    log.debug("%.20r is not allowed at %.200r", request.method, request.path)


def commit_transaction(request: ServerRequest, response: Response) -> Response:
    """Mark the transaction to be committed although `response` is an error.

    Without a transaction manager to read it, the mark is removed from the response.
    """
    response.headers[COMMIT] = "commit"
    request.add_response_callback(_remove_mark)
    return response


def doom_transaction(request: ServerRequest, response: Response) -> Response:
    """Roll the transaction back: a request that could not be completed changes nothing.

    A client whose code could not be redeemed may present it again.
    """
    manager = getattr(request, "tm", None)
    if manager is not None and request.environ.get("tm.active"):
        manager.doom()
    return response


def _remove_mark(request: ServerRequest, response: Response) -> None:
    response.headers.pop(COMMIT, None)


log = logging.getLogger(__name__)


def service_unavailable(problem: str) -> OAuth2Error:
    """Return the error to raise; log `problem` for the operator only."""
    log.critical("%s", problem)
    error = TemporarilyUnavailableError(
        description="The server cannot complete this request at the moment."
    )
    error.status_code = 503
    return error


_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")


def see_other(location: str) -> Response:
    """Return 303, so that a form is never forwarded to the client (RFC 9700 4.12).

    Args:
        location: An absolute URL, or a path on this server.
    """
    location = _CONTROL_CHARACTER.sub("", location)
    if location.startswith("//"):  # browsers would read another host
        location = f"/%2f{location[2:]}"
    return FixedResponse(
        status="303 See Other",
        headerlist=[
            ("Location", location),
            ("Content-Length", "0"),
            NO_STORE,
            ("Referrer-Policy", "no-referrer"),
        ],
        app_iter=[b""],
    )
