"""An application with every extension and every feature, to be introspected."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from secrets import token_urlsafe
from typing import Any

from pyramid.config import Configurator
from pyramid.csrf import CookieCSRFStoragePolicy

import pyramid_oauth
from pyramid_oauth.extensions import EXTENSIONS
from pyramid_oauth.standalone.accounts.login_sessions import StoredLoginSessions

PACKAGE = Path(pyramid_oauth.__file__).parent
SETTINGS = {
    "issuer": "https://as.example",
    "secret": token_urlsafe(32),
    "extensions": " ".join(EXTENSIONS),
    "openid": "true",
    "registration": "initial_access_token",
    "request_uris": "true",
    "frontchannel_logout": "true",
    "backchannel_logout": "true",
    "session_management": "true",
}
"""With these the server understands everything."""


@cache
def configured() -> Configurator:
    """The configurator of an application that includes everything."""
    settings = {f"pyramid_oauth.{name}": value for name, value in SETTINGS.items()}
    config = Configurator(settings=settings)
    config.set_csrf_storage_policy(CookieCSRFStoragePolicy())
    config.include("pyramid_oauth")
    config.set_oauth_login_sessions(StoredLoginSessions)
    config.include("pyramid_oauth.request_watch")
    config.commit()
    return config


def registered(category: str) -> list[Any]:
    """What was registered under a category of Pyramid's introspector."""
    return [
        item["introspectable"]
        for item in configured().introspector.get_category(category, [])
    ]


@cache
def import_all() -> None:
    """Import every module of the package, so that subclasses can be listed."""
    for module in walk_packages(pyramid_oauth.__path__, "pyramid_oauth."):
        if ".migrations" not in module.name:
            import_module(module.name)


def subclasses(of: type[Any]) -> list[type[Any]]:
    """All subclasses of a class, in the order of their definition."""
    import_all()
    found: dict[type[Any], None] = {}
    for each in of.__subclasses__():
        found |= {each: None, **dict.fromkeys(subclasses(each))}
    return list(found)


def owner(module: str) -> str:
    """The extension of a module, else the kernel or the ready-made server."""
    parts = module.split(".")
    if parts[1:2] == ["extensions"]:
        return parts[2]
    return "ready-made server" if parts[1:2] == ["standalone"] else "kernel"
