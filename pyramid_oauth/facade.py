"""`request.oauth`: the one request attribute of the package."""

from __future__ import annotations

from typing import Any

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.models import Models
from pyramid_oauth.resource import TokenIdentity, identity
from pyramid_oauth.server import SERVER, Server
from pyramid_oauth.settings import Settings


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

    def url(self, endpoint: str) -> str:
        """The canonical URL of an endpoint such as ``"token"``."""
        return self.server.url(endpoint)


def includeme(config: Any) -> None:
    """Add the attribute."""
    config.add_request_method(Facade, "oauth", reify=True)
