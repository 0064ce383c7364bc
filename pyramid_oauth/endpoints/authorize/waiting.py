"""The authorization request that waits for a login, for the login page.

RFC 6749 section 10.11: an attacker must not choose the client that a login page names.
So it is that of a request, and never comes from a parameter of the page's URL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from oauthlib.oauth2.rfc6749.errors import FatalClientError, OAuth2Error

from pyramid_oauth.browser import binding_cookie
from pyramid_oauth.browser.locale import ensure_locale
from pyramid_oauth.clock import now
from pyramid_oauth.config.consent_sources import client_notices
from pyramid_oauth.endpoints.authorize.context import NAME, Authorization
from pyramid_oauth.endpoints.authorize.pending import HANDLE
from pyramid_oauth.endpoints.authorize.pipeline import resume, validate
from pyramid_oauth.http.forms import MAX_QUERY_LENGTH, parse
from pyramid_oauth.pages.client_info import ClientInfo, show_client
from pyramid_oauth.repositories.applications import StaleApplication
from pyramid_oauth.server import Server, ServerRequest

REFERENCES = frozenset({"request", "request_uri"})
"""Parameters that replace others, the response type for example (RFC 9101)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRequest:
    """What a login page needs to know of the request that waits.

    Attributes:
        client: What the page may show of the client; None if it will only be told that
            its request is refused.
        notices: Asset specifications of templates that warn of the client, such as that
            nobody has verified it; they use the variable `client_name`.
        redirect_uri: Where the browser goes in the end.
        hints: Parameters of the request that help to log in, such as `login_hint`. Read
            them here, so that your URLs have none of them.
    """

    client: ClientInfo | None
    notices: Sequence[str]
    redirect_uri: str
    hints: Mapping[str, str]


def waiting_request(request: ServerRequest, return_to: str) -> WaitingRequest | None:
    """Return the authorization request that continues at `return_to`.

    Args:
        request: The request to your login page.
        return_to: The return path that `Accounts.login_url` was given.

    Returns:
        The request; None if the path leads to none, or to one that has ended, is
        malformed or belongs to another browser.
    """
    server: Server = request.oauth.server
    path, _, query = return_to.partition("?")
    endpoint = urlsplit(server.url(NAME)).path
    try:
        if path == endpoint:
            authorization = _parse_request(request, server, query)
        else:
            parent, _, handle = path.rpartition("/")
            if parent != endpoint or not HANDLE.match(handle):
                return None
            authorization = _find_request(request, server, handle)
    except (OAuth2Error, StaleApplication):
        return None
    if authorization is None or authorization.oauth.redirect_uri is None:
        return None
    return _describe(authorization)


def _parse_request(
    request: ServerRequest, server: Server, query: str
) -> Authorization | None:
    """Validate the request of this query, which is not stored.

    Returns it also where the client will be told an error, since the browser goes
    there; `is_validated` says whether it will not.
    """
    if len(query) > MAX_QUERY_LENGTH:
        return None
    known = server.parameters[NAME]
    parameters = known.keep_storable(parse(query, known.repeatable))
    if not REFERENCES.isdisjoint(parameters):
        return None
    authorization = Authorization(request, server, parameters)
    try:
        validate(authorization)
    except FatalClientError:
        return None
    except OAuth2Error:
        return authorization
    authorization.is_validated = True
    return authorization


def _find_request(
    request: ServerRequest, server: Server, handle: str
) -> Authorization | None:
    """Return the stored request of this handle, if its client has not changed.

    Returns it also where the client will be told an error.
    """
    requests, moment = server.repositories.authorization_requests, now()
    session = server.session(request)
    row = requests.find(session, handle, moment)
    if row is None:
        return None
    digest = row.browser_digest
    if digest is not None and not binding_cookie.is_bound_to(request, digest):
        return None
    authorization = resume(request, server, session, moment, row, None, None)
    if authorization.is_validated or authorization.refusal is not None:
        return authorization if authorization.oauth.client is not None else None
    return None


def _describe(authorization: Authorization) -> WaitingRequest:
    request, client = authorization.request, authorization.oauth.client
    redirect_uri = authorization.oauth.redirect_uri or ""
    if not authorization.is_validated:
        return WaitingRequest(
            client=None, notices=(), redirect_uri=redirect_uri, hints={}
        )
    ensure_locale(request)
    sent, known = authorization.oauth.parameters, authorization.oauth.known
    return WaitingRequest(
        client=show_client(authorization.server, client, request.locale_name),
        notices=client_notices(authorization.server.consent_sources.values(), client),
        redirect_uri=redirect_uri,
        hints={name: sent[name] for name in known.login_hints if name in sent},
    )
