"""The landing page, the playground, and what is said when something is amiss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pyramid.config import Configurator
from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken
from pyramid.httpexceptions import HTTPServiceUnavailable
from pyramid.path import AssetResolver
from pyramid.response import FileResponse, Response
from pyramid_retry import IRetryableError, RetryableException

from pyramid_oauth.standalone.demo_data import PEOPLE, PLAYGROUND
from pyramid_oauth.standalone.options import Options
from pyramid_oauth.standalone.page import origin, page
from pyramid_oauth.standalone.routing import add_page

STATIC = "pyramid_oauth:standalone/static"
TITLES = {"jwks_uri": "Keys", "userinfo_endpoint": "UserInfo"}
"""What metadata members are called, where the name itself does not say it well."""


def landing(request: Any) -> Response:
    """What is here."""
    options: Options = request.registry["standalone.options"]
    oauth = request.oauth
    return page(
        request,
        "landing",
        issuer=oauth.settings.issuer,
        metadata_path=_metadata_path(request),
        endpoints=list(_endpoints(oauth.server.metadata)),
        people=PEOPLE if options.development else (),
        ini="development.ini" if options.development else "production.ini",
    )


def _endpoints(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Title and URL of whatever the server advertises."""
    for member, url in metadata.items():
        if member.endswith("_endpoint") or member == "jwks_uri":
            words = member.removesuffix("_endpoint").replace("_", " ")
            yield TITLES.get(member, words.capitalize()), url


def playground(request: Any) -> Response:
    """A public client in the browser."""
    settings = request.oauth.settings
    site = origin(settings.issuer)
    return page(
        request,
        "playground",
        origin=site,
        metadata_path=_metadata_path(request),
        client_id=PLAYGROUND,
        redirect_uri=f"{site}/playground",
        scopes=list(request.oauth.server.scopes.catalogue(request).items()),
        openid=settings.openid,
    )


def icon(request: Any) -> Response:
    """The icon that browsers ask for without being told to."""
    path = AssetResolver().resolve(f"{STATIC}/icon.svg").abspath()
    return FileResponse(path, request, 86400, content_type="image/svg+xml")


def not_found(request: Any) -> Response:
    """404."""
    return page(
        request,
        "message",
        status=404,
        title="There is nothing here",
        message="The address may be mistyped, or what it led to is gone.",
        code=None,
    )


def outdated_form(request: Any) -> Response:
    """A form without its token, or from elsewhere (CSRF)."""
    return page(
        request,
        "message",
        status=400,
        title="This form is out of date",
        message="It was open for too long, or your browser keeps no cookies. "
        "Nothing was done. Open the page again and repeat it.",
        code=None,
    )


def undecodable(request: Any) -> Response:
    """Bytes that are no UTF-8 where text belongs."""
    response = Response("The request is not valid UTF-8.", 400)
    response.content_type = "text/plain"
    return response


class WorthARetry:
    """View predicate: the error is one that may not come again.

    `retryable_error` of pyramid_retry means one that is tried again at once, which
    after the last attempt none is.
    """

    def __init__(self, value: bool, config: Any) -> None:
        self._value = value

    def text(self) -> str:
        """What `pviews` shows."""
        return f"worth_a_retry = {self._value}"

    phash = text

    def __call__(self, context: Any, request: Any) -> bool:
        """Whether the database or its transaction manager marked the error."""
        error = request.exception
        marked = IRetryableError.providedBy(error)
        return marked or isinstance(error, RetryableException)


def busy(request: Any) -> Response:
    """The last of several attempts at a transaction failed as well."""
    return HTTPServiceUnavailable(
        json_body={"error": "temporarily_unavailable"}, headers={"Retry-After": "1"}
    )


def _metadata_path(request: Any) -> str:
    path = request.oauth.settings.issuer.removeprefix(
        origin(request.oauth.settings.issuer)
    )
    return f"/.well-known/oauth-authorization-server{path.rstrip('/')}"


def includeme(config: Configurator) -> None:
    """The routes and views of the pages."""
    config.add_static_view("static", STATIC, cache_max_age=3600)
    for name, pattern, view in (
        ("landing", "/", landing),
        ("playground", "/playground", playground),
        ("icon", "/favicon.ico", icon),
    ):
        config.add_route(name, pattern)
        add_page(config, name, GET=view)
    config.add_notfound_view(not_found)
    config.add_exception_view(outdated_form, context=BadCSRFToken)
    config.add_exception_view(outdated_form, context=BadCSRFOrigin)
    config.add_exception_view(undecodable, context=UnicodeDecodeError)
    config.add_view_predicate("worth_a_retry", WorthARetry)
    config.add_exception_view(
        busy, context=Exception, worth_a_retry=True, last_retry_attempt=True
    )
