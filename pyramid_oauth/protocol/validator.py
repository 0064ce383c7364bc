"""Methods of oauthlib's `RequestValidator`, in mixin classes by subject (RFC 6749).

Extensions add mixins by `add_oauth_request_validation`. The class of all mixins is
composed at start-up; its instance is `server.validator`.
"""

from __future__ import annotations

from oauthlib.oauth2.rfc6749.errors import (
    InvalidGrantError,
    UnsupportedResponseTypeError,
)

from pyramid_oauth.clients.authentication import authenticate
from pyramid_oauth.clients.methods import Presentation
from pyramid_oauth.errors import safe_description
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models import redirect_uris
from pyramid_oauth.protocol.client_preparation import is_prepared
from pyramid_oauth.protocol.credentials import (
    AuthorizationCodeCredential,
    RefreshTokenCredential,
)
from pyramid_oauth.protocol.refusals import BAD_CODE, BAD_REFRESH_TOKEN, UPDATE
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.access_tokens import FoundAccessToken
from pyramid_oauth.repositories.grants import FoundGrant
from pyramid_oauth.repositories.refresh_tokens import (
    FoundRefreshToken,
    RefreshCredential,
)


class ClientValidation:
    """Client authentication, and the grant and response types of the client."""

    def authenticate_client(self, request: OAuthRequest) -> bool:
        """Authenticate the client and set `request.client`.

        Raises:
            InvalidClientError: Authentication failed.
        """
        server = request.server
        presented = Presentation(
            request.parameters,
            request.pyramid.environ.get("HTTP_AUTHORIZATION"),
            request.pyramid,
            server,
            request.now,
        )
        request.client = authenticate(
            server.client_auth,
            server.repositories.applications,
            request.session,
            presented,
        )
        request.client_id = request.client.client_id
        return True

    def validate_client_id(self, client_id: str, request: OAuthRequest) -> bool:
        """Whether an enabled application has this id; sets `request.client`."""
        applications = request.server.repositories.applications
        if request.server.client_sources and not is_prepared(client_id, request):
            return False
        found = applications.get(request.session, client_id)
        request.client = found  # type: ignore[assignment]
        if request.client is None:
            return request.refuse("there is no such client")
        return bool(request.client.is_usable) or request.refuse(
            f"the client is disabled; {UPDATE} {client_id} --clear disabled"
        )

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: object, request: OAuthRequest
    ) -> bool:
        """Whether the application is registered for the grant type."""
        if grant_type == "client_credentials" and request.client.is_public:
            return request.refuse(
                "client_credentials needs a confidential client",
                "A public client cannot use this grant type.",
            )
        return bool(request.client.allows_grant_type(grant_type)) or request.refuse(
            f"{grant_type} is not registered; {UPDATE} {client_id} --grant-type … "
            "(all that it may use)",
            "The client is not registered for this grant type.",
        )

    def validate_response_type(
        self, client_id: str, response_type: str, client: object, request: OAuthRequest
    ) -> bool:
        """Whether the server and the application support the response type."""
        server, requested = request.server, set(response_type.split())
        for name in server.response_types:
            if requested == set(name.split()):
                grant_types = server.response_type_grants[name]
                return bool(
                    request.client.allows_response_type(name, grant_types)
                ) or request.refuse(
                    f"response_type {name} is not registered; {UPDATE} {client_id} "
                    "--grant-type … or response_types in --client-metadata",
                    "The client is not registered for this response type.",
                )
        raise UnsupportedResponseTypeError(request=request)


class RedirectURIValidation:
    """The redirect URI of an authorization request, and of the token request."""

    def validate_redirect_uri(
        self, client_id: str, redirect_uri: str, request: OAuthRequest
    ) -> bool:
        """Whether the application registered the redirect URI."""
        rules = request.server.application_rules
        if request.client.redirect_uri_allowed(redirect_uri, rules):
            return True
        differences = (
            f"in {redirect_uris.first_difference(registered, redirect_uri, rules)} "
            f"from {registered}"
            for registered in request.client.redirect_uris.split()
        )
        return request.refuse(
            f"redirect_uri {redirect_uri:.300} differs {', '.join(differences)}; "
            f"{UPDATE} {client_id} --redirect-uri … (all that it may use)"
        )

    def get_default_redirect_uri(
        self, client_id: str, request: OAuthRequest
    ) -> str | None:
        """Return the registered redirect URI if there is exactly one."""
        uri: str | None = request.client.default_redirect_uri
        return uri

    def confirm_redirect_uri(
        self,
        client_id: str,
        code: str,
        redirect_uri: str,
        client: object,
        request: OAuthRequest,
    ) -> bool:
        """Compare the redirect URI with that of the authorization request (4.1.3).

        A difference is raised here: the error of oauthlib is not that of section 5.2.
        """
        if request.grant.redirect_uri != request.parameters.get("redirect_uri"):
            raise InvalidGrantError(
                description="redirect_uri is not that of the authorization request.",
                request=request,
            )
        return True


class CodeValidation:
    """Authorization codes: the request for one, and its redemption."""

    def validate_code_request(self, request: OAuthRequest) -> None:
        """Check an authorization request for a code further.

        Called when the redirect URI is valid, before the response type is checked. A
        mixin of an extension overrides it and calls `super()`.
        """

    def validate_code(
        self, client_id: str, code: str, client: object, request: OAuthRequest
    ) -> bool:
        """Find the grant of the code; set `request.grant`, `.credential`, `.user`.

        A used code passes: its replay revokes the grant, and so is detected after all
        other checks, PKCE included (`AuthorizationCodeCredential.check`).
        """
        records = request.server.repositories
        found = records.grants.find_by_code(request.session, code)
        if found is None or found.client_id != request.client.client_id:
            owner = "unknown" if found is None else f"of client {found.client_id!r}"
            return request.refuse(f"the code is {owner}", BAD_CODE)
        records.applications.prove(request.client, found.application_revision)
        if not (found.is_code_used or found.is_code_live_at(request.now)):
            return request.refuse("the code has expired or was revoked", BAD_CODE)
        if not owner_is_active(request, found):
            return request.refuse("the resource owner is not active", BAD_CODE)
        request.grant = found
        request.credential = AuthorizationCodeCredential(found, found.id)
        request.details = found.details or {}
        request.resources = tuple(found.resource.split())
        request.user = found.user_id
        request.scopes = request.server.scopes.keep_allowed(
            found.scope.split(), request.client, request.pyramid
        )
        return True


class TokenValidation:
    """Refresh tokens and their scopes."""

    def validate_refresh_token(
        self, refresh_token: str, client: object, request: OAuthRequest
    ) -> bool:
        """Find the refresh token; set `request.grant`, `.credential`, `.user`."""
        server = request.server
        credential = RefreshCredential.parse(refresh_token, server.settings.secret)
        if credential is None:
            return request.refuse("the token is not of this server", BAD_REFRESH_TOKEN)
        found = server.repositories.refresh_tokens.find(request.session, credential)
        if found is None or found.client_id != request.client.client_id:
            return request.refuse("the token is not this client's", BAD_REFRESH_TOKEN)
        server.repositories.applications.prove(
            request.client, found.application_revision
        )
        if not found.is_live_at(request.now) or not owner_is_active(request, found):
            return request.refuse(
                "the token or its owner is not active", BAD_REFRESH_TOKEN
            )
        request.grant, request.details = found, found.details or {}
        request.resources = tuple(found.resource.split())
        request.credential = RefreshTokenCredential(credential, found, found.grant_id)
        request.user = found.user_id
        return True

    def get_original_scopes(
        self, refresh_token: str, request: OAuthRequest
    ) -> list[str]:
        """Return those scopes of the grant that the client may still have."""
        return request.server.scopes.keep_allowed(
            request.grant.scope.split(), request.client, request.pyramid
        )

    def is_within_original_scope(
        self, scopes: list[str], refresh_token: str, request: OAuthRequest
    ) -> bool:
        """Refuse: a scope beside the original ones is never within them."""
        return request.refuse(
            "the scope is not within that of the grant",
            "A refresh gives no scopes that were not granted.",
        )


class ScopeValidation:
    """The scopes that an application may have."""

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: object, request: OAuthRequest
    ) -> bool:
        """Whether the application may have all requested scopes.

        A request without scopes is valid only if the server has none, or if the request
        is for something else.
        """
        provider = request.server.scopes
        request.scopes = requested = list(dict.fromkeys(scopes))
        if not requested:
            return request.may_lack_scopes or not provider.catalogue(request.pyramid)
        allowed = provider.keep_allowed(requested, request.client, request.pyramid)
        return requested == allowed or _refuse_scopes(
            request, [name for name in requested if name not in allowed]
        )

    def get_default_scopes(self, client_id: str, request: OAuthRequest) -> list[str]:
        """Return the default scopes of the application, else those of the server."""
        return list(request.server.scopes.default(request.client, request.pyramid))


def _refuse_scopes(request: OAuthRequest, refused: list[str]) -> bool:
    names = " ".join(refused)
    return request.refuse(
        f"{names}: not among the scopes of server and client; "
        f"{UPDATE} {request.client.client_id} --allowed-scope … (all that it may have)",
        safe_description(f"The client may not have: {names}"),
    )


def owner_is_active(
    request: OAuthRequest, found: FoundAccessToken | FoundGrant | FoundRefreshToken
) -> bool:
    """Whether the user of a token or grant is active, by the row that was found."""
    if found.user_active is not None:
        return bool(found.user_active)
    return request.server.accounts.is_active(request.pyramid, found.user_id or "")


def includeme(config: Configurator) -> None:
    """Register the mixins that RFC 6749 requires."""
    for mixin in (
        ClientValidation,
        RedirectURIValidation,
        CodeValidation,
        TokenValidation,
        ScopeValidation,
    ):
        config.add_oauth_request_validation(mixin)
