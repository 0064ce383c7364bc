"""`request.oauth`: the request attribute of the package for hosts.

Pyramid's `config.add_request_method`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from weakref import ref

from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.browser.locale import ensure_locale
from pyramid_oauth.clock import now
from pyramid_oauth.config.registry import get_registrations
from pyramid_oauth.errors import ConfigurationError, did_you_mean
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models import Models
from pyramid_oauth.pages.client_info import ClientInfo
from pyramid_oauth.protocol.revocation import end_grants, withdraw_consent
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
        return ClientInfo.of(application, self._request.locale_name)

    def withdraw_consent(
        self, subject: str, client_id: str, scopes: Iterable[str] = ()
    ) -> int:
        """Delete the consent of a user to a client, and revoke its grants.

        The user is asked again. The grants of this user and client are revoked, with
        their codes, access tokens and refresh tokens. If your view answers 4xx or 5xx,
        see that your transaction is committed.

        Args:
            subject: The user.
            client_id: The client.
            scopes: Withdraw these scopes only: the rest of the consent stays, and the
                grants that have one of them are revoked.

        Returns:
            The number of revoked grants.
        """
        return withdraw_consent(
            self._request, self.server, subject, client_id, frozenset(scopes)
        )

    def authorizations(self, subject: str, *, limit: int = 200) -> list[LiveGrant]:
        """Return the grants of a user that clients can use, the newest first.

        For a page such as "applications with access to my account"; `shown_client`
        returns what it may show of each client.

        Args:
            subject: The user.
            limit: The largest number of grants.
        """
        found = self.server.repositories.authorizations
        grant_filter = GrantFilter(user_id=subject)
        return found.live_grants(self.session, grant_filter, now(), limit)

    def end_all_grants(self, subject: str, reason: str = "ended by the host") -> int:
        """Revoke every grant of a user, as after a password was stolen.

        What the user allowed stays remembered, so clients may get a new grant without
        a question once the user has logged in; `withdraw_consent` ends that too.

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
