"""A client of the FAPI 2.0 plans: its keys, certificates, assertions and proofs.

They are those of a configuration that `conformance-config` wrote. Signatures are by
jwcrypto, which the server does not use.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import secrets
import time
import uuid
from base64 import urlsafe_b64encode
from collections import Counter
from functools import cache

import requests
from jwcrypto import jwk, jwt

from tests.oidf.jose import decode_base64url, export_public_keys

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NOBODY = "nobody"
LEAST_ENTROPY = 96
DESCRIPTION = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")


@cache
def proof_key(client):
    """The DPoP key of a client: PS256, the default of the suite."""
    return jwk.JWK.generate(kty="RSA", size=2048, alg="PS256", use="sig")


def hash_token(token):
    digest = hashlib.sha256(token.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def sign(claims, key, **header):
    """A JWT; None leaves a claim, or a member of the header, out."""
    claims = {name: value for name, value in claims.items() if value is not None}
    header = {"alg": key["alg"], **header}
    header = {name: value for name, value in header.items() if value is not None}
    members = key.export(private_key=True, as_dict=True)
    token = jwt.JWT(header=header, claims=claims)
    # Without the `alg` of the key, which another one in the header may contradict.
    token.make_signed_token(jwk.JWK(**{**members, "alg": header["alg"]}))
    return token.serialize()


def replace_signature(token):
    """The token with the signature of other bytes."""
    head, payload, signature = token.split(".")
    wrong = bytes(byte ^ 0x5A for byte in decode_base64url(signature))
    return f"{head}.{payload}.{urlsafe_b64encode(wrong).rstrip(b'=').decode()}"


def remove_signature(token):
    """The claims of a token as an unsigned one, with the members of its header."""
    head, payload, _ = token.split(".")
    header = {**json.loads(decode_base64url(head)), "alg": "none"}
    return f"{encode(header)}.{payload}."


def encode(members):
    """JSON in base64url."""
    return urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()


def export_public_key(key):
    """The public half of a key, as it stands in a proof."""
    keys = jwk.JWKSet()
    keys.add(key)
    (public,) = export_public_keys(keys)["keys"]
    return {name: public[name] for name in ("kty", "n", "e")}


def measure_entropy(text):
    """Shannon entropy in bits, as the suite computes it."""
    counts = Counter(text).values()
    return -sum(n * math.log2(n / len(text)) for n in counts)


def require_entropy(*values):
    for value in values:
        assert measure_entropy(value) > LEAST_ENTROPY, value


def read_error(answer):
    """The error code of a refusal; its status and its form are checked."""
    assert answer.status_code in (400, 401), (answer.status_code, answer.text)
    assert answer.headers["Content-Type"].startswith("application/json")
    members = answer.json()
    check_error(members)
    assert members.keys() <= {"error", "error_description", "error_uri"}
    assert answer.status_code == 400 or members["error"] == "invalid_client"
    return members["error"]


def check_error(members):
    """The description has the characters of RFC 6749 section 5.2."""
    assert DESCRIPTION.fullmatch(members.get("error_description", ""))


class FapiClient:
    """Both clients of a configuration, at a running server."""

    def __init__(self, variant, configuration, ca_file, folder=None):
        self.variant, self.configuration = variant, configuration
        self.folder, self.ca_file = folder, ca_file
        self.http = requests.Session()
        self.http.verify, self.http.trust_env = ca_file, False
        self.metadata = self.http.get(configuration["server"]["discoveryUrl"]).json()
        self.issuer = self.metadata["issuer"]
        self.token_url = self.find_url("token_endpoint", variant.uses_certificates)
        self.par_url = self.find_url(
            "pushed_authorization_request_endpoint",
            variant.authenticates_by_certificate,
        )
        self.resource = configuration["resource"]["resourceUrl"]

    def find_url(self, name, with_certificate):
        """The URL of an endpoint, or its alias for clients with a certificate."""
        aliases = self.metadata["mtls_endpoint_aliases"] if with_certificate else {}
        return aliases.get(name, self.metadata[name])

    def id(self, client):
        return self.configuration[client]["client_id"]

    def key(self, client):
        (key,) = self.configuration[client]["jwks"]["keys"]
        return jwk.JWK(**key)

    def certificate(self, client):
        """The files of the certificate and its key, or None where there is none."""
        if client == NOBODY or not self.variant.uses_certificates:
            return None
        members = self.configuration["mtls2" if client == "client2" else "mtls"]
        paths = [self.folder / f"{client}.{name}" for name in ("cert", "key")]
        for path in paths:
            path.write_text(members[path.suffix[1:]])
        return tuple(map(str, paths))

    def build_assertion(self, client, signer=None, header=None, **changes):
        """What names the client: an assertion; None leaves a claim out."""
        if self.variant.authenticates_by_certificate:
            return {"client_id": self.id(client)}
        now = int(time.time())
        claims = {
            "iss": self.id(client),
            "sub": self.id(client),
            "aud": self.issuer,
            "jti": secrets.token_urlsafe(15),
            "iat": now,
            "nbf": now,
            "exp": now + 60,
            **changes,
        }
        key = self.key(signer or client)
        signed = sign(claims, key, **{"kid": key["kid"], **(header or {})})
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}

    def build_proof(self, client, method, url, token=None, header=None, **changes):
        """The header with a DPoP proof."""
        claims = {
            "jti": str(uuid.uuid4()),
            "htm": method,
            "htu": url,
            "iat": int(time.time()),
            "ath": token and hash_token(token),
            **changes,
        }
        key = proof_key(client)
        typed = {"typ": "dpop+jwt", "jwk": export_public_key(key), **(header or {})}
        return {"DPoP": sign(claims, key, **typed)}

    def post(self, url, form, client, assertion=None, headers=None, holder=None):
        """Post a form as an authenticated client; headers None add a proof.

        `holder` is the client whose certificate is sent, with NOBODY none.
        """
        if assertion is None:
            assertion = self.build_assertion(client)
        if headers is None:
            is_bound = self.variant.is_dpop
            headers = self.build_proof(client, "POST", url) if is_bound else {}
        certificate = self.certificate(holder or client)
        form = {**form, **assertion}
        return self.http.post(url, form, headers=headers, cert=certificate)

    def post_unbound(self, url, form, client):
        """Post a form as `client`, but without what binds a token to a key."""
        holder = client if self.variant.is_dpop else NOBODY
        return self.post(url, form, client, headers={}, holder=holder)
