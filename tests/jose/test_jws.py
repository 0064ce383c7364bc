"""Signature algorithms, checked against PyJWT and jwcrypto (RFC 7518)."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass

import jwt
import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jwt import JWT

from pyramid_oauth.extensions.openid.id_token import at_hash, c_hash
from pyramid_oauth.jose.errors import InvalidToken, NoSuchKey, UnknownKey, UnusableKey
from pyramid_oauth.jose.jwk import public_jwk, public_keys, secret_key
from pyramid_oauth.jose.jws import (
    secret_signer,
    sign,
    unsigned_claims,
    unverified_claims,
    unverified_header,
    verify,
)
from pyramid_oauth.keystore.key_ring import KeyRing, State
from tests.support.key_material import (
    MACS,
    SECRET,
    SIGNATURES,
    build_key_ring,
    private_key,
    ring_key,
)

CLAIMS = {"iss": "https://op.example", "sub": "alice", "nested": {"ä": [1, 2.5, None]}}


@pytest.mark.spec("RFC 7518", "3.1")
@pytest.mark.parametrize("alg", SIGNATURES)
def test_other_libraries_verify_our_signatures(alg: str) -> None:
    """PyJWT and jwcrypto read the published set and accept the token."""
    keys = build_key_ring(alg)
    token = sign(CLAIMS, keys.signer(alg), typ="JWT")
    published = keys.public_jwks()["keys"][0]
    assert jwt.decode(token, jwt.PyJWK(published).key, [alg]) == CLAIMS
    verified = JWT(jwt=token, key=JWK(**published), algs=[alg])
    assert json.loads(verified.claims) == CLAIMS


@pytest.mark.spec("RFC 7515", "5.2")
@pytest.mark.parametrize("alg", SIGNATURES)
def test_signatures_of_other_libraries_are_verified(alg: str) -> None:
    """A token of PyJWT with a client's published key is accepted."""
    key = private_key(alg)
    token = jwt.encode(CLAIMS, key.private_key, alg, headers={"kid": "theirs"})  # type: ignore[arg-type]
    jwks = {"keys": [{**build_key_ring(alg).public_jwks()["keys"][0], "kid": "theirs"}]}
    signed = verify(token, public_keys(jwks), algorithms=[alg])
    assert dict(signed) == CLAIMS
    assert signed.header["kid"] == "theirs"


@pytest.mark.spec("RFC 7518", "3.2")
@pytest.mark.parametrize("alg", MACS)
def test_hmac_signatures_interoperate_with_other_libraries(alg: str) -> None:
    """HS256-512 with the secret's UTF-8 octets, as PyJWT does it."""
    own_token = sign(CLAIMS, secret_signer(SECRET, alg), typ=None)
    assert jwt.decode(own_token, SECRET, [alg]) == CLAIMS
    foreign_token = jwt.encode(CLAIMS, SECRET, alg)
    assert (
        dict(verify(foreign_token, [secret_key(SECRET, alg)], algorithms=[alg]))
        == CLAIMS
    )


@pytest.mark.spec("RFC 7518", "3.2")
@pytest.mark.parametrize(
    ("alg", "least"), [("HS256", 32), ("HS384", 48), ("HS512", 64)]
)
def test_a_secret_shorter_than_the_hash_is_refused(alg: str, least: int) -> None:
    """A MAC key is at least as long as the hash output."""
    assert secret_signer("s" * least, alg).alg == alg
    with pytest.raises(UnusableKey):
        secret_signer("s" * (least - 1), alg)


@pytest.mark.spec("RFC 8725", "3.1")
@pytest.mark.parametrize("alg", [*SIGNATURES, *MACS])
def test_only_the_listed_algorithms_are_accepted(alg: str) -> None:
    """The list of allowed algorithms decides, not the header of the token."""
    mac = alg in MACS
    key = secret_key(SECRET, alg) if mac else ring_key(alg).public
    signer = secret_signer(SECRET, alg) if mac else ring_key(alg)
    token = sign(CLAIMS, signer, typ=None)
    others = [name for name in (*SIGNATURES, *MACS) if name != alg]
    for allowed in (others, []):
        with pytest.raises(InvalidToken):
            verify(token, [key], algorithms=allowed)


@pytest.mark.spec("RFC 8725", "2.1")
def test_alg_none_is_never_verified() -> None:
    """Not even if `none` is listed; only `unsigned_claims` reads such a token."""
    token = jwt.encode(CLAIMS, None, "none")
    key = ring_key("ES256").public
    for allowed in (["none"], ["none", "ES256"], ["ES256"], []):
        with pytest.raises(InvalidToken):
            verify(token, [key], algorithms=allowed)
    assert unsigned_claims(token) == CLAIMS


def test_unsigned_claims_refuses_signed_tokens() -> None:
    """A signed token, or a `none` token that carries a signature, is not unsigned."""
    signed = sign(CLAIMS, ring_key("ES256"), typ=None)
    for token in (signed, jwt.encode(CLAIMS, None, "none") + "AAAA"):
        with pytest.raises(InvalidToken):
            unsigned_claims(token)


@dataclass
class PublicKeyMac:
    """A signer with a public key as its MAC secret, as an attacker would use it."""

    secret: bytes
    kid: str | None = None
    alg: str = "HS256"

    def sign(self, data: bytes) -> bytes:
        """The MAC with the public key as its secret."""
        return hmac.digest(self.secret, data, "sha256")


@pytest.mark.spec("RFC 8725", "2.1")
def test_a_public_key_used_as_hmac_secret_is_refused() -> None:
    """Algorithm confusion: HS256 with the published key as its secret."""
    key = ring_key("RS256")
    pem = key.public.as_pem()  # type: ignore[union-attr]
    token = sign(CLAIMS, PublicKeyMac(pem), typ=None)
    with pytest.raises(UnknownKey):
        verify(token, [key.public], algorithms=["RS256", "HS256"])


@pytest.mark.spec("RFC 7515", "5.2")
@pytest.mark.parametrize("alg", SIGNATURES)
def test_an_altered_token_is_refused(alg: str) -> None:
    """With another payload, header or signature."""
    key = ring_key(alg)
    header, payload, signature = sign(CLAIMS, key, typ=None).split(".")
    other = sign({"sub": "mallory"}, key, typ=None).split(".")
    forged = [
        f"{header}.{other[1]}.{signature}",
        f"{header}.{payload}.{other[2]}",
        f"{header}.{payload}.",
        f"{header}.{payload}.{signature[:-8]}",
    ]
    for token in forged:
        with pytest.raises(InvalidToken):
            verify(token, [key.public], algorithms=[alg])


@pytest.mark.parametrize("segment", range(3))
def test_a_segment_with_unused_bits_set_is_refused(segment: int) -> None:
    """A token has one text, so that another is not taken for another token."""
    key = ring_key("ES256")
    claims = {"sub": "someone"}
    parts = sign(claims, key, typ="x").split(".")
    assert all(len(part) % 4 for part in parts)
    last = parts[segment][-1]
    parts[segment] = parts[segment][:-1] + chr(ord(last) + 1)
    with pytest.raises(InvalidToken):
        verify(".".join(parts), [key.public], algorithms=["ES256"])


def test_a_header_that_was_verified_before_is_checked_again() -> None:
    """A parsed header is kept, but neither its key nor the lists of the caller."""
    key = ring_key("ES256")
    token = sign(CLAIMS, key, typ="JWT")
    header, payload, signature = token.split(".")
    verify(token, [key.public], algorithms=["ES256"])
    with pytest.raises(InvalidToken, match="algorithm"):
        verify(token, [key.public], algorithms=["RS256"])
    with pytest.raises(InvalidToken, match="type"):
        verify(token, [key.public], algorithms=["ES256"], types=["at+jwt"])
    with pytest.raises(UnknownKey):
        verify(token, [], algorithms=["ES256"])
    forged = signature.replace(signature[5], "A" if signature[5] != "A" else "B")
    with pytest.raises(InvalidToken):
        verify(f"{header}.{payload}.{forged}", [key.public], algorithms=["ES256"])


def test_a_key_verifies_its_own_algorithm_only() -> None:
    """The same RSA key published for RS256 does not verify PS256."""
    token = sign(CLAIMS, ring_key("PS256"), typ=None)
    with pytest.raises(UnknownKey):
        verify(token, [ring_key("RS256").public], algorithms=["RS256", "PS256"])


@pytest.mark.spec("RFC 7515", "4.1.4")
def test_the_kid_selects_the_key() -> None:
    """An unknown `kid` has its own error, so that the key set can be fetched again."""
    old, new = ring_key("ES256"), ring_key("ES256", number=1)
    token = sign(CLAIMS, new, typ=None)
    with pytest.raises(UnknownKey):
        verify(token, [old.public], algorithms=["ES256"])
    signed = verify(token, [old.public, new.public], algorithms=["ES256"])
    assert signed["sub"] == "alice"


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.4.3")
def test_of_keys_with_the_same_kid_the_fitting_one_is_used() -> None:
    """Key type, curve, `use` and `alg` decide; several that fit are tried."""
    token = sign(CLAIMS, ring_key("ES256"), typ=None)
    kid = private_key("ES256").thumbprint()
    jwks = [
        public_jwk(private_key("RS256"), kid=kid),
        public_jwk(private_key("ES512"), kid=kid),
        public_jwk(private_key("ES256", 1), kid=kid, use="enc"),
        public_jwk(private_key("ES256", 1), kid=kid),
        public_jwk(private_key("ES256"), kid=kid, use="sig", alg="ES256"),
    ]
    keys = public_keys({"keys": jwks})
    assert verify(token, keys, algorithms=["ES256"])["sub"] == "alice"


def test_without_a_kid_every_fitting_key_is_tried() -> None:
    """Tokens without `kid` are accepted."""
    keys = [ring_key("ES256", number=n).public for n in range(3)]
    token = jwt.encode(CLAIMS, private_key("ES256", 2).private_key, "ES256")  # type: ignore[arg-type]
    assert verify(token, keys, algorithms=["ES256"])["sub"] == "alice"


@pytest.mark.spec("RFC 8725", "3.11")
def test_the_expected_typ_is_checked() -> None:
    """`application/` is optional and case does not matter; another type is refused."""
    key = ring_key("ES256")
    token = sign(CLAIMS, key, typ="at+jwt")
    for types in (["at+jwt"], ["application/AT+JWT"], [None, "at+jwt"], None):
        assert verify(token, [key.public], algorithms=["ES256"], types=types)
    for types in (["logout+jwt"], [None]):
        with pytest.raises(InvalidToken):
            verify(token, [key.public], algorithms=["ES256"], types=types)
    untyped = sign(CLAIMS, key, typ=None)
    assert verify(untyped, [key.public], algorithms=["ES256"], types=[None])
    with pytest.raises(InvalidToken):
        verify(untyped, [key.public], algorithms=["ES256"], types=["at+jwt"])


@pytest.mark.spec("RFC 7515", "4.1.11")
@pytest.mark.parametrize("name", ["b64", "exp", "unheard-of"])
def test_critical_extensions_are_refused(name: str) -> None:
    """No critical extension is supported."""
    headers = {"crit": [name], name: True}
    token = jwt.encode(CLAIMS, SECRET, "HS256", headers=headers)
    with pytest.raises(InvalidToken):
        verify(token, [secret_key(SECRET, "HS256")], algorithms=["HS256"])


def test_the_header_can_be_read_before_verification() -> None:
    """Needed to find the key; the content is not trusted."""
    token = sign(CLAIMS, ring_key("ES256"), typ="JWT")
    kid = private_key("ES256").thumbprint()
    assert unverified_header(token) == {"alg": "ES256", "kid": kid, "typ": "JWT"}
    assert unverified_claims(token) == CLAIMS


@pytest.mark.spec("OpenID Connect Core", "3.1.3.6")
def test_at_hash_and_c_hash_match_the_examples_of_the_specification() -> None:
    """The example of Core appendix A.3 and A.4 (RS256)."""
    assert at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", "RS256") == (
        "77QmUPtjPfzWtF2AnpK9RQ"
    )
    assert c_hash(
        "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk", "RS256"
    ) == ("LDktKdoQak3Pk0cnXxCltA")


@pytest.mark.spec("OpenID Connect Core", "3.3.2.11")
@pytest.mark.parametrize(
    ("alg", "length"),
    [("ES256", 22), ("PS384", 32), ("HS512", 43), ("EdDSA", 43), ("ES384", 32)],
)
def test_the_hash_follows_the_algorithm(alg: str, length: int) -> None:
    """Half of 32, 48 or 64 bytes; EdDSA uses SHA-512."""
    assert len(at_hash("token", alg)) == length
    assert at_hash("token", "EdDSA") == at_hash("token", "RS512")


def test_a_ring_without_an_active_key_signs_nothing() -> None:
    """Next and retiring keys do not sign."""
    states = (State.NEXT, State.RETIRING)
    keys = KeyRing(ring_key("ES256", s, n) for n, s in enumerate(states))
    assert keys.algorithms == ()
    with pytest.raises(NoSuchKey):
        keys.signer("ES256")
