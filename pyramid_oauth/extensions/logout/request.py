"""What a client asks for at the logout endpoint, verified.

OpenID Connect RP-Initiated Logout sections 2, 3 and 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError

from pyramid_oauth.accounts import Account
from pyramid_oauth.browser import login_session
from pyramid_oauth.clients.keys import secret_of
from pyramid_oauth.extensions.openid.id_token_hint import audience, verify_id_token_hint
from pyramid_oauth.extensions.openid.subject_identifiers import sid_for, subject_for
from pyramid_oauth.jose.errors import InvalidToken, KeysError, UnknownKey
from pyramid_oauth.jose.jwe import decrypt, direct_key
from pyramid_oauth.jose.jws import SignedClaims, is_encrypted, unverified_header
from pyramid_oauth.models import redirect_uris
from pyramid_oauth.server import Server

HANDED_ON = (
    "id_token_hint",
    "client_id",
    "post_logout_redirect_uri",
    "state",
    "ui_locales",
)
"""What the confirmation page posts again; it is verified again, too."""


@dataclass(frozen=True)
class LogoutRequest:
    """A logout request; `redirect_uri` is one that the client registered."""

    parameters: Mapping[str, str]
    hint: SignedClaims | None = None
    application: Any = None
    redirect_uri: str | None = None

    @property
    def sid(self) -> str | None:
        """The session which the hint names, as its client knows it."""
        named = None if self.hint is None else self.hint.get("sid")
        return named if isinstance(named, str) else None

    def names_session(self, request: Any, sid: str) -> bool:
        """Whether the hint names this session of ours."""
        server: Server = request.oauth.server
        return self.sid is not None and self.sid == sid_for(
            server, self.application, sid
        )

    @property
    def client_id(self) -> str | None:
        """The client that asks, where it said or proved which one it is."""
        return None if self.application is None else str(self.application.client_id)

    def is_about(self, request: Any, account: Account) -> bool:
        """Whether the hint proves that this very login session is meant.

        All else is for the person to confirm (section 2).
        """
        if self.hint is None:
            return False
        if self.sid is not None:
            sids = login_session.session_ids(request, account)
            return any(self.names_session(request, sid) for sid in sids)
        server: Server = request.oauth.server
        subject = subject_for(server, self.application, account.subject)
        return bool(self.hint["sub"] == subject)


def read(request: Any, parameters: Mapping[str, str]) -> LogoutRequest:
    """The request, or InvalidRequestError where something in it does not hold."""
    client_id = parameters.get("client_id")
    hint = _hint(request, parameters.get("id_token_hint"), client_id)
    application = _application(request, client_id, hint)
    uri = parameters.get("post_logout_redirect_uri")
    if uri is None or application is None:
        # Without a client nobody vouches for the URI: it is not followed (section 3).
        return LogoutRequest(parameters, hint, application)
    _check_registered(application, uri)
    return LogoutRequest(parameters, hint, application, uri)


def _hint(
    request: Any, token: str | None, client_id: str | None
) -> SignedClaims | None:
    if token is None:
        return None
    server: Server = request.oauth.server
    try:
        if client_id is not None and is_encrypted(token):
            token = _opened_by_secret(server, request, token, client_id)
        return verify_id_token_hint(server, request, token, retired=True)
    except KeysError as error:
        raise InvalidRequestError(
            description="id_token_hint is no ID Token of this server."
        ) from error


def _opened_by_secret(server: Server, request: Any, token: str, client_id: str) -> str:
    """An ID Token encrypted with the client's secret; any other as it is.

    It does not say whose it is, so the request has to (section 2, `client_id`).
    """
    header = unverified_header(token)
    if header["alg"] != "dir":
        return token
    application = server.repositories.applications.get(
        server.session(request), client_id
    )
    secret = application and secret_of(application, server.secret_seal)
    if not secret:
        raise UnknownKey("no secret opens this")
    enc = str(header.get("enc"))
    key = direct_key(secret, enc)
    content = decrypt(token, [key], algorithms=["dir"], content=[enc])
    if not content.isascii():
        raise InvalidToken("the content is no token")
    return content.decode()


def _application(
    request: Any, client_id: str | None, hint: SignedClaims | None
) -> Any | None:
    """The client that asks, as the database has it now."""
    if hint is not None:
        client_id = _client_of(hint, client_id)
    if client_id is None:
        return None
    server: Server = request.oauth.server
    found = server.repositories.applications.load(server.session(request), client_id)
    if found is None or not found.is_usable:
        raise InvalidRequestError(description="The client is unknown.")
    return found


def _client_of(hint: SignedClaims, client_id: str | None) -> str:
    named = audience(hint)
    if client_id is None:
        return named[0]
    if client_id not in named:
        raise InvalidRequestError(
            description="id_token_hint was issued to another client."
        )
    return client_id


def _check_registered(application: Any, uri: str) -> None:
    registered = (application.post_logout_redirect_uris or "").split()
    parts = redirect_uris.split(uri)
    if (
        uri not in registered
        or parts is None
        or parts.scheme.lower() in redirect_uris.SCRIPT_SCHEMES
    ):
        raise InvalidRequestError(
            description="post_logout_redirect_uri is not registered for this client."
        )
