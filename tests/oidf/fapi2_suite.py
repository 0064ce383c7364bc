"""What the suite does in the modules of the FAPI 2.0 plans, as the suite sends it.

Clients, keys, URLs and the steps of the browser are those of a configuration that
`conformance-config` wrote. Signatures are by jwcrypto, which the server does not use.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from jwcrypto import jwk, jwt

from tests.oidf.browser import Browser
from tests.oidf.jose import compute_challenge, decode_base64url, export_public_keys

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PREFIX = "fapi2-security-profile-final-"
NOBODY = "nobody"
ADDED = {"code", "state", "iss", "session_state"}
ERROR_MEMBERS = {"error", "error_description", "error_uri", "state", "iss"}


@dataclass(frozen=True)
class Variant:
    """A configuration file, and what a plan chooses beside it."""

    file: str
    is_jarm: bool = False

    def __str__(self):
        return f"{self.file}-jarm" if self.is_jarm else self.file

    @property
    def is_openid(self):
        return self.file.endswith("openid_connect")

    @property
    def is_signed(self):
        return self.file.startswith("fapi2-signing")

    @property
    def is_dpop(self):
        return "-dpop-" in self.file

    @property
    def authenticates_by_certificate(self):
        return "-mtls-mtls-" in self.file


@cache
def proof_key(client):
    """The DPoP key of a client: PS256, the default of the suite."""
    return jwk.JWK.generate(kty="RSA", size=2048, alg="PS256", use="sig")


def hash_token(token):
    digest = hashlib.sha256(token.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def sign(claims, key, **header):
    claims = {name: value for name, value in claims.items() if value is not None}
    header = {name: value for name, value in header.items() if value is not None}
    token = jwt.JWT(header={"alg": key["alg"], **header}, claims=claims)
    token.make_signed_token(key)
    return token.serialize()


class FapiSuite:
    """One run of a module at a running server."""

    def __init__(self, variant, configuration, ca_file, callbacks, folder=None):
        self.folder = folder
        self.variant, self.configuration = variant, configuration
        self.callbacks = callbacks
        self.http = requests.Session()
        self.http.verify, self.http.trust_env = ca_file, False
        self.browser = Browser(ca_file)
        self.metadata = self.http.get(configuration["server"]["discoveryUrl"]).json()
        self.issuer = self.metadata["issuer"]
        self.token_url = self.find_url("token_endpoint", not variant.is_dpop)
        self.par_url = self.find_url(
            "pushed_authorization_request_endpoint",
            variant.authenticates_by_certificate,
        )
        self.resource = configuration["resource"]["resourceUrl"]
        self.verifier = secrets.token_urlsafe(40)

    def find_url(self, name, with_certificate):
        """The URL of an endpoint, or its alias for clients with a certificate."""
        aliases = self.metadata["mtls_endpoint_aliases"] if with_certificate else {}
        return aliases.get(name, self.metadata[name])

    # --- the client ----------------------------------------------------------------

    def id(self, client):
        return self.configuration[client]["client_id"]

    def key(self, client):
        (key,) = self.configuration[client]["jwks"]["keys"]
        return jwk.JWK(**key)

    def certificate(self, client):
        """The files of the certificate and its key, or None where there is none."""
        members = self.configuration.get("mtls2" if client == "client2" else "mtls")
        if members is None or self.variant.is_dpop:
            return None
        paths = [self.folder / f"{client}.{name}" for name in ("cert", "key")]
        for path in paths:
            path.write_text(members[path.suffix[1:]])
        return tuple(map(str, paths))

    def redirect_uri(self, client):
        query = "?dummy1=lorem&dummy2=ipsum" if client == "client2" else ""
        return f"{self.callbacks}callback{query}"

    def build_assertion(self, client, signer=None, **changes):
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
        return {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": sign(claims, key, kid=key["kid"]),
        }

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
        public = export_public_keys_of(key)
        signed = sign(
            claims, key, **{"typ": "dpop+jwt", "jwk": public, **(header or {})}
        )
        return {"DPoP": signed}

    def post(self, url, form, client, assertion=None, headers=None, holder=None):
        """Post a form as an authenticated client; headers None add a proof.

        `holder` is the client whose certificate is sent, with NOBODY none.
        """
        if assertion is None:
            assertion = self.build_assertion(client)
        if headers is None:
            is_bound = self.variant.is_dpop
            headers = self.build_proof(client, "POST", url) if is_bound else {}
        certificate = self.certificate(holder or client) if holder != NOBODY else None
        form = {**form, **assertion}
        return self.http.post(url, form, headers=headers, cert=certificate)

    # --- the authorization request ---------------------------------------------------

    def build_request(self, client, **changes):
        parameters = {
            "client_id": self.id(client),
            "response_type": "code",
            "redirect_uri": self.redirect_uri(client),
            "scope": self.configuration[client]["scope"],
            "state": secrets.token_urlsafe(7)[:10],
            "nonce": secrets.token_urlsafe(7)[:10] if self.variant.is_openid else None,
            "code_challenge": compute_challenge(self.verifier),
            "code_challenge_method": "S256",
            "response_mode": "jwt" if self.variant.is_jarm else None,
            **changes,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    def build_request_object(self, client, parameters, header=None, **changes):
        """A signed request object; the second client adds `iat` and a type."""
        now, key = int(time.time()), self.key(client)
        claims = {
            **parameters,
            "iss": self.id(client),
            "aud": self.issuer,
            "nbf": now,
            "exp": now + 300,
            **changes,
        }
        typ = None
        if client == "client2":
            claims, typ = {"iat": now, **claims}, "OautH-auThZ-REQ+jWt"
        return sign(claims, key, **{"kid": key["kid"], "typ": typ, **(header or {})})

    def push(self, client="client", headers=None, assertion=None, **changes):
        """Push a request; the answer."""
        form = self.build_request(client, **changes)
        if self.variant.is_signed:
            form = {"request": self.build_request_object(client, form)}
        return self.post(self.par_url, form, client, assertion, headers or {})

    def push_uri(self, client="client", **changes):
        answer = self.push(client, **changes)
        assert answer.status_code == 201, answer.text
        assert answer.headers["Content-Type"].startswith("application/json")
        assert 5 <= answer.json()["expires_in"] <= 600
        return answer.json()["request_uri"]

    def open(self, uri, client="client", module=None, **more):
        """Send the browser to the authorization endpoint, as `module` would."""
        steps = self.configuration["browser"]
        if module:
            name = f"{PREFIX}{module}"
            override = self.configuration["override"].get(name, {})
            steps = override.get("browser", steps)
        query = {"request_uri": uri, "client_id": self.id(client), **more}
        query = [(name, value) for name, value in query.items() if value is not None]
        if client == "client2":
            query.reverse()
        url = f"{self.metadata['authorization_endpoint']}?{urlencode(query)}"
        return self.browser.run(steps, url)

    def repeat_parameters(self, client):
        """The parameters that the suite sends again beside `request_uri`."""
        parameters = self.build_request(client)
        return {name: parameters[name] for name in ("response_type", "scope")} | {
            "redirect_uri": self.redirect_uri(client)
        }

    def authorize(self, client="client", module=None, state="s" * 10, **changes):
        """A whole authorization request; the members of the answer."""
        uri = self.push_uri(client, state=state, **changes)
        self.open(uri, client, module, **self.repeat_parameters(client))
        return self.read_response(client, state)

    def read_response(self, client="client", state=None):
        """The members of the answer; the place and the signature are checked."""
        url = self.browser.page.url
        assert url.startswith(f"{self.callbacks}callback"), url
        members = dict(parse_qsl(urlsplit(url).query))
        if client == "client2":
            assert (members.pop("dummy1"), members.pop("dummy2")) == ("lorem", "ipsum")
        if self.variant.is_jarm:
            assert members.keys() == {"response"}
            members = self.verify(members["response"])
            assert members.pop("aud") == self.id(client)
            assert 10 <= members.pop("exp") - time.time() <= 600
        assert members.keys() <= (ERROR_MEMBERS if "error" in members else ADDED)
        assert members["iss"] == self.issuer
        assert members.get("state") == state
        return members

    def verify(self, token):
        """The claims of what the server signed by PS256, with the key it names."""
        header = json.loads(decode_base64url(token.split(".")[0]))
        assert header["alg"] == "PS256"
        keys = jwk.JWKSet.from_json(self.http.get(self.metadata["jwks_uri"]).text)
        checked = jwt.JWT(check_claims={}, algs=["PS256"])
        checked.deserialize(token, keys.get_key(header["kid"]))
        return json.loads(checked.claims)

    # --- tokens ----------------------------------------------------------------------

    def redeem(
        self,
        code,
        client="client",
        assertion=None,
        headers=None,
        holder=None,
        **changes,
    ):
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri(client),
            "code_verifier": self.verifier,
            **changes,
        }
        form = {name: value for name, value in form.items() if value is not None}
        return self.post(self.token_url, form, client, assertion, headers, holder)

    def log_in(self, client="client", **changes):
        """The tokens of a whole flow."""
        answer = self.redeem(self.authorize(client, **changes)["code"], client)
        assert answer.status_code == 200, answer.text
        assert "no-store" in answer.headers["Cache-Control"]
        tokens = answer.json()
        assert tokens["token_type"] == ("DPoP" if self.variant.is_dpop else "Bearer")
        assert ("id_token" in tokens) is self.variant.is_openid
        return tokens

    def call(self, token, client="client", scheme=None, proof=None, **headers):
        """The status of the resource for the request of the suite."""
        scheme = scheme or ("DPoP" if self.variant.is_dpop else "Bearer")
        if proof is None and not self.variant.is_dpop:
            proof = {}
        if proof is None:
            proof = self.build_proof(client, "GET", self.resource, token)
        sent = {
            "Authorization": f"{scheme} {token}",
            "Accept": "application/json",
            "x-fapi-auth-date": "Tue, 11 Sep 2012 19:43:31 UTC",
            "x-fapi-customer-ip-address": "2001:db8::1",
            "x-fapi-interaction-id": str(uuid.uuid4()),
            **proof,
            **headers,
        }
        certificate = None if client == NOBODY else self.certificate(client)
        answer = self.http.get(self.resource, headers=sent, cert=certificate)
        if answer.ok:
            assert answer.headers["Content-Type"].startswith("application/json")
            assert answer.headers["Date"]
            returned = answer.headers.get("x-fapi-interaction-id")
            assert returned in (None, sent["x-fapi-interaction-id"])
        return answer.status_code


def export_public_keys_of(key):
    """The public half of a key, as it stands in a proof."""
    keys = jwk.JWKSet()
    keys.add(key)
    (public,) = export_public_keys(keys)["keys"]
    return {name: public[name] for name in ("kty", "n", "e")}


def read_error(answer):
    """The error code of a refusal; its status and its form are checked."""
    assert answer.status_code in (400, 401), (answer.status_code, answer.text)
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json().keys() <= {"error", "error_description", "error_uri"}
    code = answer.json()["error"]
    assert answer.status_code == 400 or code == "invalid_client"
    return code
