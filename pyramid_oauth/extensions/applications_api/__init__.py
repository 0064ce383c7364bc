"""JSON API of applications, for programs that register and manage clients.

RFC 6749 section 2 (registration), RFC 6750 for the access token, RFC 9457 for errors.
The API offers the operations of the extension `applications` to holders of tokens: a
user's token manages the user's applications, a named client manages all.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyramid_oauth.config.registry import RequestOutline, Writes
from pyramid_oauth.extensions.applications.container import (
    UnknownApplication,
    add_view,
)
from pyramid_oauth.extensions.applications_api import views
from pyramid_oauth.extensions.applications_api.calls import Handler, as_view
from pyramid_oauth.extensions.applications_api.cross_origin import View, with_cors
from pyramid_oauth.extensions.applications_api.settings import (
    CHECKS,
    NAME,
    ApplicationsApiSettings,
)
from pyramid_oauth.i18n import _
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models import AbstractApplication

LIST = {"GET": views.list_, "HEAD": views.list_, "POST": views.register}

ONE = {
    "GET": views.read,
    "HEAD": views.read,
    "PATCH": views.change,
    "DELETE": views.delete,
}

SECRET = {"POST": views.rotate_secret}


def writes(outline: RequestOutline) -> Writes:
    """Return what a request to the API writes: a read request writes nothing."""
    return Writes.NONE if outline.method in ("GET", "HEAD") else Writes.MANY


def _view(handlers: Mapping[str, Handler]) -> View:
    return with_cors(as_view(handlers), ", ".join(handlers))


def includeme(config: Configurator) -> None:
    """Add the settings, the scopes, the endpoint and its views."""
    config.include("pyramid_oauth.extensions.applications")
    settings = config.add_oauth_settings(ApplicationsApiSettings)
    config.add_oauth_scope(
        settings.applications_read_scope,
        _("See your applications"),
        kind="read",
    )
    config.add_oauth_scope(
        settings.applications_write_scope,
        _("Register, change and delete your applications"),
        kind="manage",
        risk="high",
    )
    config.add_oauth_endpoint(NAME, views.ApplicationsApi, writes=writes)
    node = views.ApplicationsApi
    config.add_oauth_check(*CHECKS)
    add_view(config, node, node, "", _view(LIST))
    openapi = with_cors(views.openapi, "GET, HEAD")
    add_view(config, node, node, views.OPENAPI, openapi)
    for context in (AbstractApplication, UnknownApplication):
        add_view(config, node, context, "", _view(ONE))
        add_view(config, node, context, "secret", _view(SECRET))
