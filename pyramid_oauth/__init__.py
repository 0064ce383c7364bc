"""OAuth 2 and OpenID Connect for Pyramid: ``config.include("pyramid_oauth")``."""

from __future__ import annotations

from wsgiref.types import WSGIApplication

from pyramid_oauth.installation import SERVER, MissingPackages, require_modules
from pyramid_oauth.interfaces.configurator import Configurator

__all__ = ["command_line", "includeme", "main"]


def includeme(config: Configurator) -> None:
    """Turn the application into an authorization and resource server.

    Nothing of the host is touched: no engine, table, tween, root, session factory,
    default permission or security policy. Only `request.cookies` is read from a cleaned
    header (`pyramid_oauth.cookies`). Mount the tree by the setting
    `pyramid_oauth.prefix`, or by ``config.add_oauth_server("/oauth")``, or return
    `pyramid_oauth.tree.AuthorizationServer` from your own tree.

    Raises:
        MissingPackages: The extra `server` is not installed.
    """
    require_modules("server", SERVER)
    config.include("pyramid_oauth.cookies")
    config.include("pyramid_oauth.config.directives")
    config.include("pyramid_oauth.config.build")
    config.include("pyramid_oauth.models")
    config.include("pyramid_oauth.resource")
    config.include("pyramid_oauth.clients")
    config.include("pyramid_oauth.outbox")
    config.include("pyramid_oauth.protocol")
    # Pyramid tries the routes in their order, and most requests are for the tree.
    config.include("pyramid_oauth.tree")
    config.include("pyramid_oauth.pages")
    config.include("pyramid_oauth.endpoints")
    config.include("pyramid_oauth.extensions")
    config.include("pyramid_oauth.facade")
    config.include("pyramid_oauth.tree.mount_at_root")
    config.include("pyramid_oauth.purge")


def main(global_config: dict[str, str], **settings: object) -> WSGIApplication:
    """The ready-made server as a WSGI application (PasteDeploy)."""
    require_modules("server", SERVER)
    from pyramid_oauth.standalone import main as standalone

    return standalone(global_config, **settings)


def command_line() -> None:
    """The command `pyramid-oauth`; say in one line what is not installed."""
    try:
        require_modules("server", SERVER)
    except MissingPackages as error:
        raise SystemExit(str(error)) from None
    from pyramid_oauth.scripts import main as commands

    commands()
