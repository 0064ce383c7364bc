"""The ready-made server of `development.ini`.

It is a host application that uses only the public interface of the library.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from wsgiref.types import WSGIApplication

from pyramid.config import Configurator

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.extensions import DEFAULT
from pyramid_oauth.resource import OAuthSecurityPolicy
from pyramid_oauth.settings import PREFIX, SETTINGS
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.converters import from_environment
from pyramid_oauth.standalone.accounts import remembered_browsers, trusted_browsers
from pyramid_oauth.standalone.accounts.adapter import StandaloneAccounts
from pyramid_oauth.standalone.accounts.authentication_context import LEVELS, PASSWORD
from pyramid_oauth.standalone.accounts.links import EXPIRED_LINKS
from pyramid_oauth.standalone.accounts.login_sessions import StoredLoginSessions
from pyramid_oauth.standalone.accounts.pending_logins import EXPIRED_PENDING_LOGINS
from pyramid_oauth.standalone.accounts.remembered_browsers import EXPIRED_BROWSERS
from pyramid_oauth.standalone.accounts.sessions import EXPIRED_SESSIONS
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.security import (
    ADMINISTRATORS,
    SessionPolicy,
    session_factory,
)
from pyramid_oauth.standalone.settings import StandaloneSettings

PURGE_INTERVAL = 600

INCLUDES = (
    "pyramid_oauth.health",
    "pyramid_oauth.keystore",
    "pyramid_oauth.extensions.logout",
    "pyramid_oauth.extensions.client_id_metadata",
    "pyramid_oauth.extensions.dpop",
    "pyramid_oauth.extensions.audit",
    "pyramid_oauth.extensions.administration",
    "pyramid_oauth.extensions.connections",
    "pyramid_oauth.extensions.applications",
    "pyramid_oauth.extensions.sessions",
    "pyramid_oauth.extensions.consent_ledger",
    "pyramid_oauth.extensions.global_token_revocation",
    "pyramid_oauth.standalone.body_limit",
    "pyramid_oauth.standalone.mail",
    "pyramid_oauth.standalone.demo.api",
    "pyramid_oauth.standalone.accounts.login",
    "pyramid_oauth.standalone.accounts.second_step",
    "pyramid_oauth.standalone.accounts.passkey_login",
    "pyramid_oauth.standalone.accounts.factor_setup",
    "pyramid_oauth.standalone.accounts.two_step",
    "pyramid_oauth.standalone.accounts.account_chooser",
    "pyramid_oauth.standalone.accounts.sign_up",
    "pyramid_oauth.standalone.accounts.password",
    "pyramid_oauth.standalone.accounts.forgotten_password",
    "pyramid_oauth.standalone.accounts.reset_password",
    "pyramid_oauth.standalone.accounts.invitations",
    "pyramid_oauth.standalone.accounts.verification",
    "pyramid_oauth.standalone.accounts.first_factor",
    "pyramid_oauth.standalone.accounts.profile",
    "pyramid_oauth.standalone.accounts.change_mail",
    "pyramid_oauth.standalone.accounts.delete_account",
    "pyramid_oauth.standalone.accounts.notices",
    "pyramid_oauth.standalone.demo.initiate_login",
    "pyramid_oauth.standalone.demo.landing",
    "pyramid_oauth.standalone.error_views",
    "pyramid_oauth.standalone.headers",
    # Around the limit of bodies: reading a body may take long.
    "pyramid_oauth.request_watch",
)


_RESOURCES = {f"{PREFIX}resources", f"{PREFIX}resource_provider"}
"""Settings of the extension `resource_indicators`, which is included if one is set."""

_DETAILS_TYPES = f"{PREFIX}authorization_details_types"
"""The setting of the extension `rich_authorization`, which is included if it is set."""


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
    _advertise_classes(config.get_settings(), options)
    config.get_settings().setdefault(f"{PREFIX}purge_interval", PURGE_INTERVAL)
    is_mcp = config.get_settings().get(f"{PREFIX}profile") == "mcp"
    config.get_settings().setdefault(f"{PREFIX}client_id_metadata", is_mcp)
    config.get_settings().setdefault(f"{PREFIX}load_keys_at_start", "true")
    config.get_settings().setdefault(f"{PREFIX}site_name", "pyramid_oauth")
    config.get_settings().setdefault(f"{PREFIX}site_url", "/")
    config.get_settings().setdefault(f"{PREFIX}administrators", ADMINISTRATORS)
    trusted_browsers.set_up(config, options, secure=secure)
    remembered_browsers.set_up(config, options, secure=secure)
    config.set_session_factory(session_factory(options, secure=secure))
    config.set_default_csrf_options(require_csrf=True)
    config.set_locale_negotiator(negotiate_locale)
    config.set_security_policy(OAuthSecurityPolicy(SessionPolicy(accounts)))
    config.include("pyramid_oauth.standalone.database")
    config.include("pyramid_oauth")
    if options.applications_api:
        config.include("pyramid_oauth.extensions.applications_api")
    config.set_oauth_accounts(accounts)
    config.set_oauth_login_sessions(StoredLoginSessions)
    config.add_oauth_purge_rule(EXPIRED_SESSIONS)
    config.add_oauth_purge_rule(EXPIRED_LINKS)
    config.add_oauth_purge_rule(EXPIRED_PENDING_LOGINS)
    config.add_oauth_purge_rule(EXPIRED_BROWSERS)
    if config.registry[SETTINGS].secret:  # it signs the addresses of logos
        config.include("pyramid_oauth.extensions.client_logos")
    for name in INCLUDES:
        config.include(name)
    if _RESOURCES & config.get_settings().keys():
        # Without resources the parameter `resource` is ignored, not refused.
        config.include("pyramid_oauth.extensions.resource_indicators")
    if _DETAILS_TYPES in config.get_settings():
        config.include("pyramid_oauth.extensions.rich_authorization")


def _share_limits(settings: dict[str, Any], options: StandaloneSettings) -> None:
    """Let the password grant have the limits of the login page, unless it has own."""
    named = to.words(settings.get(f"{PREFIX}extensions", DEFAULT))
    if not {DEFAULT, "legacy_grants"} & set(named):
        return
    limits = options.password_limits
    settings.setdefault(f"{PREFIX}password_attempts", limits.attempts)
    settings.setdefault(f"{PREFIX}password_source_attempts", limits.source_attempts)
    settings.setdefault(f"{PREFIX}password_name_attempts", limits.name_attempts)
    settings.setdefault(f"{PREFIX}password_window", limits.window)


def _advertise_classes(settings: dict[str, Any], options: StandaloneSettings) -> None:
    """Let the metadata name the classes that a login can reach."""
    levels = (PASSWORD,) if options.second_factor == "off" else LEVELS
    classes = " ".join(options.acr_values.by_level[level] for level in levels)
    settings.setdefault(f"{PREFIX}acr_values", classes)


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
