"""Client authentication by a signed assertion: private_key_jwt, client_secret_jwt.

RFC 7521 section 4.2, RFC 7523 sections 2.2 and 3, OpenID Connect Core section 9.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.extensions.client_assertions.methods import (
    ClientSecretJwt,
    PrivateKeyJwt,
)


def metadata(server: Any) -> dict[str, Any]:
    """The algorithms at each endpoint that authenticates clients (RFC 8414 2)."""
    names = [
        algorithm
        for method in (PrivateKeyJwt, ClientSecretJwt)
        if method.name in server.client_auth
        for algorithm in method.algorithms
    ]
    return {
        f"{endpoint}_endpoint_auth_signing_alg_values_supported": names or None
        for endpoint in ("token", "revocation", "introspection")
    }


def includeme(config: Any) -> None:
    """Register both methods; `token_endpoint_auth_methods` says which are offered."""
    config.add_oauth_client_auth(PrivateKeyJwt())
    config.add_oauth_client_auth(ClientSecretJwt())
    config.add_oauth_metadata("client assertions", metadata)
