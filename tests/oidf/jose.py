"""Keys, signatures and hashes of the relying side, with jwcrypto."""

from __future__ import annotations

import base64
import hashlib
import json

from jwcrypto import jwk, jwt


def decode_base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def compute_half_hash(text):
    """The left half of the SHA-256 (OpenID Connect Core section 3.1.3.6)."""
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def generate_key_set(alg="RS256", **identifier):
    """A fresh set with one signing key; like most of the suite's, without a kid."""
    key_parameters = {"RS256": {"kty": "RSA", "size": 2048}, "ES256": {"kty": "EC"}}
    keys = jwk.JWKSet()
    keys.add(jwk.JWK.generate(**key_parameters[alg], alg=alg, use="sig", **identifier))
    return keys


def build_secret_key_set(secret, alg="HS256"):
    """The set that the suite makes of a client's secret."""
    keys = jwk.JWKSet()
    octets = base64.urlsafe_b64encode(secret.encode()).rstrip(b"=").decode()
    keys.add(jwk.JWK(kty="oct", k=octets, alg=alg))
    return keys


def export_public_keys(keys):
    """The public half of `keys`, as one registers it."""
    return json.loads(keys.export(private_keys=False))


def sign(claims, key):
    """A JWT of `claims`."""
    header = {name: key[name] for name in ("alg", "kid") if name in key}
    token = jwt.JWT(header=header, claims=claims)
    token.make_signed_token(key)
    return token.serialize()


def build_unsigned_jwt(claims):
    """An unsigned JWT (alg none)."""
    parts = ({"alg": "none"}, claims)
    encoded = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in parts
    )
    return ".".join([*encoded, ""])


def compute_challenge(verifier):
    """The S256 challenge of `verifier` (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
