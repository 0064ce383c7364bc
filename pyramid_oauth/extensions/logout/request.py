"""The logout request (OpenID Connect RP-Initiated Logout sections 2, 3 and 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError

from pyramid_oauth.accounts import Account
from pyramid_oauth.browser import login_session
from pyramid_oauth.clients.keys import secret_of
from pyramid_oauth.extensions.openid.id_token_hint import audience, verify_id_token_hint
from pyramid_oauth.extensions.openid.subject_identifiers import sid_for, subject_for
from pyramid_oauth.jose.errors import InvalidToken, KeysError, UnknownKey
from pyramid_oauth.jose.jwe import decrypt, direct_key
from pyramid_oauth.jose.jws import SignedClaims, is_encrypted, unverified_header
from pyramid_oauth.models import AbstractApplication, redirect_uris
from pyramid_oauth.server import Server, ServerRequest

CONFIRMED = (
    "id_token_hint",
    "client_id",
    "post_logout_redirect_uri",
    "state",
    "ui_locales",
)
"""The parameters that the confirmation page posts; they are verified again."""

PRIVATE = frozenset({"id_token_hint", "logout_hint"})
"""The parameters that no URL of ours contains."""


@dataclass(frozen=True)
class LogoutRequest:
    """A verified logout request; `redirect_uri` is registered by the client."""

    parameters: Mapping[str, str]
    hint: SignedClaims | None = None
    application: AbstractApplication | None = None
    redirect_uri: str | None = None

    @property
    def sid(self) -> str | None:
        """The `sid` of the hint, which depends on the sector of its client."""
        sid = None if self.hint is None else self.hint.get("sid")
        return sid if isinstance(sid, str) else None

    def names_session(self, request: ServerRequest, sid: str) -> bool:
        """Whether the hint names the login session `sid`."""
        server: Server = request.oauth.server
        if self.sid is None or self.application is None:
            return False
        return self.sid == sid_for(server, self.application, sid)

    @property
    def client_id(self) -> str | None:
        """The client of the request, by its `client_id` or hint."""
        return None if self.application is None else str(self.application.client_id)

    def is_about(self, request: ServerRequest, account: Account) -> bool:
        """Whether the hint names this login session, or this user if it has no `sid`.

        Otherwise the user must confirm the logout (section 2).
        """
        if self.hint is None or self.application is None:
            return False
        if self.sid is not None:
            sids = login_session.session_ids(request, account)
            return any(self.names_session(request, sid) for sid in sids)
        server: Server = request.oauth.server
        subject = subject_for(server, self.application, account.subject)
        return bool(self.hint["sub"] == subject)


def verify_logout_request(
    request: ServerRequest, parameters: Mapping[str, str]
) -> LogoutRequest:
    """Return the verified request; raise InvalidRequestError if it is invalid."""
    client_id = parameters.get("client_id")
    hint = _verify_hint(request, parameters.get("id_token_hint"), client_id)
    application = _find_application(request, client_id, hint)
    uri = parameters.get("post_logout_redirect_uri")
    if uri is None or application is None:
        # Without a client the URI cannot be verified; it is ignored (section 3).
        return LogoutRequest(parameters, hint, application)
    _require_registered(application, uri)
    return LogoutRequest(parameters, hint, application, uri)


def _verify_hint(
    request: ServerRequest, token: str | None, client_id: str | None
) -> SignedClaims | None:
    if token is None:
        return None
    server: Server = request.oauth.server
    try:
        if client_id is not None and is_encrypted(token):
            token = _decrypt_with_secret(server, request, token, client_id)
        return verify_id_token_hint(server, request, token, retired=True)
    except KeysError as error:
        raise InvalidRequestError(
            description="id_token_hint is not an ID Token of this server."
        ) from error


def _decrypt_with_secret(
    server: Server, request: ServerRequest, token: str, client_id: str
) -> str:
    """Decrypt an ID Token if it is encrypted with the client's secret.

    It does not name its client, so the request must (section 2, `client_id`).
    """
    header = unverified_header(token)
    if header["alg"] != "dir":
        return token
    application = server.repositories.applications.get(
        server.session(request), client_id
    )
    secret = application and secret_of(application, server.secret_seal)
    if not secret:
        raise UnknownKey("the client has no secret to decrypt this")
    enc = str(header.get("enc"))
    key = direct_key(secret, enc)
    content = decrypt(token, [key], algorithms=["dir"], content=[enc])
    if not content.isascii():
        raise InvalidToken("the content is not a token")
    return content.decode()


def _find_application(
    request: ServerRequest, client_id: str | None, hint: SignedClaims | None
) -> AbstractApplication | None:
    """Return the client of the request, from the database instead of the cache."""
    if hint is not None:
        client_id = _hint_client_id(hint, client_id)
    if client_id is None:
        return None
    server: Server = request.oauth.server
    application = server.repositories.applications.load(
        server.session(request), client_id
    )
    if application is None or not application.is_usable:
        raise InvalidRequestError(description="The client is unknown.")
    return application


def _hint_client_id(hint: SignedClaims, client_id: str | None) -> str:
    client_ids = audience(hint)
    if client_id is None:
        return client_ids[0]
    if client_id not in client_ids:
        raise InvalidRequestError(
            description="id_token_hint was issued to another client."
        )
    return client_id


def _require_registered(application: AbstractApplication, uri: str) -> None:
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
