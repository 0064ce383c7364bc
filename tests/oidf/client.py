"""A client of the suite, and the authorization responses that it receives."""

from __future__ import annotations

from dataclasses import dataclass, field

from jwcrypto import jwk


@dataclass
class Client:
    """A registered client, and the keys it keeps."""

    metadata: dict
    keys: jwk.JWKSet | None = None
    assertion: dict = field(default_factory=dict)

    @property
    def id(self):
        return self.metadata["client_id"]

    @property
    def secret(self):
        return self.metadata.get("client_secret")

    @property
    def method(self):
        return self.metadata.get("token_endpoint_auth_method", "client_secret_basic")


@dataclass
class AuthorizationResponse:
    """An authorization response: its parameters, their place, and the request."""

    members: dict
    place: str
    request: dict

    def __getitem__(self, name):
        assert name in self.members, self.members
        return self.members[name]
