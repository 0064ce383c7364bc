"""Proofs of token requests, and the binding of tokens to their key (RFC 9449 5, 6)."""

from __future__ import annotations

from oauthlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError

from pyramid_oauth.errors import ProtocolError, safe_description
from pyramid_oauth.extensions.dpop.scheme import ENDPOINT_URLS
from pyramid_oauth.extensions.dpop.settings import (
    ALWAYS,
    PUBLIC,
    DPoPRequirementSettings,
)
from pyramid_oauth.jose.dpop import InvalidProof, NonceNeeded, Proof
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.token_draft import TokenDraft
from pyramid_oauth.resource.dpop.proofs import (
    CHECKER,
    INVALID_PROOF,
    USE_NONCE,
    ProofChecker,
)
from pyramid_oauth.server import ServerRequest

MEMBER = "dpop"
"""The member of this extension in the details of a grant."""

BOUND_TOKENS = "dpop_bound_access_tokens"
"""The client metadata member of section 5.2."""

TOKEN_TYPE = "DPoP"

_PROOF = "_pyramid_oauth_dpop_proof"


class InvalidDPoPProof(ProtocolError):
    """The proof is invalid, or there is none (section 5)."""

    error = INVALID_PROOF
    status_code = 400


class UseDPoPNonce(ProtocolError):
    """The client must repeat the request with the nonce in the header (section 8)."""

    error = USE_NONCE
    status_code = 400


def check_proof(request: OAuthRequest, endpoint: str) -> None:
    """Check the proof of a request, if it has one, before the client authenticates.

    So a client that has to repeat it with a nonce may send the same client assertion.
    """
    pyramid = request.pyramid
    if "HTTP_DPOP" not in pyramid.environ:
        return
    checker: ProofChecker = pyramid.registry[CHECKER]
    urls = pyramid.registry[ENDPOINT_URLS].find(request.server, endpoint)
    try:
        proof = checker.check(pyramid, urls, request.now)
    except NonceNeeded as error:
        raise UseDPoPNonce(_describe(error), checker.new_nonce(request.now)) from error
    except InvalidProof as error:
        raise InvalidDPoPProof(_describe(error)) from error
    pyramid.__dict__[_PROOF] = proof


def proof_of(request: ServerRequest) -> Proof | None:
    """Return the checked proof of a token request or pushed request."""
    proof: Proof | None = request.__dict__.get(_PROOF)
    return proof


def consume_proof(request: OAuthRequest, proof: Proof) -> None:
    """Use the proof up.

    Raises:
        InvalidDPoPProof: Another request has used it.
    """
    pyramid = request.pyramid
    checker: ProofChecker = pyramid.registry[CHECKER]
    try:
        checker.consume(pyramid, proof, request.now)
    except InvalidProof as error:
        raise InvalidDPoPProof(_describe(error)) from error


def _describe(error: InvalidProof) -> str:
    reason = str(error)
    return safe_description(f"{reason[0].upper()}{reason[1:]}.")


class KeyBinding:
    """Token step: bind access tokens, and refresh tokens of public clients."""

    def check(self, request: OAuthRequest) -> None:
        """Refuse a request without its proof, or with one of another key."""
        proof = proof_of(request.pyramid)
        bound_key = _bound_key(request)
        if proof is None:
            if bound_key is not None or _is_required(request):
                raise _missing_proof(request)
            return
        if bound_key not in (None, proof.thumbprint):
            raise InvalidGrantError(
                description="It is bound to another DPoP key.", request=request
            )
        consume_proof(request, proof)

    def build(self, request: OAuthRequest, draft: TokenDraft) -> None:
        """Add the confirmation to the tokens (sections 5 and 6)."""
        proof = proof_of(request.pyramid)
        if proof is None:
            return
        draft.token_type = TOKEN_TYPE
        confirmation = draft.claims.get("cnf", {})
        draft.claims["cnf"] = {**confirmation, "jkt": proof.thumbprint}
        if request.client.is_public:
            confirmation = draft.refresh_claims.get("cnf", {})
            draft.refresh_claims["cnf"] = {**confirmation, "jkt": proof.thumbprint}


def _bound_key(request: OAuthRequest) -> object:
    """Return the key to which the code or refresh token is bound, if it is."""
    if request.grant_type == "authorization_code":
        return request.details.get(MEMBER, {}).get("jkt")
    if request.grant_type == "refresh_token" and request.grant is not None:
        return ((request.grant.claims or {}).get("cnf") or {}).get("jkt")
    return None


def _is_required(request: OAuthRequest) -> bool:
    required = request.server.settings[DPoPRequirementSettings].require_dpop
    if required == ALWAYS or (required == PUBLIC and request.client.is_public):
        return True
    return bool(request.client.declared(BOUND_TOKENS, False))


def _missing_proof(request: OAuthRequest) -> InvalidRequestError:
    """Return the error of a request without a proof: there is none to be invalid."""
    description = "The request must have a DPoP proof."
    if request.grant_type is None:  # a token of the authorization endpoint
        description = "Tokens of this client must be bound to a DPoP key."
    return InvalidRequestError(description=description, request=request)
