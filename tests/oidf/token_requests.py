"""Requests of the relying party at the token endpoint and at UserInfo.

ID Tokens are validated with jwcrypto, which the server does not use.
"""

from __future__ import annotations

import json
import secrets
import time
from urllib.parse import quote

from jwcrypto import jwk, jws

from tests.oidf.jose import decode_base64url, sign

# The claims that need no request; the suite warns of others.
STANDARD_ID_TOKEN_CLAIMS = {
    *("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "auth_time", "nonce", "acr"),
    *("amr", "azp", "sid", "at_hash", "c_hash", "s_hash"),
}
CLAIM_REQUESTING_PARAMETERS = {"claims", "request", "request_uri"}


class TokenRequests:
    """Requests and checks tokens at the server with these metadata."""

    def __init__(self, http, metadata):
        self.http = http
        self.metadata = metadata

    def request_token(self, client, **form):
        """The answer of the token endpoint to the authenticated client."""
        auth = None
        if client.method == "client_secret_basic":
            auth = (quote(client.id, ""), quote(client.secret, ""))
        elif client.method == "client_secret_post":
            form |= {"client_id": client.id, "client_secret": client.secret}
        elif client.method in ("private_key_jwt", "client_secret_jwt"):
            form |= self._build_assertion(client)
        return self.http.post(self.metadata["token_endpoint"], form, auth=auth)

    def _build_assertion(self, client):
        now = int(time.time())
        claims = {
            "iss": client.id,
            "sub": client.id,
            "aud": self.metadata["token_endpoint"],
            "jti": secrets.token_urlsafe(12),
            "iat": now,
            "nbf": now,
            "exp": now + 60,
            **client.assertion,
        }
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        # It names the client in the assertion alone (RFC 7523 section 3).
        return {
            "client_assertion": sign(claims, next(iter(client.keys))),
            "client_assertion_type": kind,
        }

    def redeem_code(self, client, answer, **changes):
        """The token response for the code in `answer`."""
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": answer.request["redirect_uri"],
            **changes,
        }
        response = self.request_token(client, **form)
        assert response.status_code == 200, response.text
        assert "no-store" in response.headers["Cache-Control"]
        return response.json()

    def fetch_keys(self):
        """The server's key set, as it is now."""
        return jwk.JWKSet.from_json(self.http.get(self.metadata["jwks_uri"]).text)

    def verify_token(self, token, algorithm="RS256"):
        """The claims of what the server signed, with the key that it names."""
        header = json.loads(decode_base64url(token.split(".")[0]))
        assert header["alg"] == algorithm
        key = self.fetch_keys().get_key(header["kid"])
        assert key is not None, f"no key {header['kid']}"
        checked = jws.JWS()
        checked.allowed_algs = [algorithm]
        checked.deserialize(token, key)
        return json.loads(checked.payload)

    def validate_id_token(self, client, token, request, algorithm="RS256"):
        """The claims of a valid ID Token (OpenID Connect Core section 3.1.3.7)."""
        claims = self.verify_token(token, algorithm)
        now = time.time()
        assert claims["iss"] == self.metadata["issuer"]
        audience = claims["aud"]
        assert client.id in ([audience] if isinstance(audience, str) else audience)
        assert claims.get("azp", client.id) == client.id
        assert claims["exp"] > now - 5
        assert now - 60 < claims["iat"] <= now + 5
        assert 0 < len(claims["sub"]) <= 255
        for name in ("iat", "exp", "auth_time"):
            assert type(claims.get(name, 0)) is int, name
        assert claims.get("nonce") == request.get("nonce")
        if (
            request.get("response_type") != "id_token"
            and not request.keys() & CLAIM_REQUESTING_PARAMETERS
        ):
            assert set(claims) <= STANDARD_ID_TOKEN_CLAIMS
        if "max_age" in request:
            assert now - claims["auth_time"] <= int(request["max_age"]) + 10
        return claims

    def fetch_userinfo(self, token, way="header"):
        """The claims at UserInfo; `way` is header, post or body."""
        url, header = self.metadata["userinfo_endpoint"], f"Bearer {token}"
        if way == "body":
            response = self.http.post(url, {"access_token": token})
        else:
            send = self.http.post if way == "post" else self.http.get
            response = send(url, headers={"Authorization": header})
        assert response.status_code == 200, (response.status_code, response.headers)
        return response.json()

    def request_userinfo(self, token):
        headers = {"Authorization": f"Bearer {token}"}
        return self.http.get(self.metadata["userinfo_endpoint"], headers=headers)
