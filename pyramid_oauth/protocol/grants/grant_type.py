"""Superclasses of grant and response types (RFC 6749 sections 4, 8.3 and 8.4).

Hosts and extensions inherit from `Grant` or `ResponseType`. Stock grants of oauthlib
work too: pass one to `add_oauth_grant` with `server.validator`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from oauthlib.oauth2 import ImplicitGrant
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError
from oauthlib.oauth2.rfc6749.grant_types.base import GrantTypeBase

from pyramid_oauth.protocol.issuance import TokenHandler, store
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.token_draft import TokenDraft
from pyramid_oauth.server import Server

Check = Callable[[Any], dict[str, Any]]


class IssuingGrant(GrantTypeBase):
    """A grant that raises its errors instead of returning a response.

    So the request can be repeated if the copy of the client was outdated.

    Attributes:
        is_repeatable: whether a request may run again if it is unknown whether the
            first run took effect, because nothing is consumed.
    """

    is_repeatable: bool = False

    def create_token_response(
        self,
        request: Any,  # noqa: ANN401 - an OAuthRequest; oauthlib names its own class
        token_handler: Any,  # noqa: ANN401 - a TokenHandler
    ) -> tuple[dict[str, str], Any, int]:
        """Check everything and draft the tokens, then consume and store.

        Returns:
            Headers, the members of the response, which the endpoint writes as JSON, and
            the status.

        Raises:
            OAuth2Error: The request is refused.
            StaleApplication: The client changed meanwhile; nothing was written.
        """
        self.validate_token_request(request)
        handler: TokenHandler = token_handler
        draft = handler.draft(
            request, request.grant_type, refresh_token=self.refresh_token
        )
        if not self.consume(request, draft):
            raise InvalidGrantError(request=request)
        store(request, draft)
        return {}, draft.response, 200

    def validate_token_request(self, request: OAuthRequest) -> None:
        """Check the request; raises OAuth2Error."""
        raise NotImplementedError

    def consume(self, request: OAuthRequest, draft: TokenDraft) -> bool:
        """Consume a credential of the grant's own by one conditional statement.

        Returns:
            Whether this request was the first; otherwise it is refused. The statement
            that stores the tokens consumes `request.credential`.
        """
        return True


class Grant(IssuingGrant):
    """Superclass of a grant type.

    Attributes:
        parameters: names of request parameters that must be there.
        refresh_token: whether refresh tokens are issued, where the server and the
            client have the grant type `refresh_token` and there is a user.
    """

    parameters: ClassVar[tuple[str, ...]] = ()

    def __init__(self, server: Server) -> None:
        super().__init__(server.validator)
        self.server = server

    def validate_token_request(self, request: OAuthRequest) -> None:
        """Check parameters, client, grant type, `authenticate`, then the scopes."""
        for name in self.parameters:
            if name not in request.parameters:
                raise InvalidRequestError(description=f"{name} is missing.")
        self.validate_client_authentication(request)
        self.validate_grant_type(request)
        self.authenticate(request)
        self.validate_scopes(request)

    def authenticate(self, request: OAuthRequest) -> None:
        """Check the credential; set `request.user` and `request.scopes`, or raise.

        Nothing is written here. If `request.user` stays None, the token is for the
        client itself; otherwise a grant is stored, with `request.details`.

        Raises:
            OAuth2Error: The credential is refused.
        """
        raise NotImplementedError


class ResponseType(ImplicitGrant):
    """Superclass of a response type: oauthlib checks, `create_members` issues.

    Attributes:
        response_types: the words that the value of `response_type` is made of.
        post_auth: further checks, which raise an OAuth2Error.
    """

    response_types: list[str] = []
    post_auth: ClassVar[tuple[Check, ...]] = ()

    def __init__(self, server: Server) -> None:
        super().__init__(server.validator, post_auth=[*self.post_auth])
        self.server = server

    def create_members(
        self, request: OAuthRequest, token_handler: TokenHandler, **values: object
    ) -> dict[str, str]:
        """Issue what the resource owner allowed.

        Args:
            values: columns of the grant to be stored (`session_id`,
                `authentication`); see `protocol.credentials.add_grant`.

        Returns:
            The members of the authorization response.
        """
        raise NotImplementedError
