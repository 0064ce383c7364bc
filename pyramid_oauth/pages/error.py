"""Error page, for errors that must not be sent by redirect (RFC 6749 4.1.2.1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from oauthlib.oauth2.rfc6749.errors import (
    InvalidClientIdError,
    InvalidRedirectURIError,
    MismatchingRedirectURIError,
    MissingClientIdError,
    MissingRedirectURIError,
    OAuth2Error,
    TemporarilyUnavailableError,
)
from pyramid.response import Response

from pyramid_oauth.browser.locale import ensure_locale
from pyramid_oauth.errors import (
    AccountChanged,
    AlreadyAnswered,
    InvalidCsrfToken,
    RequestExpired,
    ServerBusy,
    TooManyRequests,
    headers_of,
)
from pyramid_oauth.http.negotiation import wants_json
from pyramid_oauth.http.responses import (
    commit_transaction,
    doom_transaction,
    json_answer,
)
from pyramid_oauth.i18n import _
from pyramid_oauth.pages.rendering import page
from pyramid_oauth.protocol.refusals import reference_of
from pyramid_oauth.server import ServerRequest

START_AGAIN = _("Go back to the application and start again.")

TELL_DEVELOPERS = _(
    "Only the people who run the application can correct this. Tell them the reference "
    "or the error below."
)

UNACCEPTABLE = (
    _("This request cannot be followed"),
    _(
        "The application that sent you here made a request which this server "
        "cannot accept."
    ),
    _(
        "Go back to the application and start again. If this happens once more, tell "
        "the people who run the application."
    ),
)

UNREGISTERED_ADDRESS = (
    _("The application wants its answer at an address that is not its own"),
    _(
        "It asked to send you on to an address that it has not registered here. To be "
        "safe, you were not sent there."
    ),
    TELL_DEVELOPERS,
)

UNKNOWN_APPLICATION = (
    _("This application is not known here"),
    _("It is not registered at this server, or not any more."),
    TELL_DEVELOPERS,
)

BUSY = (
    _("Too much is going on here"),
    _("Nothing was done."),
    _("Go back and try again in a moment."),
)

EXPLANATIONS: Mapping[type[OAuth2Error], tuple[str, str, str]] = MappingProxyType(
    {
        OAuth2Error: UNACCEPTABLE,
        MissingClientIdError: UNKNOWN_APPLICATION,
        InvalidClientIdError: UNKNOWN_APPLICATION,
        MissingRedirectURIError: UNREGISTERED_ADDRESS,
        InvalidRedirectURIError: UNREGISTERED_ADDRESS,
        MismatchingRedirectURIError: UNREGISTERED_ADDRESS,
        TemporarilyUnavailableError: BUSY,
        ServerBusy: BUSY,
        TooManyRequests: (
            _("There were too many requests from here"),
            _("So this one was not followed, and nothing was done."),
            _("Wait a few minutes, and try again."),
        ),
        RequestExpired: (
            _("This request is over"),
            _(
                "It waited too long for an answer, or it was begun in another browser "
                "or window."
            ),
            START_AGAIN,
        ),
        AccountChanged: (
            _("You are logged in with another account"),
            _("This request was begun with another one, and waits for it."),
            START_AGAIN,
        ),
        AlreadyAnswered: (
            _("You have answered this request already"),
            _("It is answered once; nothing was changed now."),
            START_AGAIN,
        ),
        InvalidCsrfToken: (
            _("This form is out of date"),
            _(
                "It was open for too long, or your browser keeps no cookies. Nothing "
                "was done."
            ),
            START_AGAIN,
        ),
    }
)
"""For each class of errors its title, message and advice for the user."""


def error_page(
    request: ServerRequest, error: OAuth2Error, status: int = 400
) -> Response:
    """Render the page for a refused authorization request.

    The transaction is committed, unless the server could not complete the request.
    """
    ensure_locale(request)
    explanation = next(
        EXPLANATIONS[each] for each in type(error).__mro__ if each in EXPLANATIONS
    )
    title, message, advice = map(request.localizer.translate, explanation)
    values = {
        "title": title,
        "message": message,
        "advice": advice,
        "code": error.error,
        "description": error.description or "",
        "reference": reference_of(request),
    }
    if wants_json(request):
        document = json.dumps({"status": "error", **_for_scripts(values)})
        headers = headers_of(error).items()
        return json_answer(request, document, status, *headers)
    response = page(request, "error", values, status)
    response.headers.update(headers_of(error))
    if status >= 500:
        return doom_transaction(request, response)
    return commit_transaction(request, response)


def _for_scripts(values: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the values with the names of error responses (RFC 6749 section 5.2)."""
    names = {"code": "error", "description": "error_description"}
    return {names.get(name, name): value for name, value in values.items()}
