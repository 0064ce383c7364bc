"""Error page, for errors that must not be sent by redirect (RFC 6749 4.1.2.1)."""

from __future__ import annotations

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from pyramid.response import Response

from pyramid_oauth.browser.locale import ensure_locale
from pyramid_oauth.errors import headers_of
from pyramid_oauth.http.responses import commit_transaction, doom_transaction
from pyramid_oauth.i18n import _
from pyramid_oauth.pages.rendering import page
from pyramid_oauth.server import ServerRequest


def error_page(
    request: ServerRequest, error: OAuth2Error, status: int = 400
) -> Response:
    """Render the page for a refused authorization request.

    The transaction is committed, unless the server could not complete the request.
    """
    ensure_locale(request)
    translate = request.localizer.translate
    values = {
        "title": translate(_("This request cannot be followed")),
        "message": translate(
            _(
                "The application that sent you here made a request which this server "
                "cannot accept."
            )
        ),
        "code": error.error,
        "description": error.description or "",
    }
    response = page(request, "error", values, status)
    response.headers.update(headers_of(error))
    if status >= 500:
        return doom_transaction(request, response)
    return commit_transaction(request, response)
