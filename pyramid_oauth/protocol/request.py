"""oauthlib's Request, created from parsed parameters (RFC 6749 section 3).

oauthlib sets the attributes of its own Request from query and body, `user` and `client`
included. Here the attributes that only the server may set are kept apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from oauthlib.common import CaseInsensitiveDict
from oauthlib.oauth2.rfc6749.errors import InvalidRequestError
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.config.parameters import EndpointParameters
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.repositories.grant_guards import NO_GUARD, GrantGuard
from pyramid_oauth.server import Server, ServerRequest

if TYPE_CHECKING:
    from oauthlib.common import Request
else:
    # oauthlib reads attributes alone. Its class has a `__getattr__`, by which each of
    # some hundred reads would cost several times as much.
    Request = object

_INITIAL: Mapping[str, Any] = {
    "headers": CaseInsensitiveDict({}),
    "uri": "",
    "body": "",
    "decoded_body": (),
    "client": None,
    "user": None,
    "is_from_client": False,
    "may_lack_scopes": False,
    "extra_credentials": None,
    "grant": None,
    "login": MappingProxyType({}),
    "grant_guard": NO_GUARD,
    "details": MappingProxyType({}),
    "resources": (),
    "credential": None,
    "draft": None,
    "envelope": None,
    "refusal": None,
}
"""The attributes that every request begins with."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused: `reason` for the log, `description` for the caller."""

    reason: str
    description: str | None = None


class OAuthRequest(Request):
    """A request with the parameters of the caller and the results of the server.

    Attributes:
        pyramid: the Pyramid request.
        server: the Server.
        session: the SQLAlchemy session.
        now: the time of the request; the clock is read once.
        client, user, scopes: set by the server alone.
        is_from_client: whether the client itself sent the parameters to the server
            (RFC 9126), not a browser.
        may_lack_scopes: whether something else than scopes may be requested instead.
        grant: the row that a code or refresh token was found with.
        grant_guard: what must still hold when the grant is stored.
        login: what a new grant remembers of the login; that of `grant` is in its row.
        details: data of extensions in the grant, as JSON; each has its own member.
        resources: the protected resources that the grant is limited to (RFC 8707); none
            means that it is not limited. At introspection: those that the client
            serves.
        refusal: why the validator returned False; oauthlib raises the error.
        credential: the credential to redeem (`protocol.credentials`).
        known: the parameters that are registered for the endpoint. Each of them is an
            attribute too, which oauthlib reads, unless the server has an attribute of
            that name.
    """

    client: AbstractApplication  # set by the validator, before anything reads it
    user: str | None
    scopes: list[str]
    is_from_client: bool
    may_lack_scopes: bool
    extra_credentials: Mapping[str, Any] | None
    grant: Any
    grant_guard: GrantGuard
    login: Mapping[str, Any]
    details: Mapping[str, Any]
    resources: tuple[str, ...]
    credential: Any
    draft: Any
    envelope: Any
    refusal: Refusal | None

    # Read by oauthlib and the endpoints; None where they are not registered.
    code_challenge: str | None = None
    code_challenge_method: str | None = None
    code_verifier: str | None = None
    claims: Any = None
    display: str | None = None
    grant_type: str | None = None
    nonce: str | None = None
    prompt: str | None = None
    redirect_uri: str | None = None
    response_mode: str | None = None
    response_type: str | None = None
    scope: str | None = None
    state: str | None = None
    token_type_hint: str | None = None

    # oauthlib parses both from the URL; here the URL was parsed before.
    duplicate_params: ClassVar[list[str]] = []
    uri_query = ""

    def __init__(
        self,
        pyramid: ServerRequest,
        server: Server,
        parameters: dict[str, str],
        known: EndpointParameters,
        session: Session | None = None,
        moment: datetime | None = None,
    ) -> None:
        # First, so that the attributes of the server replace parameters of that name.
        attributes = self.__dict__
        attributes.update(known.unset)
        for name, value in parameters.items():
            if name in known.unset:
                attributes[name] = value
        attributes.update(_INITIAL)
        self.known = known
        self._decoded: dict[str, Any] = {}
        self.pyramid = pyramid
        self.now = moment or now()
        self.server = server
        self.parameters = parameters
        self.http_method = pyramid.environ.get("REQUEST_METHOD", "GET")
        self.session = server.session(pyramid) if session is None else session
        self.scopes = []

    @property
    def authentication(self) -> Mapping[str, Any]:
        """The login behind the grant: that of a new grant, or what its row remembers.

        A refresh does not renew it (RFC 9068 section 2.2.1). A client's own token has
        none.
        """
        if self.grant is None:
            return self.login
        return self.grant.authentication or {}

    def refuse(self, reason: str, description: str | None = None) -> bool:
        """Record why a method of the validator returns False; return False.

        Args:
            reason: For the log, with the cure.
            description: The `error_description`; None where it would help an attacker.
        """
        self.refusal = Refusal(reason, description)
        return False

    def __repr__(self) -> str:
        return f"<OAuthRequest {self.http_method} client {self.client_id!r}>"

    def parameter(self, name: str) -> Any:  # noqa: ANN401 - what the decoder returns
        """Return a parameter, decoded once (`config.add_oauth_parameter`).

        Returns:
            None if it is absent or not registered for this endpoint.

        Raises:
            InvalidRequestError: It is malformed.
            OAuth2Error: Its decoder refuses it.
        """
        if name not in self._decoded:
            self._decoded[name] = self._decode(name)
        return self._decoded[name]

    def _decode(self, name: str) -> object:
        known, text = self.known.by_name.get(name), self.parameters.get(name)
        if known is None or text is None or known.decode is None:
            return None if known is None else text
        try:
            return known.decode(text)
        except (ValueError, RecursionError) as error:
            raise InvalidRequestError(description=f"{name} is malformed.") from error
