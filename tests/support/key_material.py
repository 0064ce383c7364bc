"""Keys that are generated once per run, since RSA keys are slow to generate."""

from __future__ import annotations

from functools import cache

from joserfc.jwk import RSAKey

from pyramid_oauth.jose.jwk import Key, generate
from pyramid_oauth.keystore.key_ring import KeyRing, RingKey, State

SIGNATURES = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
MACS = ("HS256", "HS384", "HS512")
MANAGEMENT = (
    *("RSA-OAEP", "RSA-OAEP-256"),
    *("ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"),
)
CONTENT = ("A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM")
SECRET = "a client secret which is long enough for the widest hash of them all"


KEPT: set[int] = set()
"""The RSA keys that tests keep, by `id`: nothing else generates the same key."""


@cache
def _generate_once(kind: str, number: int) -> Key:
    key = generate(kind)
    if isinstance(key, RSAKey):
        KEPT.add(id(key.raw_value))
    return key


def private_key(alg: str, number: int = 0) -> Key:
    """The same private key for every test that asks; one for all RSA algorithms."""
    return _generate_once("RS256" if alg[:2] in ("RS", "PS") else alg, number)


def ring_key(alg: str, state: State = State.ACTIVE, number: int = 0) -> RingKey:
    """The same key in a state of the ring."""
    return RingKey.of(private_key(alg, number), alg, state)


def build_key_ring(*algs: str) -> KeyRing:
    """A ring with an active key for each algorithm."""
    return KeyRing(ring_key(alg) for alg in algs)
