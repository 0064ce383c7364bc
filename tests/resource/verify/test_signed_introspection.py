"""Introspection answers that the issuer signed (RFC 9701)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from joserfc.jwk import ECKey

from pyramid_oauth import clock
from pyramid_oauth.jose.jwk import public_jwk
from pyramid_oauth.resource.verify import (
    Introspection,
    InvalidToken,
    SecretBasic,
    VerifierUnavailable,
)
from tests.resource.verify.issuer import Issuer
from tests.support.examples import at_most
from tests.support.jose_inputs import Sender
from tests.support.jwt_readers import MUTATIONS, judge, require, show
from tests.support.key_material import private_key

RFC = "RFC 9701"
SIGNING = "FAPI 2.0 Message Signing"
TYPE = "token-introspection+jwt"


def publish(issuer):
    key = private_key("ES256")
    issuer.jwks.append(public_jwk(key, use="sig", alg="ES256"))


@pytest.fixture
def signing_issuer(issuer):
    publish(issuer)
    return issuer


@pytest.fixture(scope="module")
def lasting_issuer():
    issuer = Issuer()
    publish(issuer)
    yield issuer
    issuer.close()


def make_verifier(issuer, **options):
    given_options = {"cache_seconds": 0, "signed_for": "api", **options}
    return Introspection(
        SecretBasic("api", "s3cret"), issuer=issuer.url, **given_options
    )


def make_sender(issuer, **members):
    key = private_key("ES256")
    assert isinstance(key, ECKey)
    claims = {
        "iss": issuer.url,
        "aud": "api",
        "iat": clock.timestamp(),
        "token_introspection": {
            "active": True,
            "client_id": "app",
            "sub": "alice",
            "scope": "read",
            "token_type": "Bearer",
            **members,
        },
    }
    return Sender(key, claims, {"typ": TYPE})


@pytest.mark.spec(RFC, "4")
@pytest.mark.spec(RFC, "5")
@pytest.mark.spec(SIGNING, "5.5.2")
def test_a_signed_answer_is_asked_for_and_read(signing_issuer):
    signing_issuer.signed_answer = make_sender(signing_issuer).sign().encode()
    identity = make_verifier(signing_issuer).verify("o-paque")
    assert (identity.user_id, identity.client_id) == ("alice", "app")
    assert f"Accept: application/{TYPE}" in signing_issuer.headers[0]


@pytest.mark.spec(RFC, "5")
def test_an_inactive_token_is_refused(signing_issuer):
    sender = make_sender(signing_issuer)
    claims = {**sender.claims, "token_introspection": {"active": False}}
    signing_issuer.signed_answer = sender.sign(claims).encode()
    with pytest.raises(InvalidToken):
        make_verifier(signing_issuer).verify("o-paque")


def test_an_unsigned_answer_is_not_accepted(signing_issuer):
    signing_issuer.tokens["o-paque"] = {"active": True, "client_id": "app"}
    with pytest.raises(VerifierUnavailable, match="no JWT of the issuer"):
        make_verifier(signing_issuer).verify("o-paque")


@pytest.mark.spec(SIGNING, "5.5.2")
@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://other.example"}, "another issuer"),
        ({"aud": "other"}, "another client"),
        ({"aud": ["other", 7]}, "another client"),
        ({"iat": 1}, "not made in the last"),
        ({"iat": 4102444800}, "not made in the last"),
        ({"iat": "now"}, "not made in the last"),
        ({"iat": True}, "not made in the last"),
        ({"token_introspection": None}, "no token_introspection"),
        ({"token_introspection": [True]}, "no token_introspection"),
    ],
)
def test_an_answer_for_others_is_not_accepted(signing_issuer, claims, reason):
    sender = make_sender(signing_issuer)
    token = sender.sign({**sender.claims, **claims})
    signing_issuer.signed_answer = token.encode()
    with pytest.raises(VerifierUnavailable, match=reason):
        make_verifier(signing_issuer).verify("o-paque")


@pytest.mark.spec(RFC, "8.1")
@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "logout+jwt"])
def test_another_jwt_of_the_issuer_is_no_answer(signing_issuer, typ):
    signing_issuer.signed_answer = make_sender(signing_issuer).sign(typ=typ).encode()
    with pytest.raises(VerifierUnavailable, match="another type"):
        make_verifier(signing_issuer).verify("o-paque")


def test_the_algorithms_are_limited(signing_issuer):
    signing_issuer.signed_answer = make_sender(signing_issuer).sign().encode()
    with pytest.raises(VerifierUnavailable, match="not allowed"):
        make_verifier(signing_issuer, algorithms=["PS256"]).verify("o-paque")
    with pytest.raises(ValueError, match="HS256"):
        make_verifier(signing_issuer, algorithms=["HS256"])


def test_signed_answers_need_an_issuer():
    endpoint = "https://login.example.org/introspect"
    with pytest.raises(ValueError, match="need the issuer"):
        Introspection(SecretBasic("api", "x"), endpoint=endpoint, signed_for="api")


@pytest.mark.spec(RFC, "8.1")
@pytest.mark.spec("RFC 8725", "3")
@settings(max_examples=at_most(200), deadline=None)
@given(mutation=MUTATIONS)
def test_a_changed_answer_is_not_accepted(lasting_issuer, mutation):
    sender, verifier = make_sender(lasting_issuer), make_verifier(lasting_issuer)

    def read(token):
        lasting_issuer.signed_answer = token.encode("utf-8", "surrogatepass")
        try:
            identity = verifier.verify("o-paque")
        except (InvalidToken, VerifierUnavailable):
            return False
        assert (identity.user_id, identity.client_id) == ("alice", "app")
        return True

    def accepts(claims):
        require(claims["token_introspection"] == sender.claims["token_introspection"])
        require(abs(claims["iat"] - clock.timestamp()) < 120)
        return judge(sender, "iss", ignores_times=True)(claims)

    show(mutation, sender, read, accepts, types=(TYPE,), known_hosts={"127.0.0.1"})
