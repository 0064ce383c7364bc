"""A host that is an OpenID Provider, and a relying party that believes nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import contextmanager
from itertools import cycle

import jwt
from jwt.algorithms import get_default_algorithms
from sqlalchemy.orm import Session

from pyramid_oauth import clock
from pyramid_oauth.keystore.encryption import key_seal
from pyramid_oauth.keystore.repository import KeyStore
from pyramid_oauth.server import SERVER, key_encryption_keys
from tests.support.host import Host, asked, consent, query_of, redemption
from tests.support.key_material import private_key
from tests.support.people import People, PeopleWithLogins, PeopleWithSessions

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
BYE = "https://client.example/bye"
OTHER_BYE = "https://other.example/bye?from=op"


class Provider(Host):
    """The host as an OpenID Provider, with keys for ID Tokens."""

    def __init__(self, url, configure=None, keys=("RS256",), people=None, **settings):
        self.people = people or People()

        def whole(config):
            config.set_oauth_accounts(self.people)
            if configure:
                configure(config)

        super().__init__(url, whole, **{**SETTINGS, **settings})
        self.server = self.wsgi.registry[SERVER]
        if keys:
            self.make_keys(*keys)

    def visitor(self, name=None, **login):
        """A browser; `name` has logged in at it, which the host remembers."""
        browser = self.browser()
        return enters(browser, name, **login) if name else browser

    def make_keys(self, *algorithms):
        """Let other keys sign from now on, which no provider of the same test has."""
        with self.keys() as store:
            for alg in algorithms:
                key = private_key(alg, next(NUMBERS))
                store.promote(store.add(key, alg).kid)

    @contextmanager
    def keys(self):
        """The keys in the database, as the command line changes them."""
        keks = key_encryption_keys(self.server.settings)
        with Session(self.engine) as session:
            yield KeyStore(session, self.models.SigningKey, key_seal(keks))
            session.commit()
        self.server.ring.expire()

    def jwks(self):
        return self.browser().get("/oauth/jwks", status=200).json

    def verified(self, token, audience="web"):
        """The claims of an ID Token, verified with the published keys by PyJWT."""
        claims = self.signed(token, audience, ["exp", "iat", "sub", "aud", "iss"])
        assert claims["iat"] <= clock.timestamp() < claims["exp"]
        return claims

    def signed(self, token, audience, require):
        """The claims of a token that has the claims of `require`, verified alike."""
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


def login_provider(url, configure=None, people=PeopleWithLogins, **settings):
    """A provider whose people log in at a time, choose an account and reach an acr."""
    return Provider(url, configure, people=people(), **{**LOGIN_SETTINGS, **settings})


def logout_provider(url, configure=None, people=PeopleWithSessions, **settings):
    """A provider with two clients, `web` and `other`, to which people return."""
    settings = {"scopes": f"{SETTINGS['scopes']}\noffline_access = Stay", **settings}
    provider = Provider(url, configure, people=people(), **settings)
    provider.web = provider.application(post_logout_redirect_uris=BYE)
    provider.other = provider.application(
        client_id="other", name="Other", post_logout_redirect_uris=OTHER_BYE
    )
    return provider


def enters(browser, name="alice", **login):
    browser.get("/enter", {"name": name, **login})
    return browser


def logged_in(host, name="alice"):
    browser = host.browser()
    browser.get(f"/login?name={name}")
    return browser


def half(value, name="sha256"):
    """The left half of a hash, as `at_hash` and `c_hash` have it."""
    digest = hashlib.new(name, value.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def sign_in(host, client, name="alice", status=200, **changes):
    """The code flow with scope openid; returns the token response."""
    browser = logged_in(host, name)
    changes = {"scope": "openid", "nonce": NONCE, **changes}
    code = query_of(consent(browser, client_id=client["client_id"], **changes))["code"]
    uri = {name: changes[name] for name in ("redirect_uri",) if name in changes}
    form = redemption(code, client, **uri)
    if changes.get("code_challenge", "") is None:
        del form["code_verifier"]
    return browser.post("/oauth/token", form, status=status).json


__all__ = ["asked", "consent", "logged_in", "query_of", "redemption", "sign_in"]
