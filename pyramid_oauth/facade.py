"""`request.oauth`: the request attribute of the package for hosts.

Pyramid's `config.add_request_method`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any
from weakref import ref

from sqlalchemy import Row, Select
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.browser.locale import ensure_locale
from pyramid_oauth.browser.login_session import (
    current_resource_owner,
    fetch_login,
)
from pyramid_oauth.clock import now
from pyramid_oauth.config.registry import get_registrations
from pyramid_oauth.errors import ConfigurationError, did_you_mean
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models import Models
from pyramid_oauth.pages.client_info import ClientInfo, show_client
from pyramid_oauth.protocol.revocation import end_grants
from pyramid_oauth.protocol.withdrawal import withdraw_consent, withdraw_item
from pyramid_oauth.repositories.authorizations import GrantFilter, LiveGrant
from pyramid_oauth.resource import TokenIdentity, identity
from pyramid_oauth.server import SERVER, Server, ServerRequest
from pyramid_oauth.settings import Settings

LATE = 9
"""Action order after all request methods are registered."""


class Facade:
    """The server's interface for views and scripts of a host, for one request.

    It holds the request weakly, which holds it: a reference cycle would keep both until
    garbage collection.

    Attributes:
        server: The server of the application.
    """

    def __init__(self, request: ServerRequest) -> None:
        # It lives as long as the request.
        self._reference: Callable[[], ServerRequest] = ref(request)  # type: ignore[assignment]
        self.server: Server = request.registry[SERVER]

    @property
    def _request(self) -> ServerRequest:
        return self._reference()

    @property
    def settings(self) -> Settings:
        """The parsed settings."""
        return self.server.settings

    @property
    def models(self) -> Models:
        """The configured model classes: `models.Application`, `models.Grant`, …"""
        return self.server.models

    @property
    def accounts(self) -> Accounts:
        """The adapter to resource owners; see `pyramid_oauth.accounts`."""
        return self.server.accounts

    @property
    def session(self) -> Session:
        """The SQLAlchemy session of this request."""
        return self.server.session(self._request)

    @property
    def identity(self) -> TokenIdentity | None:
        """The identity of the valid access token of this request, or None."""
        return identity(self._request)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return a method added by `config.add_oauth_request_method`."""
        methods = self.__dict__["server"].request_methods
        if name not in methods:
            suggestion = did_you_mean(name, methods)
            raise AttributeError(f"request.oauth has no attribute {name!r}{suggestion}")
        return partial(methods[name], self._request)

    def url(self, endpoint: str) -> str:
        """Return the canonical URL of an endpoint.

        Args:
            endpoint: Its name, such as ``"token"``.
        """
        return self.server.url(endpoint)

    def fetch_login(
        self,
        login: Select[*tuple[Any, ...]],
        parameters: Mapping[str, Any],
        subject: str,
    ) -> Row[Any] | None:
        """Run the statement by which `Accounts.current` finds who is logged in.

        If the request asks for an authorization, the same statement reads the consent
        of that user to the client. So it saves a round trip to the database.

        Args:
            login: A SELECT on the database of the server, built once.
            parameters: The values of its parameters.
            subject: The name of its column with the subject.

        Returns:
            Its first row, in which other columns may follow; None if it has none.
        """
        return fetch_login(self._request, self.server, login, parameters, subject)

    def shown_client(self, client_id: str) -> ClientInfo | None:
        """Return what a page may show of an application, such as a list of consents.

        OpenID Connect Dynamic Client Registration section 2. The values are claims of
        the application itself and not verified. A login page uses `waiting_request`.

        Args:
            client_id: The client identifier.

        Returns:
            Its name and the URLs of its logo, home page, data policy and terms, in the
            visitor's language; None if the application is unknown or disabled.
        """
        application = self.server.repositories.applications.get(self.session, client_id)
        if application is None or not application.is_usable:
            return None
        ensure_locale(self._request)
        return show_client(self.server, application, self._request.locale_name)

    def withdraw(
        self,
        client_id: str,
        scopes: Iterable[str] | None = None,
        *,
        item: tuple[str, str] | None = None,
        subject: str | None = None,
    ) -> int:
        """Withdraw what a user allowed a client: some scopes, an item, or everything.

        The consent is narrowed or deleted, so that the user is asked again. Each grant
        of the user to the client that has a withdrawn scope or item ends, with its
        code, access tokens and refresh tokens. If your view answers 4xx or 5xx, see
        that your transaction is committed.

        Args:
            client_id: The client.
            scopes: The scopes to withdraw; None for all that is allowed.
            item: The kind and the name of a consent item that is no scope, such as an
                authorization detail (RFC 9396); instead of scopes.
            subject: The user; None for the one who is logged in at the browser.

        Returns:
            The number of grants that ended.

        Raises:
            ValueError: No subject is given, and nobody is logged in; or both scopes and
                an item are given.
        """
        chosen = frozenset() if scopes is None else frozenset(scopes)
        whose = (self._request, self.server, self._subject(subject), client_id)
        if item is not None:
            if scopes is not None:
                raise ValueError("withdraw scopes or an item, one after the other")
            return withdraw_item(*whose, *item)
        if scopes is not None and not chosen:
            return 0  # nothing is ticked, which must not mean everything
        return withdraw_consent(*whose, chosen)

    def _subject(self, subject: str | None) -> str:
        if subject is not None:
            return subject
        account = current_resource_owner(self._request, self.server)
        if account is None:
            raise ValueError("nobody is logged in at this browser; name a subject")
        return account.subject

    def authorizations(
        self, subject: str | None = None, *, limit: int = 200
    ) -> list[LiveGrant]:
        """Return the grants of a user that clients can use, the newest first.

        For a page such as "applications with access to my account"; `shown_client`
        returns what it may show of each client.

        Args:
            subject: The user; None for the one who is logged in at the browser.
            limit: The largest number of grants.

        Raises:
            ValueError: No subject is given, and nobody is logged in.
        """
        found = self.server.repositories.authorizations
        grant_filter = GrantFilter(user_id=self._subject(subject))
        return found.live_grants(self.session, grant_filter, now(), limit)

    def end_all_grants(self, subject: str, reason: str = "ended by the host") -> int:
        """Revoke every grant of a user, as after a password was stolen.

        What the user allowed stays remembered, so clients may get a new grant without
        a question once the user has logged in; `withdraw` ends that too.

        Args:
            subject: The user.
            reason: Why, for the log and the event `GrantRevoked`.

        Returns:
            The number of revoked grants.
        """
        return end_grants(
            self._request, self.server, GrantFilter(user_id=subject), reason
        )


def includeme(config: Configurator) -> None:
    """Add the request attribute `oauth`."""
    config.add_request_method(Facade, "oauth", reify=True)
    config.action(
        ("oauth request methods", "checked"),
        lambda: _refuse_builtin_names(get_registrations(config).request_methods),
        order=LATE,
    )


def _refuse_builtin_names(added: Iterable[str]) -> None:
    for name in added:
        if hasattr(Facade, name):
            raise ConfigurationError(
                f"add_oauth_request_method: {name!r} is built in; choose another name"
            )
