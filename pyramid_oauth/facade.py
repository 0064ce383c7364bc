"""`request.oauth`: the one request attribute of the package."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.browser.locale import settle_locale
from pyramid_oauth.config.registry import collected
from pyramid_oauth.errors import ConfigurationError, did_you_mean
from pyramid_oauth.models import Models
from pyramid_oauth.pages.client_info import ClientInfo
from pyramid_oauth.resource import TokenIdentity, identity
from pyramid_oauth.server import SERVER, Server
from pyramid_oauth.settings import Settings

LATE = 9
"""When every method is known."""


class Facade:
    """What a host's views and scripts need of the server, for one request."""

    def __init__(self, request: Any) -> None:
        self._request = request
        self.server: Server = request.registry[SERVER]

    @property
    def settings(self) -> Settings:
        """The parsed settings."""
        return self.server.settings

    @property
    def models(self) -> Models:
        """The configured classes: `models.Application`, `models.Grant`, …"""
        return self.server.models

    @property
    def accounts(self) -> Accounts:
        """The adapter to resource owners."""
        return self.server.accounts

    @property
    def session(self) -> Any:
        """The SQLAlchemy session of this request."""
        return self.server.session(self._request)

    @property
    def identity(self) -> TokenIdentity | None:
        """Who the bearer token of this request speaks for, if it has a valid one."""
        return identity(self._request)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """A method that was added by `config.add_oauth_request_method`."""
        methods = self.__dict__["server"].request_methods
        if name not in methods:
            near = did_you_mean(name, methods)
            raise AttributeError(f"request.oauth has no attribute {name!r}{near}")
        return partial(methods[name], self._request)

    def url(self, endpoint: str) -> str:
        """The canonical URL of an endpoint such as ``"token"``."""
        return self.server.url(endpoint)

    def shown_client(self, client_id: str) -> ClientInfo | None:
        """What a login page may show of the application `client_id`, or None.

        Its name and the URLs of its logo, home page, data policy and terms, in the
        visitor's language (OpenID Connect Dynamic Client Registration section 2). They
        are the application's own words: nobody has checked them.
        """
        found = self.server.repositories.applications.get(self.session, client_id)
        if found is None or not found.is_usable:
            return None
        settle_locale(self._request)
        return ClientInfo.of(found, self._request.locale_name)


def includeme(config: Any) -> None:
    """Add the attribute."""
    config.add_request_method(Facade, "oauth", reify=True)
    config.action(
        ("oauth request methods", "checked"),
        lambda: _refuse_own_names(collected(config).request_methods),
        order=LATE,
    )


def _refuse_own_names(added: Iterable[str]) -> None:
    for name in added:
        if hasattr(Facade, name):
            raise ConfigurationError(
                f"add_oauth_request_method: request.oauth has {name!r} itself"
            )
