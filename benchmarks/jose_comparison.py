"""What signing and verifying costs: joserfc, jwcrypto, PyJWT, and our own layer.

`python -m benchmarks.jose_comparison [SECONDS]` prints microseconds per operation, the
fastest batch within SECONDS (default 0.5) each. docs/explanation/jose.md quotes it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version

import jwt
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import OctKey
from joserfc.jws import JWSRegistry
from jwcrypto.jwk import JWK
from jwcrypto.jwt import JWT

from pyramid_oauth.jose.jwk import Key, generate, private_jwk, secret_key
from pyramid_oauth.jose.jws import KeySigner, sign, verify

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "HS256")
SECRET = "benchmark secret of more than sixty-four octets, enough for HS512 as well"
CLAIMS = {
    "iss": "https://server.example.com",
    "sub": "24400320",
    "aud": "s6BhdRkqt3",
    "nonce": "n-0S6_WzA2Mj",
    "exp": 4102444800,
    "iat": 1767225600,
    "auth_time": 1767225600,
    "at_hash": "77QmUPtjPfzWtF2AnpK9RQ",
}

BATCH = 5
Operation = Callable[[], object]


def pyjwt(key: Key, alg: str) -> tuple[Operation, Operation]:
    private = key.raw_value if alg == "HS256" else key.private_key
    public = key.raw_value if alg == "HS256" else key.public_key
    token = jwt.encode(CLAIMS, private, alg)
    options = {"verify_aud": False}
    return (
        lambda: jwt.encode(CLAIMS, private, alg),
        lambda: jwt.decode(token, public, [alg], options=options),
    )


def joserfc(key: Key, alg: str) -> tuple[Operation, Operation]:
    # Its registry warns at EdDSA, the name that relying parties use.
    registry, header = JWSRegistry(algorithms=[alg]), {"alg": alg}
    token = joserfc_jwt.encode(header, CLAIMS, key, registry=registry)
    return (
        lambda: joserfc_jwt.encode(header, CLAIMS, key, registry=registry),
        lambda: joserfc_jwt.decode(token, key, registry=registry),
    )


def jwcrypto(key: Key, alg: str) -> tuple[Operation, Operation]:
    jwk = JWK(**(key.as_dict() if isinstance(key, OctKey) else private_jwk(key)))

    def make() -> str:
        made = JWT(header={"alg": alg}, claims=CLAIMS, algs=[alg])
        made.make_signed_token(jwk)
        return str(made.serialize())

    token = make()
    return make, lambda: json.loads(JWT(jwt=token, key=jwk, algs=[alg]).claims)


def ours(key: Key, alg: str) -> tuple[Operation, Operation]:
    signer = KeySigner(key, alg, "kid")
    token, keys = sign(CLAIMS, signer, typ="JWT"), [key]
    return (
        lambda: sign(CLAIMS, signer, typ="JWT"),
        lambda: verify(token, keys, algorithms=[alg]),
    )


def microseconds(operation: Operation, seconds: float) -> float:
    """Per call, in the fastest of many small batches: others use the machine too."""
    operation()
    best, begun = float("inf"), time.perf_counter()
    while time.perf_counter() - begun < seconds:
        start = time.perf_counter()
        for _ in range(BATCH):
            operation()
        best = min(best, (time.perf_counter() - start) / BATCH)
    return best * 1e6


def rows(seconds: float) -> Iterator[str]:
    """One line per algorithm and implementation."""
    for alg in ALGORITHMS:
        key = secret_key(SECRET, alg) if alg == "HS256" else generate(alg)
        for made in (joserfc, jwcrypto, pyjwt, ours):
            times = [microseconds(act, seconds) for act in made(key, alg)]
            yield f"| {alg} | {made.__name__} | {times[0]:.0f} | {times[1]:.0f} |"


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 0.5
    names = ("joserfc", "jwcrypto", "PyJWT", "cryptography")
    print(", ".join(f"{name} {version(name)}" for name in names))
    print("\n| algorithm | library | sign µs | verify µs |\n|---|---|--:|--:|")
    for row in rows(seconds):
        print(row)


if __name__ == "__main__":
    main()
