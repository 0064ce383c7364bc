"""The logout endpoint (OpenID Connect RP-Initiated Logout 1.0).

A request whose hint names the login session logs out at once; any other asks the user
first. Errors are shown on a page; only registered URIs are redirected to.
"""

from __future__ import annotations

from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.config.authorize_steps import Phase
from pyramid_oauth.extensions.logout import (
    back_channel,
    client_metadata,
    front_channel,
    pages,
    steps,
    views,
)
from pyramid_oauth.extensions.logout.settings import LogoutSettings
from pyramid_oauth.extensions.openid.settings import is_openid_provider
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.settings import SETTINGS


def includeme(config: Configurator) -> None:
    """Add the endpoint, and the notifications of clients that the settings enable."""
    settings = config.add_oauth_settings(LogoutSettings)
    config.include("pyramid_oauth.extensions.logout.repository")
    config.add_static_view("oauth-logout-static", pages.STATIC, cache_max_age=3600)
    config.add_oauth_request_method("log_in", views.log_in_user)
    config.add_oauth_request_method("log_out", views.log_out_user)
    config.add_oauth_request_method("end_sessions", views.end_sessions)
    has_endpoint = is_openid_provider(config.registry[SETTINGS])
    config.add_oauth_authorize_step(
        "store_session_id",
        steps.save_session_id if has_endpoint else steps.store_session_id,
        phase=Phase.GRANT,
    )
    if has_endpoint:
        _add_endpoint(config)
        _add_notifications(config, settings)


def _add_endpoint(config: Configurator) -> None:
    """Add the endpoint of RP-Initiated Logout."""
    config.add_oauth_endpoint(
        "end_session", views.EndSession, metadata="end_session_endpoint"
    )
    config.add_oauth_client_metadata(
        client_metadata.POST_LOGOUT_REDIRECT_URIS, validate=client_metadata.validate
    )
    # A client's request has no CSRF token; the view checks that of our own form.
    config.add_oauth_view(
        views.end_session,
        views.EndSession,
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
    )


def _add_notifications(config: Configurator, settings: LogoutSettings) -> None:
    """Add front-channel and back-channel logout, as far as they are enabled."""
    config.add_oauth_metadata("frontchannel_logout", front_channel.metadata)
    config.add_oauth_metadata("backchannel_logout", back_channel.metadata)
    if settings.frontchannel_logout:
        config.add_oauth_client_metadata(*client_metadata.FRONT_CHANNEL)
    if settings.backchannel_logout:
        config.add_oauth_client_metadata(*client_metadata.BACK_CHANNEL)
        config.add_oauth_outbox_kind(
            back_channel.KIND, back_channel.prepare_logout_token
        )
