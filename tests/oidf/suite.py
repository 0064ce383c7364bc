"""The relying party: what the conformance suite does between the pages."""

from __future__ import annotations

import secrets
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import requests

from tests.oidf.browser import Browser
from tests.oidf.client import AuthorizationResponse, Client
from tests.oidf.jose import (
    compute_half_hash,
    export_public_keys,
    generate_key_set,
)
from tests.oidf.token_requests import TokenRequests

ALIAS = "pyramid_oauth"
# The parameters that the suite expects in an error response; it warns of others.
ERROR_RESPONSE_PARAMETERS = {
    "error",
    "error_description",
    "error_uri",
    "state",
    "session_state",
    "iss",
}


class Suite(TokenRequests):
    """One run of a module: discovery, clients, a browser, its own listener."""

    def __init__(self, provider, listener, authority, configurations):
        self.provider = provider
        self.listener = listener
        self.authority = authority
        self.configurations = configurations
        self.configuration = configurations["basic-dynamic"]
        self.callbacks = f"{listener.origin}/test/a/{ALIAS}/"
        self.callback = f"{self.callbacks}callback"
        self.browser = Browser(authority)
        http = requests.Session()
        http.verify = authority
        # The environment may name a proxy, or other authorities.
        http.trust_env = False
        url = self.configuration["server"]["discoveryUrl"]
        super().__init__(http, http.get(url).json())
        self.scope = "openid"
        self.response_mode = None

    # --- clients -----------------------------------------------------------------

    def register(self, **metadata):
        """Register a client; `None` leaves a member out."""
        response = self.post_registration(**metadata)
        assert response.status_code == 201, response.text
        assert response.headers["Content-Type"].startswith("application/json")
        client = Client(response.json())
        if client.secret:
            assert client.metadata["client_secret_expires_at"] == 0
        assert client.metadata["registration_access_token"]
        assert client.metadata["registration_client_uri"].startswith("https:")
        return client

    def post_registration(self, **metadata):
        """The response of the registration endpoint."""
        all_metadata = {
            "client_name": "Conformance",
            "redirect_uris": [self.callback],
            "grant_types": ["authorization_code", "implicit", "refresh_token"],
            "response_types": self.metadata["response_types_supported"],
            "token_endpoint_auth_method": "client_secret_basic",
            **metadata,
        }
        body = {
            name: value for name, value in all_metadata.items() if value is not None
        }
        return self.http.post(self.metadata["registration_endpoint"], json=body)

    def register_with_keys(self, alg="RS256", **metadata):
        """A client with private_key_jwt whose keys are in its metadata."""
        keys = generate_key_set(alg)
        client = self.register(
            token_endpoint_auth_method="private_key_jwt",
            jwks=export_public_keys(keys),
            **metadata,
        )
        client.keys = keys
        return client

    def load_static_client(self, file="basic-static", name="client"):
        """A client that `conformance-config` prepared."""
        credentials = self.configurations[file][name]
        method = "client_secret_basic"
        if name == "client_secret_post":
            method = name
        return Client({**credentials, "token_endpoint_auth_method": method})

    # --- authorization -----------------------------------------------------------

    def build_request(self, client, response_type="code", **changes):
        """The parameters of an authentication request; None leaves one out."""
        parameters = {
            "client_id": client.id,
            "redirect_uri": self.callback,
            "response_type": response_type,
            "scope": self.scope,
            "state": secrets.token_urlsafe(10),
            "nonce": secrets.token_urlsafe(10),
            "response_mode": self.response_mode,
            **changes,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    def build_url(self, request):
        return f"{self.metadata['authorization_endpoint']}?{urlencode(request)}"

    def visit(self, request, *, module=None, method="GET"):
        """Send the browser to the authorization endpoint, as `module` would."""
        steps = self.configuration["browser"]
        if module:
            override = self.configuration["override"].get(module, {})
            steps = override.get("browser", steps)
        return self.browser.run(steps, self.build_url(request), method)

    def authorize(self, client, response_type="code", *, module=None, **changes):
        """Send a request, log in and consent where needed; returns the response."""
        request = self.build_request(client, response_type, **changes)
        self.visit(request, module=module)
        return self.read_response(request)

    def read_response(self, request):
        """The authorization response in the request for the current page."""
        page = self.browser.page
        parts = urlsplit(page.url)
        assert page.url.startswith(self.callbacks), page.url
        if page.method == "POST":
            members, place = page.form, "form"
        elif parts.fragment:
            members, place = dict(parse_qsl(parts.fragment)), "fragment"
        else:
            members, place = dict(parse_qsl(parts.query)), "query"
        if "state" in request:
            assert members.get("state") == request["state"], members
        if "error" in members:
            assert set(members) <= ERROR_RESPONSE_PARAMETERS
            description = members.get("error_description", "")
            assert description.isascii(), description
            assert description.isprintable(), description
            assert not set(description) & set('"\\\\'), description
        return AuthorizationResponse(members, place, request)

    # --- tokens ------------------------------------------------------------------

    def log_in(self, client, response_type="code", **changes):
        """The whole flow; every ID Token on the way is validated.

        Returns the tokens, with `claims` (of the last ID Token) and `answer`.
        """
        answer = self.authorize(client, response_type, **changes)
        assert "error" not in answer.members, answer.members
        self._check_response_parameters(answer, response_type)
        tokens = dict(answer.members)
        claims = None
        if "id_token" in answer.members:
            claims = self.validate_id_token(client, answer["id_token"], answer.request)
            self._check_hashes(claims, answer.members)
        if "code" in answer.members:
            tokens |= self.redeem_code(client, answer)
            assert tokens["token_type"] == "Bearer"
            second = self.validate_id_token(client, tokens["id_token"], answer.request)
            if claims:
                assert (second["iss"], second["sub"]) == (claims["iss"], claims["sub"])
            claims = second
        return {**tokens, "claims": claims, "answer": answer}

    def _check_response_parameters(self, answer, response_type):
        words = set(response_type.split())
        names = {"code": "code", "token": "access_token", "id_token": "id_token"}
        expected = {names[word] for word in words}
        assert expected == {*names.values()} & set(answer.members), answer.members
        default = "query" if response_type == "code" else "fragment"
        mode = answer.request.get("response_mode")
        assert answer.place == {"form_post": "form"}.get(mode, default)
        assert (
            answer.members.get("iss", self.metadata["issuer"])
            == (self.metadata["issuer"])
        )

    def _check_hashes(self, claims, members):
        if "access_token" in members:
            assert claims["at_hash"] == compute_half_hash(members["access_token"])
        if "code" in members:
            assert claims["c_hash"] == compute_half_hash(members["code"])

    # --- logout ------------------------------------------------------------------

    def log_out(self, *, module=None, **request):
        """Send the browser to the end session endpoint, as `module` would."""
        url = self.metadata["end_session_endpoint"]
        request = {name: value for name, value in request.items() if value is not None}
        steps = self.configuration["browser"]
        if module:
            override = self.configuration["override"].get(module, {})
            steps = override.get("browser", steps)
        # Of the reserved signs it escapes those alone that would end a value.
        query = urlencode(request, safe="!$'()*,;:@/?", quote_via=quote)
        return self.browser.run(steps, f"{url}?{query}" if request else url)

    def is_logged_in(self, client):
        """Whether prompt=none succeeds for `client`."""
        answer = self.authorize(client, prompt="none")
        assert ("code" in answer.members) != ("error" in answer.members)
        return "code" in answer.members
