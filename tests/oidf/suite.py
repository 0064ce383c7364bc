"""The relying side: what the conformance suite does between the pages.

ID Tokens are validated with jwcrypto, which the server does not use.
"""

from __future__ import annotations

import json
import secrets
import time
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import requests
from jwcrypto import jwk, jws

from tests.oidf.browser import Browser
from tests.oidf.client import Answer, Client
from tests.oidf.jose import half_hash, key_set, public, signed, unpadded

ALIAS = "pyramid_oauth"
# What the suite expects in an error answer; anything else is a warning.
IN_ERRORS = {"error", "error_description", "error_uri", "state", "session_state", "iss"}

# Those that nobody has to ask for; another one is a warning.
IN_ID_TOKENS = {
    *("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "auth_time", "nonce", "acr"),
    *("amr", "azp", "sid", "at_hash", "c_hash", "s_hash"),
}
ASKS_MORE = {"claims", "request", "request_uri"}


class Suite:
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
        self.http = requests.Session()
        self.http.verify = authority
        # The environment may name a proxy, or other authorities.
        self.http.trust_env = False
        self.metadata = self.http.get(
            self.configuration["server"]["discoveryUrl"]
        ).json()
        self.scope = "openid"
        self.response_mode = None

    # --- clients -----------------------------------------------------------------

    def register(self, **metadata):
        """Register a client; `None` leaves a member out."""
        answer = self.registration(**metadata)
        assert answer.status_code == 201, answer.text
        assert answer.headers["Content-Type"].startswith("application/json")
        made = answer.json()
        assert "client_secret" not in made or made["client_secret_expires_at"] == 0
        assert made["registration_access_token"]
        assert made["registration_client_uri"].startswith("https:")
        return Client(made)

    def registration(self, **metadata):
        """The answer of the registration endpoint."""
        given = {
            "client_name": "Conformance",
            "redirect_uris": [self.callback],
            "grant_types": ["authorization_code", "implicit", "refresh_token"],
            "response_types": self.metadata["response_types_supported"],
            "token_endpoint_auth_method": "client_secret_basic",
            **metadata,
        }
        sent = {name: value for name, value in given.items() if value is not None}
        return self.http.post(self.metadata["registration_endpoint"], json=sent)

    def with_keys(self, alg="RS256", **metadata):
        """A client with private_key_jwt whose keys are in its metadata."""
        keys = key_set(alg)
        client = self.register(
            token_endpoint_auth_method="private_key_jwt", jwks=public(keys), **metadata
        )
        client.keys = keys
        return client

    def static(self, file="basic-static", name="client"):
        """A client that `conformance-config` prepared."""
        given = self.configurations[file][name]
        method = "client_secret_basic"
        if name == "client_secret_post":
            method = name
        return Client({**given, "token_endpoint_auth_method": method})

    # --- authorization -----------------------------------------------------------

    def request(self, client, response_type="code", **changes):
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

    def url(self, asked):
        return f"{self.metadata['authorization_endpoint']}?{urlencode(asked)}"

    def visit(self, asked, *, module=None, method="GET"):
        """Send the browser to the authorization endpoint, as `module` would."""
        steps = self.configuration["browser"]
        if module:
            override = self.configuration["override"].get(module, {})
            steps = override.get("browser", steps)
        return self.browser.run(steps, self.url(asked), method)

    def authorize(self, client, response_type="code", *, module=None, **changes):
        """Ask, log in and consent where asked to; returns the answer."""
        asked = self.request(client, response_type, **changes)
        self.visit(asked, module=module)
        return self.answer(asked)

    def answer(self, asked):
        """The answer at the page the browser arrived at."""
        page = self.browser.page
        parts = urlsplit(page.url)
        assert page.url.startswith(self.callbacks), page.url
        if page.method == "POST":
            members, where = page.form, "form"
        elif parts.fragment:
            members, where = dict(parse_qsl(parts.fragment)), "fragment"
        else:
            members, where = dict(parse_qsl(parts.query)), "query"
        if "state" in asked:
            assert members.get("state") == asked["state"], members
        if "error" in members:
            assert set(members) <= IN_ERRORS
            description = members.get("error_description", "")
            assert description.isascii(), description
            assert description.isprintable(), description
            assert not set(description) & set('"\\\\'), description
        return Answer(members, where, asked)

    # --- tokens ------------------------------------------------------------------

    def token(self, client, **form):
        """The answer of the token endpoint to the authenticated client."""
        auth = None
        if client.method == "client_secret_basic":
            auth = (quote(client.id, ""), quote(client.secret, ""))
        elif client.method == "client_secret_post":
            form |= {"client_id": client.id, "client_secret": client.secret}
        elif client.method in ("private_key_jwt", "client_secret_jwt"):
            form |= self._assertion(client)
        return self.http.post(self.metadata["token_endpoint"], form, auth=auth)

    def _assertion(self, client):
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
            "client_assertion": signed(claims, next(iter(client.keys))),
            "client_assertion_type": kind,
        }

    def redeem(self, client, answer, **changes):
        """The token response for the code in `answer`."""
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": answer.asked["redirect_uri"],
            **changes,
        }
        response = self.token(client, **form)
        assert response.status_code == 200, response.text
        assert "no-store" in response.headers["Cache-Control"]
        return response.json()

    def login(self, client, response_type="code", **changes):
        """The whole flow; every ID Token on the way is validated.

        Returns the tokens, with `claims` (of the last ID Token) and `answer`.
        """
        answer = self.authorize(client, response_type, **changes)
        assert "error" not in answer.members, answer.members
        self._expect(answer, response_type)
        tokens = dict(answer.members)
        claims = None
        if "id_token" in answer.members:
            claims = self.id_token(client, answer["id_token"], answer.asked)
            self._hashes(claims, answer.members, "code id_token" in response_type)
        if "code" in answer.members:
            tokens |= self.redeem(client, answer)
            assert tokens["token_type"] == "Bearer"
            second = self.id_token(client, tokens["id_token"], answer.asked)
            if claims:
                assert (second["iss"], second["sub"]) == (claims["iss"], claims["sub"])
            claims = second
        return {**tokens, "claims": claims, "answer": answer}

    def _expect(self, answer, response_type):
        words = set(response_type.split())
        names = {"code": "code", "token": "access_token", "id_token": "id_token"}
        expected = {names[word] for word in words}
        assert expected == {*names.values()} & set(answer.members), answer.members
        default = "query" if response_type == "code" else "fragment"
        mode = answer.asked.get("response_mode")
        assert answer.where == {"form_post": "form"}.get(mode, default)
        assert (
            answer.members.get("iss", self.metadata["issuer"])
            == (self.metadata["issuer"])
        )

    def _hashes(self, claims, members, code_hash):
        if "access_token" in members:
            assert claims["at_hash"] == half_hash(members["access_token"])
        if "code" in members:
            assert claims["c_hash"] == half_hash(members["code"])

    def keys(self):
        """The server's key set, as it is now."""
        return jwk.JWKSet.from_json(self.http.get(self.metadata["jwks_uri"]).text)

    def verify_token(self, token, algorithm="RS256"):
        """The claims of what the server signed, with the key that it names."""
        header = json.loads(unpadded(token.split(".")[0]))
        assert header["alg"] == algorithm
        key = self.keys().get_key(header["kid"])
        assert key is not None, f"no key {header['kid']}"
        checked = jws.JWS()
        checked.allowed_algs = [algorithm]
        checked.deserialize(token, key)
        return json.loads(checked.payload)

    def id_token(self, client, token, asked, algorithm="RS256"):
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
        assert claims.get("nonce") == asked.get("nonce")
        if asked.get("response_type") != "id_token" and not asked.keys() & ASKS_MORE:
            assert set(claims) <= IN_ID_TOKENS
        if "max_age" in asked:
            assert now - claims["auth_time"] <= int(asked["max_age"]) + 10
        return claims

    def userinfo(self, token, way="header"):
        """The claims at UserInfo; `way` is header, post or body."""
        url, header = self.metadata["userinfo_endpoint"], f"Bearer {token}"
        if way == "body":
            answer = self.http.post(url, {"access_token": token})
        else:
            ask = self.http.post if way == "post" else self.http.get
            answer = ask(url, headers={"Authorization": header})
        assert answer.status_code == 200, (answer.status_code, answer.headers)
        return answer.json()

    def userinfo_status(self, token):
        headers = {"Authorization": f"Bearer {token}"}
        return self.http.get(self.metadata["userinfo_endpoint"], headers=headers)

    # --- logout ------------------------------------------------------------------

    def log_out(self, *, module=None, **asked):
        """Send the browser to the end session endpoint, as `module` would."""
        url = self.metadata["end_session_endpoint"]
        asked = {name: value for name, value in asked.items() if value is not None}
        steps = self.configuration["browser"]
        if module:
            override = self.configuration["override"].get(module, {})
            steps = override.get("browser", steps)
        # Of the reserved signs it escapes those alone that would end a value.
        query = urlencode(asked, safe="!$'()*,;:@/?", quote_via=quote)
        return self.browser.run(steps, f"{url}?{query}" if asked else url)

    def is_logged_in(self, client):
        """Whether prompt=none succeeds for `client`."""
        answer = self.authorize(client, prompt="none")
        assert ("code" in answer.members) != ("error" in answer.members)
        return "code" in answer.members
