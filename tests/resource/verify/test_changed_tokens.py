"""No changed access token passes a verifier (property-based).

RFC 9068 section 4, RFC 8725 section 3.
"""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from joserfc.jwk import ECKey

from pyramid_oauth import clock
from pyramid_oauth.jose.jwk import public_jwk
from pyramid_oauth.resource.verify import InvalidToken, Issuers, OfflineJWT
from tests.resource.verify.issuer import API, Issuer
from tests.support.examples import at_most
from tests.support.jose_inputs import Sender
from tests.support.jwt_mutations import SEGMENTS
from tests.support.jwt_readers import MUTATIONS, judge, show
from tests.support.key_material import private_key


@pytest.fixture(scope="module")
def known_issuer():
    """An issuer that publishes the key of the sender."""
    issuer = Issuer()
    key = private_key("ES256")
    issuer.jwks.append(public_jwk(key, use="sig", alg="ES256"))
    yield issuer
    issuer.close()


@pytest.fixture(scope="module")
def known_verifier(known_issuer):
    return OfflineJWT(known_issuer.url, audience=API, cache_entries=10)


def make_sender(issuer):
    key, moment = private_key("ES256"), clock.timestamp()
    assert isinstance(key, ECKey)
    claims = {
        "iss": issuer.url,
        "aud": API,
        "sub": "alice",
        "client_id": "app",
        "scope": "read",
        "iat": moment,
        "exp": moment + 300,
    }
    return Sender(key, claims, {"typ": "at+jwt"})


@pytest.mark.spec("RFC 8725", "3")
@pytest.mark.spec("RFC 9068", "4")
@pytest.mark.parametrize("several", [False, True], ids=["one issuer", "several"])
@settings(max_examples=at_most(400), deadline=None)
@given(mutation=MUTATIONS)
def test_a_changed_access_token_is_refused(
    known_issuer, known_verifier, several, mutation
):
    verifier = Issuers([known_verifier]) if several else known_verifier
    sender, found = make_sender(known_issuer), []

    def read(token):
        try:
            found.append(verifier.verify(token))
        except InvalidToken:
            return False
        return True

    def accepts(claims):
        (identity,) = found
        assert identity.issuer == known_issuer.url
        assert identity.client_id == claims["client_id"]
        assert identity.user_id in (claims["sub"], None)
        for name in (identity.client_id, claims["sub"]):
            assert name
            assert name.isprintable()
        return judge(sender, "iss")(claims)

    show(mutation, sender, read, accepts, types=("at+jwt",), known_hosts={"127.0.0.1"})


@settings(max_examples=at_most(40), deadline=None)
@given(mutation=SEGMENTS)
def test_a_refused_token_takes_little_memory(known_issuer, known_verifier, mutation):
    token = mutation.apply(make_sender(known_issuer))
    tracemalloc.start()
    try:
        with pytest.raises(InvalidToken):
            known_verifier.verify(token)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000 + 4 * len(token)
