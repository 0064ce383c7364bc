"""Login session of a browser and its identifier for clients, `sid`.

OpenID Connect Front-Channel Logout section 3, Back-Channel Logout section 2.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select

from pyramid_oauth.accounts import Account
from pyramid_oauth.browser import binding_cookie
from pyramid_oauth.database import fetch_one
from pyramid_oauth.hashing import hmac_sha256, is_hmac_sha256
from pyramid_oauth.repositories.consent_records import ConsentRow
from pyramid_oauth.resource import identity
from pyramid_oauth.server import Server, ServerRequest

COOKIE = "oauth_session"

_UNKEYED = (b"",)


def keys(request: ServerRequest) -> tuple[bytes, ...]:
    """Return the HMAC keys of the server, the current one first."""
    server: Server = request.oauth.server
    return server.key_encryption_keys or _UNKEYED


def session_id(request: ServerRequest, account: Account) -> str:
    """Return the `sid` of this session, 43 characters of base64url.

    It is derived from the host's `session_id` or, without one, from our binding cookie,
    which changes at every logout. It cannot be guessed and does not reveal the host's
    identifier.
    """
    return session_ids(request, account)[0]


def session_ids(request: ServerRequest, account: Account) -> tuple[str, ...]:
    """Return every possible `sid` of this session, the current one first.

    There are several after a change of the server's keys.
    """
    if account.session_id is not None:
        named = ("session", account.session_id)
    else:
        named = ("browser", binding_cookie.get_or_create(request))
    return tuple(
        hmac_sha256(key, "sid", *named, account.subject) for key in keys(request)
    )


def saved_session_id(request: ServerRequest, account: Account) -> str:
    """Return the `sid` as `session_id`; store it in a signed cookie.

    The cookie proves the session to the logout endpoint after its end.
    """
    sid = session_id(request, account)
    if previous_session_id(request) != sid:
        proof = hmac_sha256(keys(request)[0], COOKIE, sid)
        binding_cookie.set_host_cookie(request, COOKIE, f"{sid}.{proof}")
    return sid


def previous_session_id(request: ServerRequest) -> str | None:
    """Return the `sid` of the last session of this browser, from its cookie."""
    sid, _, proof = binding_cookie.host_cookie(request, COOKIE).partition(".")
    proven = any(is_hmac_sha256(proof, key, COOKIE, sid) for key in keys(request))
    return sid if proven else None


def invalidate(request: ServerRequest) -> None:
    """Rotate the binding cookie, so that the next session gets another `sid`."""
    binding_cookie.rotate(request)
    if binding_cookie.host_cookie(request, COOKIE):
        binding_cookie.set_host_cookie(request, COOKIE, "")


def current_resource_owner(request: ServerRequest, server: Server) -> Account | None:
    """Return the logged-in account; None if the request has an access token."""
    settings = server.settings
    may_have_token = (
        "HTTP_AUTHORIZATION" in request.environ
        or settings.access_token_in_body
        or settings.access_token_in_query
    )
    if may_have_token and identity(request) is not None:
        return None
    return server.accounts.current(request)


@dataclass(slots=True)
class _Expected:
    """Asks for the consent to a client, and takes what is found, with its user."""

    client_id: str
    subject: str = ""
    row: ConsentRow | None = None


_EXPECTED = "_pyramid_oauth_expected_consent"
"""The attribute of a request that has an `_Expected`."""

_LENGTH = len(ConsentRow._fields)


def find_owner_with_consent(
    request: ServerRequest, server: Server, client_id: str
) -> tuple[Account | None, ConsentRow | None]:
    """Return the account like `current_resource_owner`, and its consent to a client.

    The consent is None if the adapter has not read it.
    """
    expected = request.__dict__[_EXPECTED] = _Expected(client_id)
    try:
        account = current_resource_owner(request, server)
    finally:
        del request.__dict__[_EXPECTED]
    is_own = account is not None and account.subject == expected.subject
    return account, expected.row if is_own else None


def fetch_login(
    request: ServerRequest,
    server: Server,
    login: Select[*tuple[Any, ...]],
    parameters: Mapping[str, Any],
    subject: str,
) -> Row[Any] | None:
    """Return the first row of the statement `login`; see `Facade.fetch_login`."""
    session = server.session(request)
    expected: _Expected | None = request.__dict__.get(_EXPECTED)
    if expected is None:
        return fetch_one(session, login, parameters)
    both = server.repositories.consents.with_login(login, subject)
    if both is None:
        return fetch_one(session, login, parameters)
    row = fetch_one(session, both, {**parameters, "_for_client": expected.client_id})
    if row is not None:
        expected.subject = str(getattr(row, subject))
        expected.row = ConsentRow._make(row[-_LENGTH:])
    return row
