"""Requirements on keys, and their published members (RFC 7517)."""

from __future__ import annotations

import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from jwcrypto.jwk import JWK

from pyramid_oauth.jose.errors import UnusableKey
from pyramid_oauth.jose.json import decode_base64url, encode_base64url
from pyramid_oauth.jose.jwk import (
    from_jwk,
    from_pem,
    generate,
    private_jwk,
    public_jwk,
    public_keys,
)
from pyramid_oauth.jose.jws import sign
from pyramid_oauth.keystore.key_ring import KeyRing, RingKey, State
from tests.support.key_material import (
    MANAGEMENT,
    SIGNATURES,
    build_key_ring,
    private_key,
    ring_key,
)

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


@pytest.mark.spec("RFC 7517", "9.2")
@pytest.mark.parametrize("alg", [*SIGNATURES, *MANAGEMENT])
def test_the_published_set_has_public_members_only(alg: str) -> None:
    """In every state, and with `kid`, `use` and `alg` on each key."""
    kid = ring_key(alg).kid
    for state in (State.NEXT, State.ACTIVE, State.RETIRING):
        for jwk in KeyRing([ring_key(alg, state)]).public_jwks()["keys"]:
            assert not PRIVATE & jwk.keys()
            assert (jwk["kid"], jwk["alg"]) == (kid, alg)
            assert jwk["use"] == ("sig" if alg in SIGNATURES else "enc")


@pytest.mark.spec("RFC 7638", "3.1")
@pytest.mark.parametrize("alg", ["RS256", "ES384", "EdDSA"])
def test_the_kid_is_the_jwk_thumbprint(alg: str) -> None:
    """Computed by jwcrypto."""
    published = build_key_ring(alg).public_jwks()["keys"][0]
    assert JWK(**published).thumbprint() == published["kid"]


def test_the_published_set_cannot_be_changed_by_its_reader() -> None:
    """The key ring is immutable."""
    keys = build_key_ring("ES256")
    keys.public_jwks()["keys"][0]["kid"] = "changed"
    keys.public_jwks()["keys"].clear()
    assert keys.public_jwks()["keys"][0]["kid"] == ring_key("ES256").kid


def test_the_set_shows_next_active_and_retiring_keys() -> None:
    """The active key is first; a retired key is neither published nor found."""
    states = (State.RETIRED, State.RETIRING, State.NEXT, State.ACTIVE)
    keys = [ring_key("ES256", state, n) for n, state in enumerate(states)]
    ring = KeyRing(keys)
    order = [keys[3].kid, keys[2].kid, keys[1].kid]
    assert [jwk["kid"] for jwk in ring.public_jwks()["keys"]] == order
    assert ring.signer("ES256").kid == keys[3].kid
    assert ring.find(keys[1].kid) is keys[1]
    assert ring.find(keys[0].kid) is None
    assert len(ring.verification_keys()) == 3
    assert len(ring.verification_keys(retired=True)) == 4


def test_the_algorithms_are_in_a_fixed_order() -> None:
    """RS256, which every relying party supports, is first."""
    assert build_key_ring("EdDSA", "ES256", "RS256").algorithms == (
        "RS256",
        "ES256",
        "EdDSA",
    )


def weak_rsa() -> rsa.RSAPrivateKey:
    """A key of 1024 bits."""
    return rsa.generate_private_key(65537, 1024)


@pytest.mark.spec("RFC 7518", "3.3")
def test_rsa_keys_below_2048_bits_are_refused() -> None:
    """As PEM, as JWK, in the set of a client, and when generated."""
    weak = JWK.from_pyca(weak_rsa())
    pem = weak.export_to_pem(private_key=True, password=None)
    with pytest.raises(UnusableKey, match="1024 bits"):
        from_pem(pem)
    with pytest.raises(UnusableKey, match="1024 bits"):
        from_jwk(weak.export(as_dict=True))
    assert public_keys({"keys": [weak.export_public(as_dict=True)]}) == ()
    with pytest.raises(UnusableKey):
        generate("RS256", rsa_bits=1024)


def test_an_rsa_key_with_a_large_exponent_is_ignored() -> None:
    """A large exponent makes verification slow."""
    jwk = public_jwk(private_key("RS256"))
    exponent = int.from_bytes(decode_base64url(jwk["n"])) - 2
    slow_key = {**jwk, "e": encode_base64url(exponent.to_bytes(256))}
    assert public_keys({"keys": [slow_key]}) == ()
    assert len(public_keys({"keys": [slow_key, jwk]})) == 1


@pytest.mark.parametrize(
    "native",
    [ed448.Ed448PrivateKey.generate(), ec.generate_private_key(ec.SECP256K1())],
    ids=["Ed448", "secp256k1"],
)
def test_keys_of_unsupported_curves_are_refused(native: object) -> None:
    """Ed448 and secp256k1 belong to no supported algorithm."""
    jwk = JWK.from_pyca(native)
    with pytest.raises(UnusableKey):
        from_pem(jwk.export_to_pem(private_key=True, password=None))
    with pytest.raises(UnusableKey):
        from_jwk(jwk.export(as_dict=True))


@pytest.mark.parametrize(
    ("key", "alg"),
    [
        ("ES256", "ES384"),
        ("ES256", "RS256"),
        ("RS256", "HS256"),
        ("EdDSA", "ECDH-ES"),
        ("RS256", "dir"),
        ("RS256", "A128KW"),
        ("RS256", "none"),
    ],
)
def test_a_key_of_another_type_than_its_algorithm_is_refused(
    key: str, alg: str
) -> None:
    """By type or curve, or because the algorithm is unknown."""
    with pytest.raises(UnusableKey):
        RingKey.of(private_key(key), alg, State.ACTIVE)


def test_a_jwk_with_another_use_or_alg_is_refused() -> None:
    """The `alg` and `use` of a JWK are binding."""
    jwk = private_jwk(private_key("RS256"))
    for label in ({"alg": "RS512"}, {"use": "enc"}):
        with pytest.raises(UnusableKey):
            RingKey.of(from_jwk({**jwk, **label}), "RS256", State.ACTIVE)


def test_a_private_key_published_by_a_client_is_not_used() -> None:
    """Only its public part is used."""
    jwk = private_jwk(private_key("ES256"))
    (key,) = public_keys({"keys": [jwk]})
    assert not key.is_private


def test_a_symmetric_key_in_a_client_key_set_is_ignored() -> None:
    """A published secret is no secret."""
    assert public_keys({"keys": [{"kty": "oct", "k": "c2VjcmV0" * 8}]}) == ()


def test_a_repr_shows_no_private_member() -> None:
    """Logs and debuggers print the `repr`."""
    secret = private_jwk(private_key("ES256"))["d"]
    assert secret not in repr(build_key_ring("ES256")) + repr(ring_key("ES256"))


def test_a_relying_party_can_load_the_published_set() -> None:
    """PyJWT selects the key by the `kid` of the token."""
    keys = build_key_ring("RS256", "ES256", "EdDSA", "RSA-OAEP")
    key_set = jwt.PyJWKSet.from_json(json.dumps(keys.public_jwks()))
    for alg in keys.algorithms:
        token = sign({"sub": "a"}, keys.signer(alg), typ="JWT")
        kid = jwt.get_unverified_header(token)["kid"]
        assert jwt.decode(token, key_set[kid].key, [alg]) == {"sub": "a"}
