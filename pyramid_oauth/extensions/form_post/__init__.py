"""The response mode `form_post` (OAuth 2.0 Form Post Response Mode).

A page posts the response to the client: a script submits the form, or its button
without JavaScript.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError
from pyramid.response import Response

from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.endpoints.authorize.response import default_mode
from pyramid_oauth.http.responses import json_object
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.pages import STATIC
from pyramid_oauth.pages.rendering import ANYWHERE, page

NAME = "form_post"


def send(authorization: Authorization, members: Mapping[str, str]) -> Response:
    """Respond with a form that the browser posts to the redirect URI (section 2).

    An error may come before the check of the redirect URI; if that accepts no form,
    the error is sent by the default response mode.
    """
    request, oauth = authorization.request, authorization.oauth
    uri = oauth.redirect_uri or ""
    if not can_be_posted(uri):
        send_default = authorization.server.response_modes[default_mode(oauth)]
        redirect: Response = send_default(authorization, members)
        return redirect
    if authorization.answers_json:
        return json_object(
            request, {"status": "post", "post_to": uri, "members": dict(members)}
        )
    values = {
        "action": uri,
        "members": members,
        "host": urlsplit(uri).hostname,
        "script": request.static_path(f"{STATIC}form_post.js"),
    }
    response = page(request, "form_post", values, leads_to=ANYWHERE, scripts=True)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def can_be_posted(uri: str) -> bool:
    """Whether a form can be posted to `uri`; native applications accept only GET."""
    return urlsplit(uri).scheme in ("http", "https")


def check_redirect_uri(authorization: Authorization) -> None:
    """Refuse the mode if the redirect URI is not http or https."""
    oauth = authorization.oauth
    if not can_be_posted(oauth.redirect_uri or ""):
        oauth.response_mode = None
        raise InvalidRequestError(
            description="form_post requires an http or https redirect_uri."
        )


def includeme(config: Configurator) -> None:
    """Register the response mode with its check."""
    config.add_oauth_response_mode(NAME, send, check=check_redirect_uri)
