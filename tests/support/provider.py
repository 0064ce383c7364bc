"""A host that is an OpenID Provider, and a relying party that verifies its tokens."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from typing import Any

import jwt
from jwt.algorithms import get_default_algorithms
from pyramid.config import Configurator
from sqlalchemy.orm import Session
from webtest import TestApp

from pyramid_oauth import clock
from pyramid_oauth.accounts import Accounts
from pyramid_oauth.keystore.encryption import key_seal
from pyramid_oauth.keystore.repository import KeyStore
from pyramid_oauth.server import SERVER, key_encryption_keys
from tests.support.host import (
    Host,
    authorize_client,
    build_code_exchange,
    parse_redirect,
)
from tests.support.key_material import private_key
from tests.support.people import People, PeopleWithLogins, PeopleWithSessions
from tests.support.types import Claims, Configure, Credentials, Metadata, Status

# Of the keys that are made once per run.
NUMBERS = cycle(range(8))
ISSUER = "https://as.example/oauth"
NONCE = "n-0S6_WzA2Mj"
SCOPES = "read = Read\nwrite = Write\nprofile = Profile\nemail = E-mail\n"
SETTINGS = {
    "openid": "true",
    "scopes": f"{SCOPES}address = Address\nphone = Phone",
    "optional_scopes": "write",
}
IMPLICIT = {
    "grant_types": "authorization_code refresh_token client_credentials implicit",
    "response_types": "code\nid_token\nid_token token\ncode id_token\ncode token\n"
    "code id_token token",
}
LOGIN_SETTINGS = {
    "scopes": "openid = Know you\nread = Read\nwrite = Write\nprofile = Profile\n"
    "offline_access = Keep the access while you are away",
    "acr_values": "bronze silver gold",
}
POST_LOGOUT_URI = "https://client.example/bye"
OTHER_POST_LOGOUT_URI = "https://other.example/bye?from=op"


class Provider(Host):
    """The host as an OpenID Provider, with keys for ID Tokens.

    Args:
        url: The URL of the database.
        configure: Called with the configurator, for what a test configures further.
        keys: The algorithms for which a signing key is made.
        people: The accounts adapter, or its class.
        **settings: Settings of the server, without their prefix.
    """

    web: Credentials
    """The credentials of the client `web`, where a fixture registered it."""
    other: Credentials
    """The credentials of the client `other`, where a fixture registered it."""

    def __init__(
        self,
        url: str,
        configure: Configure | None = None,
        keys: Sequence[str] = ("RS256",),
        people: Accounts | Callable[[], Accounts] = People,
        **settings: Any,
    ) -> None:
        def configure_provider(config: Configurator) -> None:
            config.set_oauth_accounts(people() if callable(people) else people)
            if configure:
                configure(config)

        super().__init__(url, configure_provider, **{**SETTINGS, **settings})
        self.server = self.wsgi.registry[SERVER]
        self.people: Any = self.server.accounts
        if keys:
            self.make_keys(*keys)

    def open_browser(self, name: str | None = None, **login: Any) -> TestApp:
        """Return a browser.

        Args:
            name: Who logs in at it first; None for nobody.
            **login: What the host notes of the login, as `acr`.
        """
        browser = self.browser()
        return log_in_with(browser, name, **login) if name else browser

    def make_keys(self, *algorithms: str) -> None:
        """Make and promote signing keys that no other provider of the test has."""
        with self.keys() as store:
            for alg in algorithms:
                key = private_key(alg, next(NUMBERS))
                store.promote(store.add(key, alg).kid)

    @contextmanager
    def keys(self) -> Iterator[KeyStore]:
        """Open the key store, commit its changes and expire the key ring."""
        keks = key_encryption_keys(self.server.settings)
        with Session(self.engine) as session:
            yield KeyStore(session, self.models.SigningKey, key_seal(keks))
            session.commit()
        self.server.ring.expire()

    def jwks(self) -> Claims:
        """Return the published key set (RFC 7517 section 5)."""
        result: Claims = self.browser().get("/oauth/jwks", status=200).json
        return result

    def discovery(self) -> Metadata:
        """Return the discovery document (OpenID Connect Discovery section 4)."""
        path = "/oauth/.well-known/openid-configuration"
        result: Metadata = self.browser().get(path, status=200).json
        return result

    def verify_id_token(self, token: str, audience: str = "web") -> Claims:
        """Verify an ID Token by PyJWT with the published keys; returns its claims."""
        claims = self.verify_token(token, audience, ["exp", "iat", "sub", "aud", "iss"])
        assert claims["iat"] <= clock.timestamp() < claims["exp"]
        return claims

    def verify_token(self, token: str, audience: str, require: list[str]) -> Claims:
        """Verify a signed token by PyJWT with the published keys.

        Args:
            token: The token.
            audience: The expected audience.
            require: The claims that must be there.

        Returns:
            Its claims.
        """
        header = jwt.get_unverified_header(token)
        (jwk,) = [k for k in self.jwks()["keys"] if k["kid"] == header["kid"]]
        key = get_default_algorithms()[jwk["alg"]].from_jwk(json.dumps(jwk))
        return jwt.decode(
            token,
            key,
            algorithms=[jwk["alg"]],
            audience=audience,
            issuer=ISSUER,
            options={"require": require, "verify_exp": False, "verify_iat": False},
        )


def make_login_provider(
    url: str,
    configure: Configure | None = None,
    people: type[People] = PeopleWithLogins,
    **settings: Any,
) -> Provider:
    """Make a provider whose host knows login time, chosen account and acr."""
    return Provider(url, configure, people=people, **{**LOGIN_SETTINGS, **settings})


def make_logout_provider(
    url: str,
    configure: Configure | None = None,
    people: type[People] = PeopleWithSessions,
    **settings: Any,
) -> Provider:
    """Make a provider with the clients `web` and `other` for tests of logout."""
    settings = {"scopes": f"{SETTINGS['scopes']}\noffline_access = Stay", **settings}
    provider = Provider(url, configure, people=people, **settings)
    provider.web = provider.register_client(post_logout_redirect_uris=POST_LOGOUT_URI)
    provider.other = provider.register_client(
        client_id="other", name="Other", post_logout_redirect_uris=OTHER_POST_LOGOUT_URI
    )
    return provider


def log_in_with(browser: TestApp, name: str = "alice", **login: str) -> TestApp:
    """Log in at the page `enter` of `PeopleWithLogins`; returns the browser."""
    browser.get("/enter", {"name": name, **login})
    return browser


def log_in_browser(host: Host, name: str = "alice") -> TestApp:
    """Return a browser at which `name` is logged in."""
    browser = host.browser()
    browser.get(f"/login?name={name}")
    return browser


def compute_half_hash(value: str, name: str = "sha256") -> str:
    """Return the left half of a hash, as in `at_hash` and `c_hash`."""
    digest = hashlib.new(name, value.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def log_in_to_client(
    host: Host,
    client: Credentials,
    name: str = "alice",
    status: Status = 200,
    **changes: Any,
) -> Metadata:
    """Complete the code flow with scope openid and return the token response."""
    browser = log_in_browser(host, name)
    changes = {"scope": "openid", "nonce": NONCE, **changes}
    code = parse_redirect(
        authorize_client(browser, client_id=client["client_id"], **changes)
    )["code"]
    uri = {name: changes[name] for name in ("redirect_uri",) if name in changes}
    form = build_code_exchange(code, client, **uri)
    if changes.get("code_challenge", "") is None:
        del form["code_verifier"]
    result: Metadata = browser.post("/oauth/token", form, status=status).json
    return result
