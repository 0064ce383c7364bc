"""The ready-made server of `development.ini`.

It is a host application that uses only the public interface of the library.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from wsgiref.types import WSGIApplication

from pyramid.config import Configurator

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.resource import OAuthSecurityPolicy
from pyramid_oauth.settings import PREFIX
from pyramid_oauth.settings.converters import from_environment
from pyramid_oauth.standalone.accounts import trusted_browsers
from pyramid_oauth.standalone.accounts.adapter import StandaloneAccounts
from pyramid_oauth.standalone.accounts.sessions import EXPIRED_SESSIONS
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.security import SessionPolicy, session_factory
from pyramid_oauth.standalone.settings import StandaloneSettings

PURGE_INTERVAL = 600

INCLUDES = (
    "pyramid_oauth.health",
    "pyramid_oauth.extensions.connections",
    "pyramid_oauth.standalone.body_limit",
    "pyramid_oauth.standalone.demo.api",
    "pyramid_oauth.standalone.accounts.login",
    "pyramid_oauth.standalone.accounts.account_chooser",
    "pyramid_oauth.standalone.accounts.sign_up",
    "pyramid_oauth.standalone.accounts.session_list",
    "pyramid_oauth.standalone.accounts.password",
    "pyramid_oauth.standalone.demo.initiate_login",
    "pyramid_oauth.standalone.demo.landing",
    "pyramid_oauth.standalone.error_views",
    "pyramid_oauth.standalone.headers",
    # Around the limit of bodies: reading a body may take long.
    "pyramid_oauth.request_watch",
)


def main(global_config: dict[str, str], **settings: object) -> WSGIApplication:
    """The WSGI application (PasteDeploy `paste.app_factory`)."""
    config = Configurator(settings=settings)
    config.include(includeme)
    application: WSGIApplication = config.make_wsgi_app()
    return application


def includeme(config: Configurator) -> None:
    """Configure the host's part, then include the library, then the host's pages."""
    options = StandaloneSettings.parse(config.get_settings())
    secure = _issuer(config.get_settings()).startswith("https:")
    accounts = StandaloneAccounts(options)
    config.registry["standalone.options"] = options
    _share_limits(config.get_settings(), options)
    config.get_settings().setdefault(f"{PREFIX}purge_interval", PURGE_INTERVAL)
    config.get_settings().setdefault(f"{PREFIX}load_keys_at_start", "true")
    trusted_browsers.set_up(config, options, secure=secure)
    config.set_session_factory(session_factory(options, secure=secure))
    config.set_default_csrf_options(require_csrf=True)
    config.set_locale_negotiator(negotiate_locale)
    config.set_security_policy(OAuthSecurityPolicy(SessionPolicy(accounts)))
    config.include("pyramid_oauth.standalone.database")
    config.include("pyramid_oauth")
    config.set_oauth_accounts(accounts)
    config.add_oauth_purge_rule(EXPIRED_SESSIONS)
    for name in INCLUDES:
        config.include(name)


def _share_limits(settings: dict[str, Any], options: StandaloneSettings) -> None:
    """Let the password grant have the limits of the login page, unless it has own."""
    if "legacy_grants" not in settings.get(f"{PREFIX}extensions", "legacy_grants"):
        return
    limits = options.password_limits
    settings.setdefault(f"{PREFIX}password_attempts", limits.attempts)
    settings.setdefault(f"{PREFIX}password_source_attempts", limits.source_attempts)
    settings.setdefault(f"{PREFIX}password_name_attempts", limits.name_attempts)
    settings.setdefault(f"{PREFIX}password_window", limits.window)


def _issuer(settings: Mapping[str, Any]) -> str:
    issuer = from_environment(settings.get("pyramid_oauth.issuer") or "")
    if not issuer.startswith(("https://", "http://")):
        raise ConfigurationError(
            "pyramid_oauth.issuer is missing: the public URL of this server"
        )
    return issuer


def negotiate_locale(request: Request) -> str:
    """Return the best of `pyramid_oauth.ui_locales`, by default the first."""
    offered = request.oauth.settings.ui_locales or ("en",)
    locale: str = request.accept_language.lookup(offered, default=offered[0])
    return locale.replace("-", "_")
