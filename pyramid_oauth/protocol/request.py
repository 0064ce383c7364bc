"""The request as oauthlib's grants read it, filled by us and not by the caller.

oauthlib fills its own Request from query and body, `user` and `client` included; this
one takes parsed parameters and keeps what only the server may say apart from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from oauthlib.common import CaseInsensitiveDict, Request

from pyramid_oauth.clock import now
from pyramid_oauth.server import Server

PROTOCOL = (
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "grant_type",
    "redirect_uri",
    "refresh_token",
    "response_type",
    "scope",
    "state",
    "token",
    "token_type_hint",
    "response_mode",
    "nonce",
    "display",
    "prompt",
    "claims",
    "max_age",
    "ui_locales",
    "id_token_hint",
    "login_hint",
    "acr_values",
    "resource",
    "username",
    "password",
    "device_code",
    "assertion",
)

_NO_DETAILS: Mapping[str, Any] = MappingProxyType({})

_EMPTY: Mapping[str, None] = dict.fromkeys(PROTOCOL)


class OAuthRequest(Request):
    """Parameters of the caller, and beside them what the server found out.

    Attributes:
        pyramid: the Pyramid request.
        server: the Server.
        session: the SQLAlchemy session.
        now: the moment at which the request is judged; the clock is read once.
        client, user, scopes: set by the server alone.
        grant: the row that a code or refresh token was found with.
        details: what extensions keep with the grant, be it found or about to be made;
            JSON, and each has a member of its own.
        credential: what is exchanged for tokens (`protocol.credentials`).
    """

    def __init__(
        self, pyramid: Any, server: Server, parameters: dict[str, str]
    ) -> None:
        self.pyramid = pyramid
        self.now = now()
        self.server = server
        self.parameters = parameters
        self.http_method = pyramid.method
        self.headers = CaseInsensitiveDict({})
        self.uri = ""
        self.body = ""
        self.decoded_body = []
        self.client: Any = None
        self.user: str | None = None
        self.scopes: list[str] | None = None
        self.extra_credentials: Mapping[str, Any] | None = None
        self.grant: Any = None
        self.details: Mapping[str, Any] = _NO_DETAILS
        self.credential: Any = None
        self.draft: Any = None
        self.envelope: Any = None
        self._session: Any = None
        self.__dict__.update(_EMPTY)
        self.__dict__.update(
            {name: parameters[name] for name in parameters if name in _EMPTY}
        )

    def __getattr__(self, name: str) -> Any:
        # oauthlib's fallback reads raw parameters; here there is none.
        raise AttributeError(name)

    def __repr__(self) -> str:
        return f"<OAuthRequest {self.http_method} client {self.client_id!r}>"

    @property
    def session(self) -> Any:
        """The SQLAlchemy session, fetched when first needed."""
        if self._session is None:
            self._session = self.server.session(self.pyramid)
        return self._session

    @property
    def duplicate_params(self) -> list[str]:
        """None: repeated parameters were refused before."""
        return []

    @property
    def uri_query(self) -> str:
        """Empty: the query was read, or refused, before."""
        return ""
