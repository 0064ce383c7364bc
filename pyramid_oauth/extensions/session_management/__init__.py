"""OpenID Connect Session Management 1.0.

An iframe of the server tells pages of clients whether the login session has changed.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.config.authorize_steps import Phase
from pyramid_oauth.config.registry import Writes
from pyramid_oauth.events import SessionEnded
from pyramid_oauth.extensions.openid.settings import is_openid_provider
from pyramid_oauth.extensions.session_management import check_session, session_state
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.settings import SETTINGS, Section, setting
from pyramid_oauth.settings import converters as to


@dataclass(frozen=True, kw_only=True)
class SessionManagementSettings(Section):
    """Whether clients may monitor the login session."""

    session_management: bool = setting(
        to.boolean,
        False,
        "Offer `check_session_iframe` and `session_state` (OpenID Connect Session "
        "Management). Sets a cookie that scripts of this origin can read.",
    )


def includeme(config: Configurator) -> None:
    """Add the iframe, and `session_state`, which changes at login and logout."""
    settings = config.add_oauth_settings(SessionManagementSettings)
    if not (
        settings.session_management and is_openid_provider(config.registry[SETTINGS])
    ):
        return
    config.add_oauth_endpoint(
        "check_session",
        check_session.CheckSession,
        metadata="check_session_iframe",
        writes=Writes.NONE,
    )
    config.add_oauth_view(
        check_session.check_session,
        check_session.CheckSession,
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
    )
    config.add_oauth_authorize_step(
        "set_session_state",
        session_state.set_session_state,
        phase=Phase.GRANT,
        after="store_session_id",  # which has computed the identifier
    )
    config.add_oauth_authorization_response(
        "session_state", session_state.add_session_state
    )
    config.add_oauth_subscriber(session_state.rotate_state, SessionEnded)
