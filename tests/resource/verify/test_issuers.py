"""Several issuers and formats at once, and the order of fallbacks."""

from __future__ import annotations

import pytest

from pyramid_oauth.resource.verify import (
    Introspection,
    InvalidToken,
    Issuers,
    OfflineJWT,
    SecretBasic,
    VerifierUnavailable,
)
from tests.resource.verify.issuer import API
from tests.support.servers import build_response


def active(sub):
    return {"active": True, "client_id": "app", "sub": sub, "token_type": "Bearer"}


def introspection(issuer):
    return Introspection(SecretBasic("api", "s"), issuer=issuer.url, timeout=1)


def offline(issuer):
    return OfflineJWT(issuer.url, audience=API, timeout=1)


def test_a_jwt_goes_to_the_verifier_of_its_issuer_alone(issuer, other_issuer):
    verifier = Issuers([offline(issuer), offline(other_issuer)])
    assert verifier.verify(other_issuer.jwt()).issuer == other_issuer.url
    assert issuer.paths == []


def test_a_token_that_names_an_issuer_needs_the_key_of_that_issuer(
    issuer, other_issuer
):
    verifier = Issuers([offline(issuer), offline(other_issuer)])
    forged = other_issuer.jwt(iss=issuer.url)
    with pytest.raises(InvalidToken):
        verifier.verify(forged)


def test_a_jwt_of_an_unlisted_issuer_is_shown_to_nobody(issuer, other_issuer):
    verifier = Issuers([offline(issuer), introspection(issuer)])
    for spelling in (other_issuer.url, issuer.url + "/", issuer.url.upper()):
        with pytest.raises(InvalidToken, match="not listed"):
            verifier.verify(issuer.jwt(iss=spelling))
    assert issuer.paths == []


def test_an_opaque_token_goes_to_introspection_in_order(issuer, other_issuer):
    verifier = Issuers(
        [offline(issuer), introspection(issuer), introspection(other_issuer)]
    )
    other_issuer.tokens["opaque"] = active("bob")
    assert verifier.verify("opaque").user_id == "bob"
    assert len(issuer.forms) == len(other_issuer.forms) == 1
    with pytest.raises(InvalidToken):
        verifier.verify("unknown")


def test_a_jwt_that_cannot_be_verified_offline_now_is_introspected(issuer):
    verifier = Issuers([offline(issuer), introspection(issuer)])
    token = issuer.jwt()
    issuer.tokens[token] = active("alice")
    issuer.jwks.clear()
    assert verifier.verify(token).user_id == "alice"


def test_a_jwt_that_is_refused_offline_is_not_introspected(issuer):
    verifier = Issuers([offline(issuer), introspection(issuer)])
    token = issuer.jwt(aud="https://other.example")
    issuer.tokens[token] = active("alice")
    with pytest.raises(InvalidToken):
        verifier.verify(token)


def test_an_outage_of_one_server_is_no_refusal_by_the_other(issuer, other_issuer):
    verifier = Issuers([introspection(issuer), introspection(other_issuer)])
    issuer.failure = lambda peer, request: peer.sendall(
        build_response(status="503 Service Unavailable")
    )
    other_issuer.tokens["known"] = active("bob")
    assert verifier.verify("known").user_id == "bob"
    with pytest.raises(VerifierUnavailable):
        verifier.verify("unknown")
