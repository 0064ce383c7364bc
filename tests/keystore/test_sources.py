"""Sources of signing keys: files, an HSM of the host, the database."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from jwcrypto.jwk import JWK
from sqlalchemy.orm import Session

from pyramid_oauth.jose.errors import UnusableKey
from pyramid_oauth.jose.jwk import private_jwk
from pyramid_oauth.jose.jws import sign, verify
from pyramid_oauth.keystore.cached_ring import CachedKeyRing
from pyramid_oauth.keystore.key_ring import KeyRing, State
from pyramid_oauth.keystore.sources import (
    ExternalKeys,
    FileKeys,
    raw_signature,
)
from tests.support.key_material import private_key, ring_key


def no_session() -> Session:
    """A session for sources that must not read the database."""
    raise AssertionError("the database was asked")


def test_keys_from_pem_and_jwk_files(tmp_path: Path) -> None:
    """Each line names a file; missing parts follow from the key."""
    native = private_key("RS256").private_key
    pem = native.private_bytes(  # type: ignore[union-attr]
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open")
    )
    (tmp_path / "rsa.pem").write_bytes(pem)
    jwk = private_jwk(private_key("ES256"))
    (tmp_path / "one.json").write_text(json.dumps(jwk))
    both = [private_jwk(private_key(alg)) for alg in ("EdDSA", "ES384")]
    (tmp_path / "set.json").write_text(json.dumps({"keys": both}))
    lines = [
        f"{tmp_path}/rsa.pem PS256",
        f"{tmp_path}/one.json next",
        f"{tmp_path}/set.json",
    ]
    ring = KeyRing(FileKeys(lines, b"open").load(no_session))
    assert ring.algorithms == ("PS256", "ES384", "EdDSA")
    assert ring.find(private_key("ES256").thumbprint()).state is State.NEXT  # type: ignore[union-attr]
    token = sign({"sub": "a"}, ring.signer("PS256"), typ=None)
    assert verify(token, ring.verification_keys(), algorithms=["PS256"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ""),
        (b"[]", ""),
        (b'{"keys": 1}', ""),
        (b'{"keys": [1]}', ""),
        (b"-----BEGIN PRIVATE KEY-----\n", ""),
        (json.dumps(ring_key("ES256").public.as_dict()).encode(), ""),
        (json.dumps(private_jwk(private_key("ES256"))).encode(), "RS256"),
        (json.dumps(private_jwk(private_key("ES256"))).encode(), "ES256 next retired"),
        (json.dumps(private_jwk(private_key("ES256"))).encode(), "active ES256 what"),
    ],
    ids=[
        "empty",
        "list",
        "keys-is-a-number",
        "key-is-a-number",
        "truncated-pem",
        "public",
        "other-algorithm",
        "two-states",
        "unknown-word",
    ],
)
def test_an_unusable_key_file_stops_the_start(
    tmp_path: Path, content: bytes, words: str
) -> None:
    """All faults raise the same exception."""
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(UnusableKey):
        FileKeys([f"{tmp_path}/key {words}"])
    with pytest.raises(UnusableKey):
        FileKeys([f"{tmp_path}/no-such-file"])


@dataclass
class Hsm:
    """A key in a device that signs in DER, as most HSMs do."""

    native: ec.EllipticCurvePrivateKey
    kid: str = "slot-7"
    alg: str = "ES256"
    signed: int = 0

    @property
    def public_jwk(self) -> dict[str, Any]:
        """The public key of the device."""
        return dict(JWK.from_pyca(self.native.public_key()).export(as_dict=True))

    def sign(self, data: bytes) -> bytes:
        """The signature of the device in JWS format."""
        self.signed += 1
        return raw_signature(self.native.sign(data, ec.ECDSA(SHA256())), self.alg)


def test_an_hsm_of_the_host_signs() -> None:
    """The key ring publishes the key under its `kid` and signs with the device."""
    hsm = Hsm(ec.generate_private_key(ec.SECP256R1()))
    live = CachedKeyRing([ExternalKeys(lambda: [(hsm, "active")])])
    ring = live.current(no_session)
    token = sign({"sub": "a"}, ring.signer("ES256"), typ="JWT")
    key_set = jwt.PyJWKSet.from_dict(ring.public_jwks())
    assert jwt.decode(token, key_set["slot-7"].key, ["ES256"]) == {"sub": "a"}
    assert hsm.signed == 1
    assert verify(token, ring.verification_keys(), algorithms=["ES256"])


def test_an_hsm_key_must_fit_its_algorithm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A P-384 key is no key for ES256; the log says so."""
    hsm = Hsm(ec.generate_private_key(ec.SECP384R1()))
    assert ExternalKeys(lambda: [(hsm, "active")]).load(no_session) == ()
    assert "the signers cannot be read" in caplog.text


def test_keys_of_an_unreachable_hsm_keep_verifying() -> None:
    """They still verify, and are loaded again later."""
    hsm = Hsm(ec.generate_private_key(ec.SECP256R1()))
    answers = iter([[(hsm, "active")], OSError("no route"), [(hsm, "retiring")]])

    def signers() -> list[tuple[Hsm, str]]:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    source = ExternalKeys(signers)
    states = [[key.state for key in source.load(no_session)] for _ in range(3)]
    assert states == [["active"], ["active"], ["retiring"]]
