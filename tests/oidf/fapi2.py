"""A provider as FAPI 2.0 wants it, and two clients that push and sign their requests.

The modules of the plan for the FAPI 2.0 Security Profile, without those about tokens
bound to a key or a certificate: this server issues bearer tokens.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from webtest import TestApp, TestResponse

from pyramid_oauth import clock
from tests.support.client_keys import TYPE, key_set, sign_claims
from tests.support.host import (
    CALLBACK,
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
)
from tests.support.provider import ISSUER, Provider, log_in_browser
from tests.support.pushing import open_request_uri, submit_decision
from tests.support.types import Form, Metadata

SETTINGS = {
    "keys": ("RS256", "PS256"),
    "require_pushed_authorization_requests": "true",
    "token_endpoint_auth_methods": "private_key_jwt",
    "signing_algorithms": "RS256 PS256",
    "nonce_replaces_pkce": "false",
    "assertion_leeway": "10",
}


@dataclass(frozen=True)
class Client:
    """A client with one signing key, which no other client has."""

    id: str
    alg: str
    number: int
    redirect_uri: str


FIRST = Client("first", "PS256", 0, CALLBACK)
SECOND = Client("second", "ES256", 1, f"{CALLBACK}?dummy1=lorem&dummy2=ipsum")


class Fapi2:
    """Requests of both clients at the provider, and the browser of alice."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.browser = log_in_browser(provider)
        for client in (FIRST, SECOND):
            provider.register_client(
                client_id=client.id,
                redirect_uris=client.redirect_uri,
                authorization_grant_type="authorization_code refresh_token",
                token_endpoint_auth_method="private_key_jwt",
                client_metadata={
                    "jwks": key_set(client.alg, number=client.number),
                    "token_endpoint_auth_signing_alg": client.alg,
                    "id_token_signed_response_alg": "PS256",
                },
            )

    def build_assertion(
        self, client: Client, alg: str | None = None, **changes: Any
    ) -> Form:
        """A client assertion as parameters; None leaves a claim out."""
        now = clock.timestamp()
        claims = {
            "iss": client.id,
            "sub": client.id,
            "aud": ISSUER,
            "jti": secrets.token_urlsafe(15),
            "iat": now,
            "nbf": now,
            "exp": now + 60,
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = sign_claims(claims, alg or client.alg, client.number)
        return {"client_assertion_type": TYPE, "client_assertion": signed}

    def push(
        self, client: Client = FIRST, assertion: Form | None = None, **changes: Any
    ) -> TestResponse:
        """Push an authorization request; the answer, whatever its status."""
        form = build_authorization_request(
            **{
                "client_id": client.id,
                "redirect_uri": client.redirect_uri,
                "scope": "openid read",
                "nonce": secrets.token_urlsafe(8),
                **changes,
            }
        )
        form |= self.build_assertion(client) if assertion is None else assertion
        return self.provider.browser().post("/oauth/par", form, expect_errors=True)

    def read_push_error(self, client: Client = FIRST, **changes: Any) -> str:
        """The error code of a push that is refusal with 400."""
        answer = self.push(client, **changes)
        assert (answer.status_int, answer.content_type) == (400, "application/json")
        result: str = answer.json["error"]
        return result

    def push_and_read_uri(self, client: Client = FIRST, **changes: Any) -> str:
        """The request URI of a push that is accepted."""
        answer = self.push(client, **changes)
        assert answer.status_int == 201, answer.text
        assert answer.content_type == "application/json"
        assert 60 <= answer.json["expires_in"] < 600
        result: str = answer.json["request_uri"]
        return result

    def open_request(
        self,
        uri: str,
        client: Client = FIRST,
        browser: TestApp | None = None,
        **more: str,
    ) -> TestResponse:
        """Open the authorization endpoint with a request URI."""
        return open_request_uri(browser or self.browser, uri, client.id, **more)

    def authorize(
        self, client: Client = FIRST, decision: str = "allow", **changes: Any
    ) -> Form:
        """Push a request and answer the consent page; the authorization response."""
        answer = self.open_request(self.push_and_read_uri(client, **changes), client)
        return self.read_response(submit_decision(answer, decision), client)

    def read_response(self, answer: TestResponse, client: Client = FIRST) -> Form:
        """The members of an authorization response, without the client's own query."""
        assert answer.location.startswith(client.redirect_uri), answer.location
        members = parse_redirect(answer)
        if client is SECOND:
            assert (members.pop("dummy1"), members.pop("dummy2")) == ("lorem", "ipsum")
        assert members.pop("iss") == ISSUER
        assert members.keys() <= {"code", "state", "error", "error_description"}
        return members

    def post_token(self, client: Client, **form: str) -> TestResponse:
        """The answer of the token endpoint to the authenticated client."""
        form = {**self.build_assertion(client), **form}
        return self.provider.browser().post("/oauth/token", form, expect_errors=True)

    def redeem(
        self, code: str, client: Client = FIRST, **changes: str | None
    ) -> TestResponse:
        """The answer of the token endpoint to a code."""
        changes = {"redirect_uri": client.redirect_uri, **changes}
        return self.post_token(client, **build_code_exchange(code, {}, **changes))

    def log_in(self, client: Client = FIRST, **changes: Any) -> Metadata:
        """The tokens of a whole flow."""
        answer = self.redeem(self.authorize(client, **changes)["code"], client)
        assert answer.status_int == 200, answer.text
        assert "no-store" in answer.headers["Cache-Control"]
        result: Metadata = answer.json
        return result

    def verify_id_token(self, tokens: Metadata, client: Client = FIRST) -> Metadata:
        """The claims of the ID Token, whose signature is verified."""
        return self.provider.verify_id_token(tokens["id_token"], client.id)

    def request_userinfo(self, token: str, scheme: str = "Bearer") -> int:
        """The status of UserInfo for an access token."""
        headers = {"Authorization": f"{scheme} {token}"}
        answer = self.provider.browser().get(
            "/oauth/userinfo", headers=headers, expect_errors=True
        )
        result: int = answer.status_int
        return result


def read_error(answer: TestResponse) -> str:
    """The error code of a refusal; its status is checked."""
    code: str = answer.json["error"]
    assert answer.status_int == (401 if code == "invalid_client" else 400)
    return code
