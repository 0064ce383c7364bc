"""The ways in which the plans run their modules: response types, clients, modes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.oidf.jose import export_public_keys, generate_key_set


@dataclass(frozen=True)
class Kind:
    """One way to run a module: response type, how the client came to be, mode."""

    response_type: str
    registration: str
    mode: str | None = None

    def __str__(self):
        return "-".join(
            filter(None, (self.response_type, self.registration, self.mode))
        )


_KEYS = export_public_keys(generate_key_set())
CODE = (Kind("code", "static"), Kind("code", "dynamic"))
HYBRID = Kind("code id_token", "dynamic")
FEW = (*CODE, HYBRID, Kind("id_token token", "static", "form_post"))
EVERY = (
    *FEW,
    Kind("id_token", "static"),
    Kind("id_token token", "dynamic"),
    Kind("code token", "static"),
    Kind("code id_token token", "dynamic"),
    Kind("code", "dynamic", "form_post"),
    Kind("id_token", "dynamic", "form_post"),
    Kind("code id_token token", "static", "form_post"),
)


class Flow:
    """A module's client, its response type, and the suite around them."""

    def __init__(self, suite, kind):
        self.suite = suite
        self.kind = kind
        self.response_type = kind.response_type
        suite.response_mode = kind.mode
        if kind.registration == "static":
            suite.configuration = suite.configurations["basic-static"]
        self.client = self.new_client("client")

    def new_client(self, name, *, refresh=False, **metadata):
        if self.kind.registration == "static":
            return self.suite.load_static_client(name=name)
        return self.suite.register(**{**self._registration(refresh), **metadata})

    def _registration(self, refresh):
        """What the suite's plans register: this response type and no more."""
        words = self.response_type.split()
        grants = {
            "authorization_code": "code" in words,
            "implicit": words != ["code"],
            "refresh_token": refresh,
        }
        return {
            "response_types": [self.response_type],
            "grant_types": [name for name, wanted in grants.items() if wanted],
            "contacts": ["certification@oidf.org"],
            "jwks": _KEYS,
        }

    def log_in(self, **changes):
        return self.suite.log_in(self.client, self.response_type, **changes)

    def authorize(self, **changes):
        return self.suite.authorize(self.client, self.response_type, **changes)

    def find_user_claims(self, login):
        """The claims about the user: from UserInfo where there is an access token."""
        if "access_token" in login:
            return self.suite.fetch_userinfo(login["access_token"])
        return login["claims"]


def kinds(*several):
    """Run a test once for each of the kinds of flow."""
    return pytest.mark.parametrize("kind", several, ids=str)
