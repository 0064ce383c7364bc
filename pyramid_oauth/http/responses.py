"""Answers: oauthlib's outcome, or an error, as a Pyramid response.

Errors are returned, never raised, and marked to be committed: a revocation must
survive the 400 that reports it (`pyramid_tm.default_commit_veto` aborts on 4xx). Only
where the server itself could not finish (503) is everything taken back.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from oauthlib.oauth2.rfc6749.errors import OAuth2Error, TemporarilyUnavailableError
from pyramid.response import Response

from pyramid_oauth.errors import headers_of

COMMIT = "X-Tm"

NO_STORE = ("Cache-Control", "no-store")

_JSON = ("Content-Type", "application/json")

_STATUS = {
    201: "201 Created",
    400: "400 Bad Request",
    401: "401 Unauthorized",
    403: "403 Forbidden",
    413: "413 Request Entity Too Large",
    405: "405 Method Not Allowed",
    415: "415 Unsupported Media Type",
    429: "429 Too Many Requests",
    503: "503 Service Unavailable",
}


def json_answer(
    request: Any, body: bytes | str, status: int = 200, *headers: tuple[str, str]
) -> Response:
    """A JSON response that no cache keeps."""
    raw = body.encode("utf-8") if isinstance(body, str) else body
    length = ("Content-Length", str(len(raw)))
    response = Response(
        # WebOb parses what it is given, and has 200 ready.
        status=None if status == 200 else _STATUS.get(status, f"{status} OK"),
        headerlist=[_JSON, length, NO_STORE, ("Pragma", "no-cache"), *headers],
        app_iter=[raw],
    )
    if status < 400:
        return response
    if status < 500:
        return commit_transaction(request, response)
    return doom_transaction(request, response)


def json_object(request: Any, value: Mapping[str, Any]) -> Response:
    """`value` as a JSON response that no cache keeps."""
    return json_answer(request, json.dumps(value))


def error_answer(request: Any, error: OAuth2Error, realm: str) -> Response:
    """An OAuth error as JSON, with the headers it brings (RFC 6749 section 5.2)."""
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


def not_allowed(*methods: str) -> Response:
    """405 with the methods that are (RFC 9110 section 15.5.6); not kept by caches."""
    return Response(
        status=_STATUS[405],
        headerlist=[
            ("Allow", ", ".join(methods)),
            ("Content-Type", "text/plain; charset=UTF-8"),
            ("Content-Length", "0"),
            NO_STORE,
        ],
    )


def commit_transaction(request: Any, response: Response) -> Response:
    """Have the transaction committed although `response` is an error.

    The mark is taken off again where no transaction manager looks any more.
    """
    response.headers[COMMIT] = "commit"
    request.add_response_callback(_take_mark_off)
    return response


def doom_transaction(request: Any, response: Response) -> Response:
    """Have the transaction given up: what could not be finished leaves no trace.

    Whose code could not become tokens may try again with it.
    """
    manager = getattr(request, "tm", None)
    if manager is not None and request.environ.get("tm.active"):
        manager.doom()
    return response


def _take_mark_off(request: Any, response: Response) -> None:
    response.headers.pop(COMMIT, None)


log = logging.getLogger(__name__)


def service_unavailable(problem: str) -> OAuth2Error:
    """The error to raise; `problem` is told to the operator, not to the caller."""
    log.critical("%s", problem)
    error = TemporarilyUnavailableError(
        description="The server cannot complete this request at the moment."
    )
    error.status_code = 503
    return error


def see_other(location: str) -> Response:
    """303, so that no form is ever posted on to the client (RFC 9700 4.12)."""
    return Response(
        status="303 See Other",
        headerlist=[
            ("Location", location),
            ("Content-Length", "0"),
            NO_STORE,
            ("Referrer-Policy", "no-referrer"),
        ],
    )
