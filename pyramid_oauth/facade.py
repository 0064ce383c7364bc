"""`request.oauth`: the one request attribute of the package."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from pyramid.response import Response

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.browser.locale import settle_locale
from pyramid_oauth.browser.login_session import current_resource_owner
from pyramid_oauth.config.registry import collected
from pyramid_oauth.errors import ConfigurationError, did_you_mean
from pyramid_oauth.extensions.login_initiation import initiation_url
from pyramid_oauth.extensions.logout import end_session
from pyramid_oauth.extensions.logout import pages as logout_pages
from pyramid_oauth.http.responses import see_other
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

    def initiate_login_url(
        self,
        client_id: str,
        *,
        login_hint: str | None = None,
        target_link_uri: str | None = None,
    ) -> str | None:
        """Where to send a browser to have it logged in at a client, from here.

        `login_hint` says who is to log in, `target_link_uri` where the client is to go
        then. None where there is no such client, or it has no `initiate_login_uri`
        (OpenID Connect Core section 4).
        """
        found = self.server.repositories.applications.get(self.session, client_id)
        if found is None or not found.is_usable:
            return None
        return initiation_url(
            found,
            self.server.issuer,
            login_hint=login_hint,
            target_link_uri=target_link_uri,
        )

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

    def log_out(self, next_url: str) -> Response:
        """Log the person at this browser out, here and at every client.

        Answer the request of your own logout page (a POST, checked against forgery)
        with the response that this returns: it leads to `next_url`, where clients ask
        for it by way of a page that loads their logout pages (Front-Channel Logout).
        Call it while the person is still logged in: it calls `Accounts.log_out`.
        """
        account = current_resource_owner(self._request, self.server)
        if account is None:
            self.server.accounts.log_out(self._request)
            return see_other(next_url)
        frames = end_session.log_out(self._request, account)
        if not frames:
            return see_other(next_url)
        return logout_pages.done(self._request, frames, next_url)

    def log_in(
        self, subject: str, begin: Callable[[], None], next_url: str
    ) -> Response:
        """Have `begin` begin a session of `subject`; end the one of somebody else.

        The clients of the former person are told, as at a logout. Answer your log-in
        form with the response that this returns: it leads to `next_url`, by way of a
        page that loads the clients' logout pages where there are any.
        """
        former = current_resource_owner(self._request, self.server)
        frames: end_session.Frames = ()
        if former is not None and former.subject != subject:
            frames = end_session.switch_user(self._request, former)
        begin()
        if not frames:
            return see_other(next_url)
        return logout_pages.done(self._request, frames, next_url, changed=True)


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
