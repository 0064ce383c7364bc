"""Error views (404, 400, 413, 500, 503): HTML for browsers, JSON for API clients.

RFC 9110 section 15.
"""

from __future__ import annotations

import logging
from time import monotonic

from pyramid.config import Configurator
from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken
from pyramid.httpexceptions import HTTPMovedPermanently, HTTPRequestEntityTooLarge
from pyramid.response import Response
from pyramid_retry import IRetryableError, RetryableException
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pyramid_oauth.errors import ServerBusy
from pyramid_oauth.fast_session.outages import (
    LOST_PREPARED_STATEMENTS,
    IDatabaseOutage,
    sqlstate,
)
from pyramid_oauth.i18n import _
from pyramid_oauth.protocol.refusals import new_reference
from pyramid_oauth.standalone.page import message
from pyramid_oauth.standalone.request import Request

log = logging.getLogger(__name__)


def not_found(request: Request) -> Response:
    """Answer 404."""
    return message(
        request,
        404,
        _("There is nothing here"),
        _("The address may be mistyped, or what it led to is gone."),
    )


def outdated_form(request: Request) -> Response:
    """Answer 400 to a form without a valid CSRF token or origin."""
    return message(
        request,
        400,
        _("This form is out of date"),
        _(
            "It was open for too long, or your browser keeps no cookies. "
            "Nothing was done. Open the page again and repeat it."
        ),
    )


def too_large(request: Request) -> Response:
    """Answer 413 to a body above `pyramid_oauth.body_limit`."""
    if not _is_person(request):
        return _json(413, "invalid_request", error_description="The body is too large.")
    return message(
        request,
        413,
        _("This form is too large"),
        _("It holds more than this server accepts. Nothing was done."),
    )


def undecodable(request: Request) -> Response:
    """Answer 400 to text that is not valid UTF-8."""
    response = Response("The request is not valid UTF-8.", 400)
    response.content_type = "text/plain"
    return response


class RetryablePredicate:
    """View predicate: whether a retry of the failed request may succeed.

    `retryable_error` of pyramid_retry is never true after the last attempt.
    """

    def __init__(self, value: bool, config: Configurator) -> None:
        self._value = value

    def text(self) -> str:
        """Return the text that `pviews` shows."""
        return f"worth_a_retry = {self._value}"

    phash = text

    def __call__(self, context: object, request: Request) -> bool:
        """Whether the error is marked as retryable, compared with the value."""
        error = request.exception
        marked = IRetryableError.providedBy(error)
        return self._value == (marked or isinstance(error, RetryableException))


def busy(request: Request) -> Response:
    """Answer 503 after the last attempt at a transaction, or without capacity."""
    if not _is_person(request):
        response = _json(503, "temporarily_unavailable")
    else:
        response = message(
            request,
            503,
            _("Too much is going on here"),
            _("Nothing was done. Go back and try again in a moment."),
        )
    response.headers["Retry-After"] = "1"
    return response


PREPARED_STATEMENTS_HELP = (
    "A pooler that does not know prepared statements is in front of the database: set "
    "standalone.prepared_statements = false"
)

TRACEBACK_INTERVAL = 60.0
"""Seconds between two tracebacks of outages in the log; each has its own line."""

_last_traceback = float("-inf")


def unavailable(request: Request) -> Response:
    """Answer 503 where the database fails for now; one line in the log."""
    global _last_traceback
    error, moment = request.exception, monotonic()
    with_traceback = moment - _last_traceback >= TRACEBACK_INTERVAL
    if with_traceback:
        _last_traceback = moment
    original = getattr(error, "orig", None)
    log.error(
        "the database is unavailable: %s %s: %s %s: %s (reference %s)",
        request.method,
        request.path,
        type(original or error).__name__,
        sqlstate(original) or "without SQLSTATE",
        str(original or error).strip().partition("\n")[0] + _cure(original),
        new_reference(request),
        exc_info=error if with_traceback else None,
    )
    return busy(request)


def _cure(original: BaseException | None) -> str:
    """Return what the operator can do about an error that does not pass by itself."""
    if sqlstate(original) in LOST_PREPARED_STATEMENTS:
        return f". {PREPARED_STATEMENTS_HELP}"
    return ""


def failed(request: Request) -> Response:
    """Answer 500 and log the exception."""
    log.error(
        "the request failed: %s (reference %s)",
        request.path,
        new_reference(request),
        exc_info=request.exception,
    )
    if not _is_person(request):
        return _json(500, "server_error")
    return message(
        request,
        500,
        _("Something went wrong here"),
        _("It is not your fault. Those who run this server find it in its log."),
    )


def _json(status: int, error: str, **more: str) -> Response:
    response = Response(json_body={"error": error, **more}, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_person(request: Request) -> bool:
    """Whether the client accepts HTML, as browsers do."""
    return "text/html" in request.headers.get("Accept", "")


def includeme(config: Configurator) -> None:
    """Register the views."""
    config.add_notfound_view(not_found)
    # Pyramid would redirect to a directory of static files, by the Host header.
    config.add_exception_view(not_found, context=HTTPMovedPermanently)
    config.add_exception_view(outdated_form, context=BadCSRFToken)
    config.add_exception_view(outdated_form, context=BadCSRFOrigin)
    config.add_exception_view(too_large, context=HTTPRequestEntityTooLarge)
    config.add_exception_view(undecodable, context=UnicodeDecodeError)
    config.add_view_predicate("worth_a_retry", RetryablePredicate)
    config.add_exception_view(busy, context=ServerBusy)
    for context in (IDatabaseOutage, PoolTimeout):
        config.add_exception_view(unavailable, context=context)
    config.add_exception_view(failed, context=Exception, worth_a_retry=False)
    config.add_exception_view(
        busy, context=Exception, worth_a_retry=True, last_retry_attempt=True
    )
