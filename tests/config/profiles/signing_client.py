"""A client as FAPI 2.0 wants it: private_key_jwt and DPoP, at one host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webtest import TestResponse

from pyramid_oauth import clock
from tests.support.client_keys import (
    ISSUER,
    TYPE,
    build_assertion_claims,
    key_set,
    sign_claims,
)
from tests.support.dpop import ORIGIN, ProofSigner
from tests.support.host import (
    Host,
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
)
from tests.support.provider import log_in_browser
from tests.support.pushing import open_request_uri, submit_decision
from tests.support.types import Form


class SigningClient:
    """The client `robot`, and the browser of alice."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.signer = ProofSigner(number=1)
        self.browser = log_in_browser(host)
        host.register_client(
            client_id="robot",
            token_endpoint_auth_method="private_key_jwt",
            client_metadata={"jwks": key_set("ES256", "RS256")},
        )

    def assertion(self, alg: str = "ES256", **changes: Any) -> Form:
        """A client assertion as parameters."""
        now = clock.timestamp()
        claims = build_assertion_claims(**{"iat": now, "exp": now + 60, **changes})
        signed = sign_claims(claims, alg)
        return {"client_assertion_type": TYPE, "client_assertion": signed}

    def post(self, endpoint: str, form: Form, proof: str | None) -> TestResponse:
        """Post a form, with a proof."""
        headers = {} if proof is None else {"DPoP": proof}
        return self.host.browser().post(
            f"/oauth/{endpoint}", form, headers=headers, expect_errors=True
        )

    def proof(self, endpoint: str = "token", **changes: Any) -> str:
        """A proof for an endpoint."""
        claims = {"iat": clock.timestamp(), **changes}
        return self.signer.sign("POST", f"{ORIGIN}/oauth/{endpoint}", **claims)

    def push(self, assertion: Form | None = None, **changes: Any) -> TestResponse:
        """Push an authorization request."""
        request = build_authorization_request(**{"client_id": "robot", **changes})
        form = request | (self.assertion() if assertion is None else assertion)
        return self.post("par", form, None)

    def push_signed(
        self,
        claims: Mapping[str, Any] | None = None,
        alg: str = "ES256",
        **changes: Any,
    ) -> TestResponse:
        """Push a request object; times in `claims` count from now, None leaves out."""
        now = clock.timestamp()
        times = {
            name: now + value if isinstance(value, int) else value
            for name, value in (claims or {}).items()
        }
        parameters = {
            **build_authorization_request(**{"client_id": "robot", **changes}),
            "iss": "robot",
            "aud": ISSUER,
            "nbf": now,
            "exp": now + 300,
            **times,
        }
        kept = {name: value for name, value in parameters.items() if value is not None}
        form = {"request": sign_claims(kept, alg), **self.assertion()}
        return self.post("par", form, None)

    def authorize(self, **changes: Any) -> Form:
        """The authorization response to a pushed request."""
        return self._open(self.push(**changes))

    def authorize_signed(self, **changes: Any) -> Form:
        """The authorization response to a pushed request object."""
        return self._open(self.push_signed(**changes))

    def _open(self, answer: TestResponse) -> Form:
        assert answer.status_int == 201, answer.text
        opened = open_request_uri(self.browser, answer.json["request_uri"], "robot")
        return parse_redirect(submit_decision(opened))

    def redeem(self, code: str, proof: str | None) -> TestResponse:
        """Redeem a code."""
        form = build_code_exchange(code, self.assertion())
        return self.post("token", form, proof)

    def request_token(
        self, proof: str | None, assertion: Form | None = None
    ) -> TestResponse:
        """Ask for a token of the client's own."""
        form = {"grant_type": "client_credentials", "scope": "read"}
        return self.post("token", form | (assertion or self.assertion()), proof)


def error_of(answer: TestResponse) -> str:
    """The error code of a refusal."""
    code: str = answer.json["error"]
    assert answer.status_int == (401 if code == "invalid_client" else 400)
    return code
