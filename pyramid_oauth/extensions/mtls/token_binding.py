"""Binding of tokens to the certificate of the client (RFC 8705 sections 3 and 4)."""

from __future__ import annotations

from oauthlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError

from pyramid_oauth.errors import safe_description
from pyramid_oauth.extensions.mtls.settings import PRESENTED, MTLSServerSettings
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.token_draft import TokenDraft
from pyramid_oauth.resource.mtls import CERTIFICATE_BOUND
from pyramid_oauth.resource.mtls.certificates import READER, CertificateReader
from pyramid_oauth.resource.schemes import SCHEMES
from pyramid_oauth.resource.verify import ClientCertificate, MalformedCertificate
from pyramid_oauth.resource.verify.certificates import MEMBER, is_bound_to


class CertificateBinding:
    """Token step: bind access tokens, and refresh tokens of public clients."""

    def check(self, request: OAuthRequest) -> None:
        """Refuse a request without the certificate that it needs."""
        bound_to = _bound_certificate(request)
        is_registered = _is_registered(request)
        if bound_to is None and not is_registered:
            return
        certificate = _certificate(request)
        if bound_to is not None and not is_bound_to(bound_to, certificate):
            raise InvalidGrantError(
                description="It is bound to another client certificate.",
                request=request,
            )
        if certificate is None:
            raise InvalidRequestError(
                description="Tokens of this client must be bound to a certificate: "
                "send the request over mutual TLS.",
                request=request,
            )

    def build(self, request: OAuthRequest, draft: TokenDraft) -> None:
        """Add the thumbprint to the confirmation of the tokens (section 3.1).

        Beside another confirmation, such as a DPoP key, only if the client asks for it:
        it may call the resource without its certificate.
        """
        if request.grant_type is None:  # a token of the authorization endpoint
            return
        is_needed = _is_registered(request) or _bound_certificate(request) is not None
        if not is_needed and not _is_bound_anyway(request, draft):
            return
        certificate = _certificate(request)
        if certificate is None:
            return
        member = {MEMBER: certificate.thumbprint}
        draft.claims["cnf"] = {**draft.claims.get("cnf", {}), **member}
        if request.client.is_public:
            confirmation = draft.refresh_claims.get("cnf", {})
            draft.refresh_claims["cnf"] = {**confirmation, **member}


def _certificate(request: OAuthRequest) -> ClientCertificate | None:
    """Return the certificate of a token request; raise InvalidRequestError."""
    if request.grant_type is None:
        return None
    reader: CertificateReader = request.pyramid.registry[READER]
    try:
        return reader.read(request.pyramid)
    except MalformedCertificate as error:
        raise InvalidRequestError(
            description=safe_description(f"Error: {error}."), request=request
        ) from error


def _is_registered(request: OAuthRequest) -> bool:
    return bool(request.client.declared(CERTIFICATE_BOUND, False))


def _is_bound_anyway(request: OAuthRequest, draft: TokenDraft) -> bool:
    """Whether the server binds a token that nothing else is bound to."""
    settings = request.server.settings
    is_bound = (
        settings.require_sender_constrained_tokens
        or settings[MTLSServerSettings].mtls_bound_tokens == PRESENTED
    )
    return is_bound and not (_has_proof(request) or "cnf" in draft.claims)


def _has_proof(request: OAuthRequest) -> bool:
    """Whether the token is bound to a DPoP key, maybe by a step after this one."""
    pyramid = request.pyramid
    return (
        "dpop" in pyramid.registry[SCHEMES].by_name and "HTTP_DPOP" in pyramid.environ
    )


def _bound_certificate(request: OAuthRequest) -> object:
    """Return the thumbprint to which the refresh token is bound, if it is."""
    if request.grant_type == "refresh_token" and request.grant is not None:
        return ((request.grant.claims or {}).get("cnf") or {}).get(MEMBER)
    return None
