"""`at_hash` and `c_hash`: half a hash of what an ID Token travels with.

OpenID Connect Core sections 3.1.3.6 and 3.3.2.11: the hash is the signing algorithm's.
"""

from __future__ import annotations

import hashlib

from pyramid_oauth.keys.algorithms import signing
from pyramid_oauth.keys.jose_json import encoded


def half_hash(value: str, alg: str) -> str:
    """The left half of the hash of an ASCII token or code, for this algorithm."""
    digest = hashlib.new(signing(alg).digest, value.encode("ascii")).digest()
    return encoded(digest[: len(digest) // 2])


def at_hash(access_token: str, alg: str) -> str:
    """The `at_hash` of an access token in an ID Token signed with `alg`."""
    return half_hash(access_token, alg)


def c_hash(code: str, alg: str) -> str:
    """The `c_hash` of an authorization code in an ID Token signed with `alg`."""
    return half_hash(code, alg)
