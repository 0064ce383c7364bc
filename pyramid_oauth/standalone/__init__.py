"""The ready-made server behind `development.ini`, our own first user.

It is a host like any other: it meets the library through the public include only.
"""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator

from pyramid_oauth.converters import from_environment
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.resource import OAuthSecurityPolicy
from pyramid_oauth.standalone import known
from pyramid_oauth.standalone.accounts import StandaloneAccounts
from pyramid_oauth.standalone.languages import negotiated
from pyramid_oauth.standalone.options import Options
from pyramid_oauth.standalone.policy import SessionPolicy
from pyramid_oauth.standalone.sessions import session_factory

ROOMS = (
    "wellformed",
    "request",
    "api",
    "login",
    "account",
    "sign_up",
    "launch",
    "pages",
    "amiss",
)


def main(global_config: dict[str, str], **settings: Any) -> Any:
    """The WSGI application (PasteDeploy `paste.app_factory`)."""
    config = Configurator(settings=settings)
    config.include(includeme)
    return config.make_wsgi_app()


def includeme(config: Any) -> None:
    """Everything a host decides for itself, then the library, then our own pages."""
    options = Options.parse(config.get_settings())
    secure = _issuer(config.get_settings()).startswith("https:")
    accounts = StandaloneAccounts(options.session_lifetime, sign_up=options.sign_up)
    config.registry["standalone.options"] = options
    known.set_up(config, options, secure=secure)
    config.set_session_factory(session_factory(options, secure=secure))
    config.set_default_csrf_options(require_csrf=True)
    config.set_locale_negotiator(negotiated)
    config.set_security_policy(OAuthSecurityPolicy(SessionPolicy(accounts)))
    config.include("pyramid_oauth.standalone.database")
    config.include("pyramid_oauth")
    config.set_oauth_accounts(accounts)
    for room in ROOMS:
        config.include(f"pyramid_oauth.standalone.{room}")


def _issuer(settings: Any) -> str:
    issuer = from_environment(settings.get("pyramid_oauth.issuer") or "")
    if not issuer.startswith(("https://", "http://")):
        raise ConfigurationError(
            "pyramid_oauth.issuer is missing: the public URL of this server"
        )
    return issuer
