"""The introspection endpoint (RFC 7662)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from oauthlib import oauth2
from oauthlib.oauth2.rfc6749.errors import InvalidClientError
from pyramid.security import NO_PERMISSION_REQUIRED
from webob.acceptparse import create_accept_header

from pyramid_oauth.config.registry import Writes
from pyramid_oauth.http.negotiation import JSON
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.protocol.access_tokens import find_stateless
from pyramid_oauth.protocol.endpoints import Outcome, respond
from pyramid_oauth.protocol.refusals import UPDATE
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.token_draft import BEARER
from pyramid_oauth.protocol.validator import owner_is_active
from pyramid_oauth.repositories.access_tokens import FoundAccessToken
from pyramid_oauth.repositories.refresh_tokens import (
    FoundRefreshToken,
    RefreshCredential,
)
from pyramid_oauth.server import Server
from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.tree import Endpoint

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class IntrospectionSettings(Section):
    """Who may introspect a token."""

    introspection_policy: Any = setting(
        to.optional_callable,
        None,
        "A callable (request, application, token) that returns whether the application "
        "may see the token. Default: its own tokens, those with it as audience, and "
        "those that a rule allows (`config.add_oauth_introspection_rule`).",
    )


class IntrospectEndpoint(oauth2.IntrospectEndpoint):
    """oauthlib's introspection endpoint on a strictly read request."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.validator)

    def create_response(self, request: OAuthRequest) -> Outcome:
        """Describe the token, as inactive if the client may not see it (2.2)."""
        self.validate_introspect_request(request)
        if request.client.is_public:
            raise InvalidClientError(
                description="Introspection requires client authentication."
            )
        claims = self.request_validator.introspect_token(
            request.token or "", request.token_type_hint or "", request
        )
        members = {"active": False} if claims is None else {"active": True, **claims}
        return encode_members(request, members)


def encode_members(oauth: OAuthRequest, members: dict[str, Any]) -> Outcome:
    """Return the response in the format that the client accepts (RFC 9110 12.5.1)."""
    formats = oauth.server.introspection_formats
    if formats:
        header = create_accept_header(oauth.pyramid.environ.get("HTTP_ACCEPT"))
        accepted = header.acceptable_offers([JSON, *formats])
        media_type = accepted[0][0] if accepted else JSON
        if media_type in formats:
            body = formats[media_type](oauth, members)
            return {"Content-Type": media_type}, body, 200
    return {}, members, 200


class IntrospectionValidation:
    """Describe a token for the client that introspects it."""

    def introspect_token(
        self, token: str, token_type_hint: str, request: OAuthRequest
    ) -> dict[str, Any] | None:
        """Return the members of the response, or None for an inactive token.

        The format of the token tells its type; the hint is not needed.
        """
        credential = RefreshCredential.parse(token, request.server.settings.secret)
        if credential is None:
            return _access_token(request, token)
        return _refresh_token(request, credential)


class Introspect(Endpoint):
    """`introspect`: the endpoint that describes a token."""

    oauthlib = IntrospectEndpoint


def _access_token(oauth: OAuthRequest, token: str) -> dict[str, Any] | None:
    server, session = oauth.server, oauth.session
    found = find_stateless(oauth, token) if server.stateless_formats else None
    if found is None:
        asker = oauth.client.client_id
        found = server.repositories.access_tokens.find_for(session, token, asker)
    if found is None:
        return None
    applications = server.repositories.applications
    applications.prove(oauth.client, found.asker_revision)
    owner = applications.at_revision(
        session, found.client_id, found.application_revision
    )
    if not found.is_live_at(oauth.now) or owner is None or not owner.is_usable:
        return None
    if found.user_id is not None and not owner_is_active(oauth, found):
        return None
    if not _may_see(oauth, found):
        log.info(
            "introspection by client %r answers active=false: the token is of client "
            "%r and not meant for it; %s %s --introspection any",
            oauth.client.client_id,
            found.client_id,
            UPDATE,
            oauth.client.client_id,
        )
        return None
    return _claims(oauth, found, owner)


def _may_see(oauth: OAuthRequest, found: FoundAccessToken) -> bool:
    policy = oauth.server.settings[IntrospectionSettings].introspection_policy
    if policy is not None:
        return bool(policy(oauth.pyramid, oauth.client, found))
    client_id = oauth.client.client_id
    if oauth.client.introspection == "any" or found.client_id == client_id:
        return True
    if client_id in found.audience.split():
        return True
    return any(
        _applies(rule, oauth, found) for rule in oauth.server.introspection_rules
    )


def _applies(
    rule: Callable[..., bool | Sequence[str]],
    oauth: OAuthRequest,
    found: FoundAccessToken,
) -> bool:
    """Whether a rule lets the client see the token; keep what the client serves."""
    answer = rule(oauth, found)
    if isinstance(answer, tuple | list):
        oauth.resources = tuple(answer)
    return bool(answer)


def _claims(
    oauth: OAuthRequest, found: FoundAccessToken, owner: AbstractApplication
) -> dict[str, Any]:
    audience = found.audience.split()
    scopes = oauth.server.scopes.keep_allowed(found.scope.split(), owner, oauth.pyramid)
    members = {
        "scope": " ".join(scopes),
        "client_id": found.client_id,
        "aud": audience[0] if len(audience) == 1 else audience or None,
        "exp": int(found.expires_at.timestamp()),
        "iat": int(found.created_at.timestamp()),  # type: ignore[union-attr] # find_for
        "iss": oauth.server.issuer,
        "token_type": (found.claims or {}).get("token_type", BEARER),
    }
    return _with_contributions(oauth, found, scopes, members)


def _with_contributions(
    oauth: OAuthRequest,
    found: FoundAccessToken | FoundRefreshToken,
    scopes: list[str],
    members: dict[str, Any],
) -> dict[str, Any]:
    """Return `members`, the claims stored with the token, and those of extensions.

    Of the members of RFC 7662 section 2.2 extensions can change only `sub`.
    """
    oauth.scopes = scopes
    added: dict[str, Any] = {}
    for contribute in oauth.server.introspection:
        added.update(contribute(oauth, found))
    subject = added.get("sub", found.user_id or found.client_id)
    claims = {**(found.claims or {}), **added, **members, "sub": subject}
    return {name: value for name, value in claims.items() if value is not None}


def _refresh_token(
    oauth: OAuthRequest, credential: RefreshCredential
) -> dict[str, Any] | None:
    """Describe a refresh token, to its own client only."""
    found = oauth.server.repositories.refresh_tokens.find(oauth.session, credential)
    if found is None or found.client_id != oauth.client.client_id:
        return None
    oauth.server.repositories.applications.prove(
        oauth.client, found.application_revision
    )
    if credential.generation != found.generation or not found.is_live_at(oauth.now):
        return None
    if not owner_is_active(oauth, found):
        return None
    expires_at = min(found.expires_at, found.absolute_expires_at)
    scopes = oauth.server.scopes.keep_allowed(
        found.scope.split(), oauth.client, oauth.pyramid
    )
    members = {
        "scope": " ".join(scopes),
        "client_id": found.client_id,
        "exp": int(expires_at.timestamp()),
        "iat": int(found.created_at.timestamp()),
        "iss": oauth.server.issuer,
    }
    return _with_contributions(oauth, found, scopes, members)


def metadata(server: Server) -> dict[str, Any]:
    """Return the members of RFC 8414 section 2 for this endpoint."""
    methods = [name for name in server.client_auth if name != "none"]
    return {"introspection_endpoint_auth_methods_supported": methods}


def includeme(config: Configurator) -> None:
    """Add the endpoint, its parameters and its request validation."""
    config.add_oauth_settings(IntrospectionSettings)
    config.add_oauth_request_validation(IntrospectionValidation)
    config.add_oauth_endpoint(
        "introspect",
        Introspect,
        metadata="introspection_endpoint",
        writes=Writes.NONE,
    )
    config.add_oauth_metadata("introspect", metadata)
    for name in ("token", "token_type_hint"):
        config.add_oauth_parameter(name, endpoints=("introspect",))
    config.add_oauth_view(
        respond, Introspect, permission=NO_PERMISSION_REQUIRED, require_csrf=False
    )
