"""The client authentication methods that need no keys.

none, client_secret_basic, client_secret_post (RFC 6749 section 2.3.1, RFC 7591
section 2). Further ones are registered by directive.
"""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Protocol
from urllib.parse import unquote_plus

from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.server import Server, ServerRequest

NONE = "none"


class Presentation(NamedTuple):
    """The credentials that a request may have, and the server that checks them.

    `now` is the time of the request.
    """

    parameters: Mapping[str, str]
    authorization: str | None
    request: ServerRequest
    server: Server
    now: datetime


class Claim(NamedTuple):
    """The client that a request claims to be, and its proof."""

    method: str
    client_id: str
    proof: str | None = None

    def __repr__(self) -> str:
        return f"<Claim {self.method} {self.client_id!r}>"


class MalformedClaim(ValueError):
    """The credentials cannot be read; the text is for the log, unless disclosed."""


class DisclosedReason(str):
    """A reason for the log and for the response: it tells an attacker nothing."""

    __slots__ = ()


class ClientAuthMethod(Protocol):
    """A client authentication method.

    Attributes:
        name: The name of the method in client metadata (RFC 7591 section 2).
        credential: Where the request has its credential: the form parameter, or the
            scheme of the Authorization header in lower case. `claim` is called only
            if the request has it. None: the connection has it (mutual TLS, RFC 8705);
            then `claim` is not called, and a request that has only a `client_id` is
            authenticated by the method that its client registered.
    """

    name: str
    credential: str | None

    def claim(self, presented: Presentation) -> Claim | None:
        """Return the claim by this method, or None if it was not used.

        Raises MalformedClaim.
        """

    def failure(
        self, application: AbstractApplication, claim: Claim, presented: Presentation
    ) -> str | None:
        """Return why the authentication failed, or None if it did not.

        The reason is for the log only, unless it is a `DisclosedReason`.
        """


class ClientSecretBasic:
    """HTTP Basic with form-encoded id and secret (RFC 6749 section 2.3.1)."""

    name = "client_secret_basic"
    credential = "basic"

    def claim(self, presented: Presentation) -> Claim | None:
        """Return the claim in the Authorization header, or None."""
        header = presented.authorization
        if header is None or header[:6].lower() != "basic ":
            return None
        try:
            text = a2b_base64(header[6:].strip(), strict_mode=True).decode("utf-8")
        except ValueError as error:  # no ASCII, no base64, no UTF-8
            raise MalformedClaim("the Basic credentials are no base64 text") from error
        client_id, colon, secret = text.partition(":")
        if not colon:
            raise MalformedClaim("the Basic credentials have no colon")
        if "%" in text or "+" in text:
            client_id, secret = unquote_plus(client_id), unquote_plus(secret)
        return Claim(self.name, client_id, secret)

    def failure(
        self, application: AbstractApplication, claim: Claim, presented: Presentation
    ) -> str | None:
        """Compare the secret."""
        return secret_failure(application, claim.proof)


class ClientSecretPost:
    """The secret as a body parameter (RFC 6749 section 2.3.1)."""

    name = "client_secret_post"
    credential = "client_secret"

    def claim(self, presented: Presentation) -> Claim | None:
        """Return the claim in the body, or None."""
        secret = presented.parameters.get("client_secret")
        client_id = presented.parameters.get("client_id")
        if secret is None:
            return None
        if client_id is None:
            raise MalformedClaim("client_secret came without client_id")
        return Claim(self.name, client_id, secret)

    def failure(
        self, application: AbstractApplication, claim: Claim, presented: Presentation
    ) -> str | None:
        """Compare the secret."""
        return secret_failure(application, claim.proof)


class NoAuthentication:
    """A public client only sends its `client_id` (RFC 6749 section 3.2.1).

    It is the method of a request in which no other method found a credential.
    """

    name = NONE
    credential = "client_id"

    def claim(self, presented: Presentation) -> Claim | None:
        """Return the claim of a request with `client_id` alone, or None."""
        parameters = presented.parameters
        client_id = parameters.get("client_id")
        if client_id is None or presented.authorization is not None:
            return None
        if "client_secret" in parameters or "client_assertion" in parameters:
            return None
        return Claim(self.name, client_id)

    def failure(
        self, application: AbstractApplication, claim: Claim, presented: Presentation
    ) -> str | None:
        """Accept public clients only."""
        return None if application.is_public else "a confidential client gave no proof"


def secret_failure(application: AbstractApplication, secret: str | None) -> str | None:
    """Return why `secret` does not match, for the log; None if it does."""
    if not secret:
        return "no secret was presented"
    if application.client_secret_matches(secret):
        return None
    if secret in (application.client_secret, application.retiring_client_secret):
        return "the stored digest was presented instead of the secret"
    return "the secret does not match"
