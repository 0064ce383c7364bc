"""Authlib's client logs in at our server and validates the ID Token itself."""

from __future__ import annotations

import json
import secrets
from urllib.parse import urlencode

import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("OpenID Connect Core", "3.1"),
]


class Party:
    """A relying party, written as Authlib's documentation describes."""

    def __init__(self, issuer, ca_file, origin):
        self.callback, self.after = f"{origin}/cb", f"{origin}/after"
        self.http = OAuth2Session()
        self.http.trust_env, self.http.verify = False, ca_file
        self.metadata = self._get(f"{issuer}/.well-known/openid-configuration")
        self.client = self._register()
        self.session = OAuth2Session(
            self.client["client_id"],
            self.client["client_secret"],
            scope="openid profile email offline_access",
            redirect_uri=self.callback,
            code_challenge_method="S256",
        )
        self.session.trust_env, self.session.verify = False, ca_file

    def _get(self, url):
        return self.http.get(url, withhold_token=True).json()

    def _register(self):
        answer = self.http.post(
            self.metadata["registration_endpoint"],
            json={
                "client_name": "Authlib",
                "redirect_uris": [self.callback],
                "post_logout_redirect_uris": [self.after],
                "grant_types": ["authorization_code", "refresh_token"],
                "token_endpoint_auth_method": "client_secret_basic",
                "id_token_signed_response_alg": "PS256",
            },
            withhold_token=True,
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def validated(self, token, nonce=None):
        """Return the claims of an ID Token that Authlib has validated."""
        keys = KeySet.import_key_set(self._get(self.metadata["jwks_uri"]))
        decoded = jwt.decode(token, keys, algorithms=["PS256"])
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": self.metadata["issuer"]},
                "aud": {"essential": True, "value": self.client["client_id"]},
            },
            {"nonce": nonce, "client_id": self.client["client_id"]},
        )
        claims.validate()
        return claims

    def logout_url(self, token):
        asked = {
            "id_token_hint": token,
            "post_logout_redirect_uri": self.after,
            "state": "bye",
        }
        return f"{self.metadata['end_session_endpoint']}?{urlencode(asked)}"


@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "2")
def test_it_registers_logs_in_refreshes_and_logs_out(
    conformance_provider, ca_file, listener, suite_user
):
    party = Party(conformance_provider.issuer, ca_file, listener.origin)
    nonce, verifier = secrets.token_urlsafe(8), secrets.token_urlsafe(40)
    url, state = party.session.create_authorization_url(
        party.metadata["authorization_endpoint"],
        nonce=nonce,
        code_verifier=verifier,
        prompt="consent",
    )
    arrived = suite_user.follow(url, party.callback)
    endpoint = party.metadata["token_endpoint"]
    tokens = party.session.fetch_token(
        endpoint, authorization_response=arrived, state=state, code_verifier=verifier
    )
    claims = party.validated(tokens["id_token"], nonce)
    userinfo = party.session.get(party.metadata["userinfo_endpoint"]).json()
    assert (userinfo["sub"], userinfo["family_name"]) == (claims["sub"], "Liddell")
    renewed = party.session.refresh_token(endpoint)
    assert party.validated(renewed["id_token"])["sub"] == claims["sub"]
    assert json.dumps(renewed["access_token"]) != json.dumps(tokens["access_token"])
    arrived = suite_user.follow(party.logout_url(tokens["id_token"]), party.after)
    assert arrived == f"{party.after}?state=bye"
