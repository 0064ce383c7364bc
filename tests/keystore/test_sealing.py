"""Private keys sealed in the database by key-encryption keys."""

from __future__ import annotations

import json
import logging

import pytest
from sqlalchemy.orm import Session

from pyramid_oauth.jose.errors import NoSuchKey, UnusableKey
from pyramid_oauth.keystore.encryption import Seal, SealBroken, key_seal
from pyramid_oauth.keystore.key_ring import KeyRing, State
from pyramid_oauth.keystore.repository import KeyStore
from pyramid_oauth.keystore.sources import (
    DatabaseKeys,
)
from tests.support.key_database import SigningKey
from tests.support.key_material import private_key, ring_key

OLD, NEW = b"the old key-encryption key 123456", b"the new key-encryption key 123456"


def test_no_private_member_is_stored_in_clear(key_session: Session) -> None:
    """The row has the public key, and the private key sealed."""
    key = KeyStore(key_session, SigningKey, key_seal([OLD])).generate("ES256")
    opened = json.loads(key_seal([OLD]).open(key.sealed or ""))
    row = f"{key.public_jwk} {key.sealed} {key!r}"
    assert opened["d"] not in row
    assert "d" not in key.public_jwk


def test_key_encryption_keys_are_rotated(key_session: Session) -> None:
    """New key first, old key second; after `reseal` the old key can be removed."""
    key = KeyStore(key_session, SigningKey, key_seal([OLD])).generate(
        "ES256", State.ACTIVE
    )
    both = KeyStore(key_session, SigningKey, key_seal([NEW, OLD]))
    assert load_ring(key_session, [NEW, OLD]).signer("ES256").kid == key.kid
    assert (both.reseal(), both.reseal()) == (1, 0)
    assert load_ring(key_session, [NEW]).signer("ES256").kid == key.kid
    with pytest.raises(SealBroken):
        key_seal([OLD]).open(key.sealed or "")


def load_ring(session: Session, keks: list[bytes]) -> KeyRing:
    """The key ring of a process that starts now."""
    return KeyRing(DatabaseKeys(SigningKey, key_seal(keks)).load(lambda: session))


def test_a_key_that_cannot_be_unsealed_still_verifies(
    key_session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    """It is published and cannot sign; the log has its `kid`."""
    key = KeyStore(key_session, SigningKey, key_seal([OLD])).generate(
        "ES256", State.ACTIVE
    )
    with caplog.at_level(logging.ERROR):
        ring = load_ring(key_session, [NEW])
    assert key.kid in caplog.text
    assert ring.public_jwks()["keys"][0]["kid"] == key.kid
    with pytest.raises(NoSuchKey):
        ring.signer("ES256")
    with pytest.raises(NoSuchKey):
        next(iter(ring)).sign(b"data")


def test_a_sealed_key_moved_to_another_row_is_refused(key_session: Session) -> None:
    """Write access to the database does not allow replacing one key by another."""
    store = KeyStore(key_session, SigningKey, key_seal([OLD]))
    one, other = (store.generate("ES256", State.ACTIVE) for _ in range(2))
    one.sealed = other.sealed
    key_session.flush()
    assert load_ring(key_session, [OLD]).signer("ES256").kid == other.kid


def test_a_seal_is_bound_to_its_purpose() -> None:
    """A secret sealed for one purpose cannot be opened for another."""
    sealed = Seal([OLD], "client secret").seal(b"content")
    assert Seal([OLD], "client secret").open(sealed) == b"content"
    for text in (sealed, "", "no token", sealed[:-1]):
        with pytest.raises(SealBroken):
            key_seal([OLD]).open(text)


@pytest.mark.parametrize("keks", [[], [b"short"], [OLD, b"short"]])
def test_weak_key_encryption_keys_are_refused(keks: list[bytes]) -> None:
    """At least one key of at least 32 bytes each is required."""
    with pytest.raises(ValueError, match="32 bytes"):
        key_seal(keks)


def test_an_import_of_a_duplicate_or_public_key_is_refused(
    key_session: Session,
) -> None:
    """Each key has one row; a public key cannot sign."""
    store = KeyStore(key_session, SigningKey, key_seal([OLD]))
    store.add(private_key("ES256"), "ES256")
    with pytest.raises(UnusableKey, match="already"):
        store.add(private_key("ES256"), "ES256")
    with pytest.raises(UnusableKey):
        store.add(ring_key("ES384").public, "ES384")
