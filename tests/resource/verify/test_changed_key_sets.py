"""No key set of an issuer makes a verifier accept a stranger (property-based).

RFC 7517 section 5, RFC 9068 section 4.
"""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from joserfc.jwk import ECKey

from pyramid_oauth import clock
from pyramid_oauth.resource.verify import InvalidToken, OfflineJWT, VerifierUnavailable
from tests.resource.verify.issuer import API, Issuer
from tests.support.examples import at_most
from tests.support.jose_inputs import Sender
from tests.support.jwks_mutations import key_sets, key_sets_with_the_key
from tests.support.key_material import private_key
from tests.support.servers import build_response


@pytest.fixture(scope="module")
def changing_issuer():
    issuer = Issuer()
    yield issuer
    issuer.close()


def sign(issuer, number):
    key, own, now = (
        private_key("ES256", number),
        private_key("ES256"),
        clock.timestamp(),
    )
    assert isinstance(key, ECKey)
    claims = {
        "iss": issuer.url,
        "aud": API,
        "sub": "alice",
        "client_id": "app",
        "iat": now,
        "exp": now + 60,
    }
    return Sender(key, claims).sign(typ="at+jwt", kid=own.thumbprint())


def make_verifier(issuer, body):
    """A verifier that has fetched nothing yet from an issuer that publishes `body`."""
    issuer.failure = lambda peer, request: peer.sendall(build_response(body))
    return OfflineJWT(issuer.url, audience=API, jwks_uri=f"{issuer.url}/jwks")


@pytest.mark.spec("RFC 7517", "5")
@settings(max_examples=at_most(150), deadline=None)
@given(body=key_sets())
def test_no_key_set_lets_a_stranger_in(changing_issuer, body):
    verifier = make_verifier(changing_issuer, body)
    with pytest.raises((InvalidToken, VerifierUnavailable)):
        verifier.verify(sign(changing_issuer, 7))
    with suppress(InvalidToken, VerifierUnavailable):
        assert verifier.verify(sign(changing_issuer, 0)).user_id == "alice"


@pytest.mark.spec("RFC 7517", "5")
@settings(max_examples=at_most(60), deadline=None)
@given(body=key_sets_with_the_key())
def test_keys_that_are_no_keys_hide_no_key(changing_issuer, body):
    verifier = make_verifier(changing_issuer, body)
    assert verifier.verify(sign(changing_issuer, 0)).user_id == "alice"
