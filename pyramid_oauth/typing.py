"""Types for the annotations of a host: request, `request.oauth` and configurator.

No specification. Pyramid has no type information, and its directives and request
methods are known at run time only. These classes name ours for a type checker; nothing
is ever an instance of them. A process that is a resource server only annotates with
`pyramid_oauth.interfaces.request.Request`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Protocol

from pyramid.response import Response

from pyramid_oauth import fast_session, outbox
from pyramid_oauth.config.directives import authorization, models, server, tokens
from pyramid_oauth.endpoints.authorize.waiting import WaitingRequest
from pyramid_oauth.extensions.consent_ledger.repository import LedgerEntry
from pyramid_oauth.extensions.openid import claims
from pyramid_oauth.extensions.resource_indicators import catalogue
from pyramid_oauth.extensions.rich_authorization import catalogue as details_types
from pyramid_oauth.facade import Facade
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.resource import authorization_details, throttled_view, verifier
from pyramid_oauth.resource import directives as resource_directives
from pyramid_oauth.resource import protected_resource_directives as protected_resources
from pyramid_oauth.resource.dpop import replay
from pyramid_oauth.server import ServerRequest
from pyramid_oauth.settings import directives as settings_directives

__all__ = ["OAuthConfigurator", "OAuthFacade", "OAuthRequest"]


class OAuthFacade(Facade):
    """`request.oauth`, with the methods that our endpoints and extensions add.

    A method of your own (`config.add_oauth_request_method`) is a callable of any kind,
    unless you declare it in a subclass.
    """

    @abstractmethod
    def waiting_request(self, return_to: str) -> WaitingRequest | None:
        """Return the authorization request that continues at `return_to`."""

    @abstractmethod
    def log_in(
        self, subject: str, begin: Callable[[], None], next_url: str
    ) -> Response:
        """Begin a login session of `subject`; end that of another user."""

    @abstractmethod
    def log_out(self, next_url: str) -> Response:
        """Log the user of this browser out, here and at every client."""

    @abstractmethod
    def end_sessions(self, subject: str, session_ids: Iterable[str]) -> None:
        """End login sessions of `subject` in other browsers, for the clients."""

    @abstractmethod
    def consent_ledger(
        self,
        *,
        subject: str | None = None,
        client_id: str | None = None,
        limit: int = 200,
    ) -> list[LedgerEntry]:
        """Return the recorded decisions of a user, about a client, or both."""

    @abstractmethod
    def initiate_login_url(
        self,
        client_id: str,
        *,
        login_hint: str | None = None,
        target_link_uri: str | None = None,
    ) -> str | None:
        """Return the URL that starts a login of this browser at a client, or None."""


class OAuthRequest(ServerRequest, Protocol):
    """A request to an application that includes `pyramid_oauth`.

    Declare the request attributes of your own application in a subclass::

        class MyRequest(OAuthRequest, Protocol):
            dbsession: Session
    """

    @property
    def oauth(self) -> OAuthFacade:
        """The server's interface for views and scripts of a host."""


class OAuthConfigurator(Configurator):
    """A configurator with the directives of `pyramid_oauth`.

    The configurator of Pyramid that a function gets from `config.include`. Its other
    methods, and the directives of other packages, are callables of any kind.
    """

    add_oauth_server = server.add_oauth_server
    add_oauth_view = server.add_oauth_view
    add_oauth_request_method = server.add_oauth_request_method
    add_oauth_model = models.add_oauth_model
    add_oauth_purge_rule = models.add_oauth_purge_rule
    add_oauth_repository = models.add_oauth_repository
    set_oauth_models = models.set_oauth_models
    set_oauth_application_factory = models.set_oauth_application_factory
    set_oauth_user_key = models.set_oauth_user_key
    set_oauth_accounts = models.set_oauth_accounts
    set_oauth_login_sessions = models.set_oauth_login_sessions
    set_oauth_scope_provider = models.set_oauth_scope_provider
    add_oauth_scope = authorization.add_oauth_scope
    add_oauth_grant = tokens.add_oauth_grant
    add_oauth_request_validation = tokens.add_oauth_request_validation
    add_oauth_response_type = authorization.add_oauth_response_type
    add_oauth_client_auth = tokens.add_oauth_client_auth
    add_oauth_client_source = tokens.add_oauth_client_source
    add_oauth_client_metadata = models.add_oauth_client_metadata
    add_oauth_endpoint = server.add_oauth_endpoint
    add_oauth_metadata = server.add_oauth_metadata
    add_oauth_cors_headers = server.add_oauth_cors_headers
    add_oauth_subscriber = server.add_oauth_subscriber
    set_oauth_client_logo_url = server.set_oauth_client_logo_url
    set_oauth_metadata_document = server.set_oauth_metadata_document
    add_oauth_authorize_step = authorization.add_oauth_authorize_step
    add_oauth_consent_source = authorization.add_oauth_consent_source
    add_oauth_consent_recorder = authorization.add_oauth_consent_recorder
    add_oauth_parameter = authorization.add_oauth_parameter
    add_oauth_response_mode = authorization.add_oauth_response_mode
    add_oauth_authorization_response = authorization.add_oauth_authorization_response
    add_oauth_request_check = tokens.add_oauth_request_check
    add_oauth_token_step = tokens.add_oauth_token_step
    add_oauth_token_format = tokens.add_oauth_token_format
    add_oauth_introspection = tokens.add_oauth_introspection
    add_oauth_introspection_rule = tokens.add_oauth_introspection_rule
    add_oauth_introspection_format = tokens.add_oauth_introspection_format
    require_oauth_keys = server.require_oauth_keys
    add_oauth_settings = settings_directives.add_oauth_settings
    add_oauth_check = settings_directives.add_oauth_check
    set_oauth_token_verifier = verifier.set_oauth_token_verifier
    add_oauth_protected_resource = protected_resources.add_oauth_protected_resource
    add_oauth_resource_metadata = protected_resources.add_oauth_resource_metadata
    set_oauth_request_counter = throttled_view.set_oauth_request_counter
    add_oauth_token_scheme = resource_directives.add_oauth_token_scheme
    set_oauth_dpop_replay_store = replay.set_oauth_dpop_replay_store
    add_oauth_confirmation = resource_directives.add_oauth_confirmation
    add_oauth_view_option = resource_directives.add_oauth_view_option
    add_oauth_outbox_kind = outbox.add_oauth_outbox_kind
    add_oauth_claims = claims.add_oauth_claims
    add_oauth_resource = catalogue.add_oauth_resource
    add_oauth_authorization_details_type = (
        details_types.add_oauth_authorization_details_type
    )
    add_oauth_authorization_details_check = (
        authorization_details.add_oauth_authorization_details_check
    )
    add_oauth_fast_session = fast_session.add_oauth_fast_session
