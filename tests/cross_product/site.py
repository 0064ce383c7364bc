"""A host with everything on, and clients of each kind that get tokens from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from itertools import count
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

import jwt
from cryptography import x509
from cryptography.x509.oid import NameOID
from pyramid.config import Configurator
from webtest import TestResponse

from tests.cross_product.combinations import (
    AXES,
    BY_AUTHORITY,
    CLIENT,
    DPOP,
    IMPLICIT,
    MTLS,
    SELF_SIGNED,
    Combination,
)
from tests.support.certificates import ClientCertificate, over_tls
from tests.support.client_keys import key_set
from tests.support.dpop import ORIGIN, ProofSigner, include_dpop
from tests.support.host import (
    CALLBACK,
    CHALLENGE,
    VERIFIER,
    Host,
    build_authorization_request,
)
from tests.support.key_material import private_key
from tests.support.provider import Provider, log_in_browser
from tests.support.pushing import (
    build_basic_headers,
    build_client_assertion,
    submit_decision,
)
from tests.support.types import Claims, Form, Metadata

AUDIENCE = "https://api.example"
SETTINGS = {
    "grant_types": "authorization_code refresh_token client_credentials implicit",
    "response_types": "code\ntoken",
    "token_endpoint_auth_methods": " ".join(AXES["method"]),
    "default_audience": AUDIENCE,
    "mtls_verified_by": "environ:SSL_CLIENT_VERIFY",
    # Refused credentials are part of every combination.
    "client_auth_attempts": "0",
    "client_auth_source_attempts": "0",
}
NUMBERS = count(100)
"""Of keys that nothing else has."""


class Credentials(NamedTuple):
    """What a client sends to authenticate."""

    form: Form = {}
    headers: Form = {}
    certificate: ClientCertificate | None = None


class Holder(NamedTuple):
    """Who has the key or the certificate to which a token is bound, or neither."""

    signer: ProofSigner | None = None
    certificate: ClientCertificate | None = None


NOBODY = Holder()


def make_certificate(name: str) -> ClientCertificate:
    """A certificate with this name."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return ClientCertificate(subject, ())


class Client:
    """A registered client with its credentials, its key and its certificate."""

    def __init__(self, host: Host, combination: Combination, client_id: str) -> None:
        self.id, self.method = client_id, combination.method
        self.number = next(NUMBERS)
        self.constraint = combination.constraint
        self.signer = ProofSigner(number=self.number)
        self.certificate = make_certificate(client_id)
        grants = AXES["grant"]
        if combination.is_public:
            grants = tuple(grant for grant in grants if grant != CLIENT)
        credentials = host.register_client(
            client_id=client_id,
            client_type="public" if combination.is_public else "confidential",
            authorization_grant_type=" ".join(grants),
            token_endpoint_auth_method=self.method,
            client_metadata={
                "access_token_format": combination.token_format,
                "response_types": ["code", "token"],
                "dpop_bound_access_tokens": self.constraint == DPOP,
                "tls_client_certificate_bound_access_tokens": self.constraint == MTLS,
                **self._keys(),
            },
        )
        self.secret = credentials.get("client_secret", "")

    def _keys(self) -> Metadata:
        if self.method == SELF_SIGNED:
            return {"jwks": self.certificate.jwks}
        if self.method == BY_AUTHORITY:
            return {"tls_client_auth_subject_dn": f"CN={self.id}"}
        return {"jwks": key_set("ES256", number=self.number)}

    @property
    def is_bound(self) -> bool:
        return self.constraint in (DPOP, MTLS)

    @property
    def has_certificate(self) -> bool:
        """Whether it authenticates by its certificate."""
        return self.method in (BY_AUTHORITY, SELF_SIGNED)

    @property
    def holder(self) -> Holder:
        """What proves that a token is its own."""
        return self.hold(self.signer, self.certificate)

    def hold(self, signer: ProofSigner, certificate: ClientCertificate) -> Holder:
        """The one of both to which tokens of this client are bound."""
        return Holder(
            signer if self.constraint == DPOP else None,
            certificate if self.constraint == MTLS else None,
        )

    def authenticate(self, name: str | None = None) -> Credentials:
        """The credentials of this client, with another name if one is given."""
        name = name or self.id
        if self.method == "client_secret_basic":
            return Credentials(headers=build_basic_headers(name, self.secret))
        if self.method == "client_secret_post":
            return Credentials({"client_id": name, "client_secret": self.secret})
        if self.method == "client_secret_jwt":
            return Credentials(build_client_assertion(self.secret, "HS256", name))
        if self.method == "private_key_jwt":
            pem = private_key("ES256", self.number).as_pem(private=True)
            return Credentials(build_client_assertion(pem, "ES256", name))
        certificate = self.certificate if self.has_certificate else None
        return Credentials({"client_id": name}, certificate=certificate)


class Site:
    """The host, alice's browser, and the requests of clients."""

    def __init__(self, url: str) -> None:
        def configure(config: Configurator) -> None:
            config.include("pyramid_oauth.extensions.jwt_access_tokens")
            config.include("pyramid_oauth.extensions.jarm")
            config.include("pyramid_oauth.extensions.mtls")
            include_dpop(config)

        self.host = Provider(url, configure, **SETTINGS)
        self.browser = log_in_browser(self.host)
        self.client: Callable[[Combination], Client] = cache(self._register)
        self.other_client: Callable[[Combination], Client] = cache(self._register_other)

    def _register(self, combination: Combination) -> Client:
        known = self._share(combination)
        if known != combination:
            return self.client(known)
        return Client(self.host, combination, combination.client_id)

    def _register_other(self, combination: Combination) -> Client:
        known = self._share(combination)
        if known != combination:
            return self.other_client(known)
        return Client(self.host, combination, f"other-{combination.client_id}")

    def _share(self, combination: Combination) -> Combination:
        """The combination whose client serves all that differ in grant and mode."""
        return dataclasses.replace(combination, grant=CLIENT, mode=None)

    def post(
        self,
        endpoint: str,
        form: Form,
        credentials: Credentials,
        holder: Holder = NOBODY,
    ) -> TestResponse:
        """The answer of an endpoint to these credentials, with a proof if any."""
        own, headers, certificate = credentials
        if holder.signer is not None:
            url = f"{ORIGIN}/oauth/{endpoint}"
            headers = headers | holder.signer.headers("POST", url)
        return self.host.browser().post(
            f"/oauth/{endpoint}",
            {**form, **own},
            headers=headers,
            extra_environ=over_tls(certificate or holder.certificate),
            expect_errors=True,
        )

    def request_token(
        self,
        client: Client,
        form: Form,
        credentials: Credentials | None = None,
        holder: Holder | None = None,
    ) -> TestResponse:
        """The answer to a token request; by default as the client makes it."""
        return self.post(
            "token",
            form,
            credentials or client.authenticate(),
            client.holder if holder is None else holder,
        )

    def authorize(self, combination: Combination) -> Form:
        """The members of the authorization response to the client of a combination."""
        is_implicit = combination.grant == IMPLICIT
        client = self.client(combination)
        request = build_authorization_request(
            client_id=client.id,
            response_type="token" if is_implicit else "code",
            response_mode=combination.mode,
            code_challenge=None if is_implicit else CHALLENGE,
            code_challenge_method=None if is_implicit else "S256",
            dpop_jkt=client.holder.signer.thumbprint
            if client.holder.signer and not is_implicit
            else None,
        )
        answer = submit_decision(self.browser.get("/oauth/authorize", request))
        return self._read_response(answer, combination)

    def _read_response(self, answer: TestResponse, combination: Combination) -> Form:
        place, members = find_members(answer)
        if combination.is_signed and "response" in members:
            token, audience = members["response"], combination.client_id
            assert list(members) == ["response"]
            members = self.host.verify_token(token, audience, ["exp"])
            members = {name: members[name] for name in members.keys() - {"aud", "exp"}}
        default = "fragment" if combination.grant == IMPLICIT else "query"
        wanted = (combination.mode or "").removesuffix("jwt").rstrip(".") or default
        if combination.refusal is None:
            assert place == wanted
            assert (answer.status_int == 200) is (place == "form_post")
        assert members["state"] == "af0ifjsldkj"
        return members

    def build_code_form(self, combination: Combination) -> Form:
        """A token request for a new code."""
        return {
            "grant_type": "authorization_code",
            "code": self.authorize(combination)["code"],
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }

    def call(self, token: str, holder: Holder, path: str = "/me") -> int:
        """The status of a protected view, for a bearer if there is no key."""
        headers = {"Authorization": f"Bearer {token}"}
        if holder.signer is not None:
            headers = holder.signer.headers("GET", f"{ORIGIN}{path}", token)
        answer = self.host.browser().get(
            path,
            headers=headers,
            extra_environ=over_tls(holder.certificate),
            expect_errors=True,
        )
        status: int = answer.status_int
        return status

    def introspect(self, token: str, sender: Client) -> Metadata:
        """The members of the introspection response to a confidential client."""
        answer = self.post("introspect", {"token": token}, sender.authenticate())
        assert answer.status_int == 200, answer.text
        result: Metadata = answer.json
        return result


def find_members(answer: TestResponse) -> tuple[str, Claims]:
    """Where an authorization response is, and its members."""
    if answer.status_int == 200:
        form = answer.forms["oauth-form-post"]
        assert form.action == CALLBACK
        return "form_post", {name: form[name].value for name in form.fields if name}
    parts = urlsplit(answer.location)
    place = "fragment" if parts.fragment else "query"
    return place, dict(parse_qsl(parts.fragment or parts.query))


def is_jwt_access_token(token: str) -> bool:
    """Whether a token is a JWT access token (RFC 9068 section 2.1)."""
    if token.count(".") != 2:
        return False
    return bool(jwt.get_unverified_header(token)["typ"] == "at+jwt")
