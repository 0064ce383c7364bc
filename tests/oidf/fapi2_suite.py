"""What the suite does in the modules of the FAPI 2.0 plans, as the suite sends it.

The URLs and the steps of the browser are those of a configuration that
`conformance-config` wrote.
"""

from __future__ import annotations

import json
import secrets
import time
import uuid
from urllib.parse import parse_qsl, urlencode, urlsplit

from jwcrypto import jwk, jwt

from tests.oidf.browser import Browser
from tests.oidf.fapi2_client import (
    FapiClient,
    check_error,
    require_entropy,
    sign,
)
from tests.oidf.fapi2_variants import PREFIX
from tests.oidf.jose import compute_challenge, decode_base64url
from tests.oidf.token_requests import STANDARD_ID_TOKEN_CLAIMS

ADDED = {"code", "state", "iss", "session_state"}
ERROR_MEMBERS = {"error", "error_description", "error_uri", "state", "iss"}
REPEATED = ("response_type", "scope", "redirect_uri")
JSON_PARAMETERS = ("authorization_details", "claims")
MOST_SECONDS = 31_536_000


class FapiSuite(FapiClient):
    """One run of a module at a running server."""

    def __init__(self, variant, configuration, ca_file, callbacks, folder=None):
        super().__init__(variant, configuration, ca_file, folder)
        self.callbacks = callbacks
        self.browser = Browser(ca_file)
        self.verifier = secrets.token_urlsafe(40)

    def redirect_uri(self, client):
        query = "?dummy1=lorem&dummy2=ipsum" if client == "client2" else ""
        return f"{self.callbacks}callback{query}"

    def build_request(self, client, **changes):
        """The parameters of an authorization request; None leaves one out."""
        variant = self.variant
        details = self.configuration["resource"]["richAuthorizationRequest"]
        parameters = {
            "client_id": self.id(client),
            "response_type": "code",
            "redirect_uri": self.redirect_uri(client),
            "scope": self.configuration[client]["scope"],
            "state": secrets.token_urlsafe(8)[:10],
            "nonce": secrets.token_urlsafe(8)[:10] if variant.is_openid else None,
            "code_challenge": compute_challenge(self.verifier),
            "code_challenge_method": "S256",
            "response_mode": "jwt" if variant.is_jarm else None,
            "authorization_details": json.dumps(details) if variant.is_rar else None,
            **changes,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    def build_request_object(self, client, parameters, header=None, **changes):
        """A signed request object; the second client adds `iat` and a type."""
        now, key = int(time.time()), self.key(client)
        claims = {
            **parameters,
            **{
                n: json.loads(parameters[n]) for n in JSON_PARAMETERS if n in parameters
            },
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

    def push(self, client="client", headers=None, assertion=None, more=None, **changes):
        """Push a request; the answer. `more` stands outside of a signed request."""
        form = self.build_request(client, **changes)
        if self.variant.is_signed:
            form = {"request": self.build_request_object(client, form)}
        form |= more or {}
        return self.post(self.par_url, form, client, assertion, headers or {})

    def push_uri(self, client="client", **changes):
        answer = self.push(client, **changes)
        assert answer.status_code == 201, answer.text
        assert answer.headers["Content-Type"].startswith("application/json")
        assert 5 <= answer.json()["expires_in"] <= 600
        require_entropy(answer.json()["request_uri"])
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
        return {name: parameters[name] for name in REPEATED}

    def authorize(
        self, client="client", module=None, state="s" * 10, outside=None, **changes
    ):
        """A whole authorization request; the members of the answer.

        `outside` are the parameters beside `request_uri` instead of those that the
        suite repeats.
        """
        uri = self.push_uri(client, state=state, **changes)
        if outside is None:
            outside = self.repeat_parameters(client)
        self.open(uri, client, module, **outside)
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
        check_error(members)
        require_entropy(*(members[name] for name in ("code",) if name in members))
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

    def verify_id_token(self, tokens, client="client", asks_for_claims=False):
        """The claims of a valid ID Token, without any that nobody asked for."""
        claims, now = self.verify(tokens["id_token"]), time.time()
        assert (claims["iss"], claims["aud"]) == (self.issuer, self.id(client))
        assert claims.get("azp", self.id(client)) == self.id(client)
        assert now - 300 < claims["iat"] <= now + 1 < claims["exp"]
        assert asks_for_claims or claims.keys() <= STANDARD_ID_TOKEN_CLAIMS
        return claims

    def redeem(
        self,
        code,
        client="client",
        assertion=None,
        headers=None,
        holder=None,
        **changes,
    ):
        form = self.build_exchange(code, client, **changes)
        return self.post(self.token_url, form, client, assertion, headers, holder)

    def build_exchange(self, code, client="client", **changes):
        """The form of a token request for a code; None leaves a parameter out."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri(client),
            "code_verifier": self.verifier,
            **changes,
        }
        return {name: value for name, value in form.items() if value is not None}

    def log_in(self, client="client", **changes):
        """The tokens of a whole flow."""
        answer = self.redeem(self.authorize(client, **changes)["code"], client)
        return self.read_tokens(answer)

    def read_tokens(self, answer):
        """The members of a token response, with those that the variant asks for."""
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"].startswith("application/json")
        assert "no-store" in answer.headers["Cache-Control"]
        tokens, variant = answer.json(), self.variant
        assert tokens["token_type"] == ("DPoP" if variant.is_dpop else "Bearer")
        assert 1 <= tokens["expires_in"] <= MOST_SECONDS
        assert ("id_token" in tokens) is variant.is_openid
        details = tokens.get("authorization_details", ())
        assert bool(details) is variant.is_rar
        assert all(detail["type"] for detail in details)
        names = ("access_token", "refresh_token")
        require_entropy(*(tokens[name] for name in names if name in tokens))
        return tokens

    def call(self, token, client="client", scheme=None, proof=None, **headers):
        """The status of the resource for the request of the suite."""
        sent = self.build_call_headers(token, client, scheme, proof) | headers
        is_bound = not self.variant.is_dpop
        certificate = self.certificate(client) if is_bound else None
        answer = self.http.get(self.resource, headers=sent, cert=certificate)
        if answer.ok:
            assert answer.headers["Content-Type"].startswith("application/json")
            assert answer.headers["Date"]
            returned = answer.headers.get("x-fapi-interaction-id")
            assert returned in (None, sent["x-fapi-interaction-id"])
        return answer.status_code

    def build_call_headers(self, token, client="client", scheme=None, proof=None):
        """The headers of a request for the resource; a proof of None is made."""
        is_dpop = self.variant.is_dpop
        if proof is None and is_dpop:
            proof = self.build_proof(client, "GET", self.resource, token)
        return {
            "Authorization": f"{scheme or ('DPoP' if is_dpop else 'Bearer')} {token}",
            "Accept": "application/json",
            "x-fapi-auth-date": "Tue, 11 Sep 2012 19:43:31 UTC",
            "x-fapi-customer-ip-address": "2001:db8::1",
            "x-fapi-interaction-id": str(uuid.uuid4()),
            **(proof or {}),
        }

    def fetch_userinfo(self, token, client="client"):
        """The claims at UserInfo."""
        url = self.find_url("userinfo_endpoint", not self.variant.is_dpop)
        is_dpop = self.variant.is_dpop
        proof = self.build_proof(client, "GET", url, token) if is_dpop else None
        headers = self.build_call_headers(token, client, proof=proof)
        cert = None if is_dpop else self.certificate(client)
        answer = self.http.get(url, headers=headers, cert=cert)
        assert answer.status_code == 200, answer.text
        return answer.json()
