"""No input makes a verifier do anything but refuse (property-based).

RFC 8725 sections 2 and 3: algorithms, key confusion, keys in headers, types.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyramid_oauth.jose.jwk import generate, public_jwk
from pyramid_oauth.jose.jws import KeySigner, secret_signer
from pyramid_oauth.resource.verify import InvalidToken, Issuers, OfflineJWT
from tests.resource.verify.issuer import API, Issuer
from tests.support.examples import at_most

ATTACKER = generate("ES256")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda values: (
        st.lists(values, max_size=4) | st.dictionaries(st.text(), values, max_size=4)
    ),
    max_leaves=12,
)
DOTTED = r"[\w-]*\.[\w-]*\.[\w-]*"
NAMES = ["aud", "client_id", "cnf", "exp", "iat", "iss", "nbf", "scope", "sub"]
OPTIONS = settings(
    max_examples=at_most(150),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)


@pytest.fixture(scope="module")
def issuer_and_verifier():
    """An issuer that lives as long as the examples."""
    issuer = Issuer()
    verifier = OfflineJWT(issuer.url, audience=API, cache_entries=0)
    verifier.verify(issuer.jwt())
    yield issuer, verifier
    issuer.close()


def encoded(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def claims_of(issuer: Issuer, **changes: Any) -> dict[str, Any]:
    return {
        "iss": issuer.url,
        "aud": API,
        "sub": "alice",
        "client_id": "app",
        "iat": 1,
        "exp": 4102444800,
        **changes,
    }


def signed(header: dict[str, Any], claims: Any, signer: KeySigner) -> str:
    """A token with any header, signed by `signer`."""
    given_part = f"{encoded(header)}.{encoded(claims)}"
    return f"{given_part}.{encoded(signer.sign(given_part.encode()))}"


def refuse(verifier: Any, token: str) -> None:
    with pytest.raises(InvalidToken) as caught:
        verifier.verify(token)
    assert token not in caught.value.reason or len(token) < 4


@OPTIONS
@given(text=st.text(max_size=200) | st.from_regex(DOTTED, fullmatch=True))
def test_no_text_is_a_token(issuer_and_verifier, text):
    _, verifier = issuer_and_verifier
    refuse(verifier, text)
    refuse(Issuers([verifier]), text)


@OPTIONS
@given(header=JSON, claims=JSON, signature=st.binary(max_size=80))
def test_no_json_in_the_parts_causes_an_error(
    issuer_and_verifier, header, claims, signature
):
    _, verifier = issuer_and_verifier
    refuse(verifier, f"{encoded(header)}.{encoded(claims)}.{encoded(signature)}")


@OPTIONS
@given(
    name=st.sampled_from(
        ["aud", "client_id", "cnf", "exp", "iat", "iss", "nbf", "scope", "sub"]
    ),
    value=JSON,
)
def test_a_signed_claim_of_any_type_causes_no_error(issuer_and_verifier, name, value):
    """The issuer itself errs: the token is refused, or means what it says."""
    issuer, verifier = issuer_and_verifier
    claims = claims_of(issuer, **{name: value})
    header = {"alg": "ES256", "kid": "k1", "typ": "at+jwt"}
    token = signed(header, claims, issuer.signers["k1"])
    try:
        identity = verifier.verify(token)
    except InvalidToken:
        return
    assert API in identity.audience
    assert identity.issuer == issuer.url
    assert identity.user_id is None or isinstance(identity.user_id, str)


@pytest.mark.spec("RFC 8725", "3.1")
@pytest.mark.parametrize("alg", ["none", "None", "NONE", "HS256", "ES256 ", "", "dir"])
def test_another_algorithm_is_refused(issuer_and_verifier, alg):
    issuer, verifier = issuer_and_verifier
    header = {"alg": alg, "kid": "k1", "typ": "at+jwt"}
    refuse(verifier, signed(header, claims_of(issuer), issuer.signers["k1"]))
    refuse(verifier, f"{encoded(header)}.{encoded(claims_of(issuer))}.")


@pytest.mark.spec("RFC 8725", "3.10")
@pytest.mark.parametrize("kid", ["k1", None, "unknown", "../../k1", "' OR 1=1"])
@pytest.mark.parametrize("where", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_in_the_header_is_not_used(issuer_and_verifier, where, kid):
    """The token carries or names the key of the attacker."""
    issuer, verifier = issuer_and_verifier
    values = {
        "jwk": public_jwk(ATTACKER, kid="k1"),
        "jku": f"{issuer.url}/attacker",
        "x5u": f"{issuer.url}/attacker",
        "x5c": ["MIIB"],
    }
    header = {"alg": "ES256", "typ": "at+jwt", where: values[where]}
    header |= {} if kid is None else {"kid": kid}
    signer = KeySigner(ATTACKER, "ES256", None)
    refuse(verifier, signed(header, claims_of(issuer), signer))
    assert issuer.count("/oauth/attacker") == 0


@pytest.mark.spec("RFC 7515", "4.1.11")
@pytest.mark.parametrize("critical", [["exp"], [], ["b64"], "b64"])
def test_a_critical_extension_is_refused(issuer_and_verifier, critical):
    issuer, verifier = issuer_and_verifier
    header = {"alg": "ES256", "kid": "k1", "typ": "at+jwt", "crit": critical}
    token = signed({**header, "b64": True}, claims_of(issuer), issuer.signers["k1"])
    refuse(verifier, token)


def test_the_published_key_as_text_is_no_secret(issuer_and_verifier):
    issuer, verifier = issuer_and_verifier
    for secret in (json.dumps(issuer.jwks[0]), issuer.jwks[0]["x"]):
        signer = secret_signer(secret.ljust(32, "x"), "HS256")
        header = {"alg": "HS256", "kid": "k1", "typ": "at+jwt"}
        refuse(verifier, signed(header, claims_of(issuer), signer))


@pytest.mark.parametrize("size", [20_000, 5_000_000])
def test_huge_segments_are_refused_before_they_are_read(issuer_and_verifier, size):
    _, verifier = issuer_and_verifier
    header = encoded({"alg": "ES256", "kid": "k1", "typ": "at+jwt"})
    refuse(verifier, f"{header}.{'A' * size}.AAAA")
    refuse(Issuers([verifier]), f"{header}.{'A' * size}.AAAA")


def test_deep_json_is_refused(issuer_and_verifier):
    _, verifier = issuer_and_verifier
    deep = b'{"a":' * 2000 + b"1" + b"}" * 2000
    refuse(verifier, f"{encoded({'alg': 'ES256'})}.{encoded(deep)}.AAAA")
