"""Client authentication by a signed assertion: private_key_jwt, client_secret_jwt.

RFC 7521 section 4.2, RFC 7523 sections 2.2 and 3, OpenID Connect Core section 9.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.config.parameters import EVERY_ENDPOINT
from pyramid_oauth.extensions.client_assertions.methods import (
    ClientSecretJwt,
    PrivateKeyJwt,
    accepted_algorithms,
)
from pyramid_oauth.extensions.client_assertions.settings import (
    CHECKS,
    ClientAssertionSettings,
)
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.client_metadata import is_secret
from pyramid_oauth.models.client_metadata_fields import (
    Errors,
    Field,
    add_error,
    words,
)
from pyramid_oauth.models.redirect_uris import Rules
from pyramid_oauth.server import Server

SIGNING_ALG = Field(
    name="token_endpoint_auth_signing_alg",
    shape=words,
    offered="token_endpoint_auth_signing_alg_values_supported",
    read_by="client authentication by assertion",
)


def validate(application: AbstractApplication, rules: Rules, errors: Errors) -> None:
    """Check that the algorithm belongs to the method (Registration section 2)."""
    alg = application.declared(SIGNING_ALG.name)
    method = application.token_endpoint_auth_method
    if alg is None or method not in (PrivateKeyJwt.name, ClientSecretJwt.name):
        return
    if is_secret(alg) != (method == ClientSecretJwt.name) or alg in ("none", "dir"):
        add_error(errors, SIGNING_ALG.name, f"is not an algorithm of {method}")


def metadata(server: Server) -> dict[str, Any]:
    """Return the signing algorithms of each endpoint (RFC 8414 section 2)."""
    names = [
        algorithm
        for method in (PrivateKeyJwt, ClientSecretJwt)
        if method.name in server.client_auth
        for algorithm in accepted_algorithms(method, server)
    ]
    return {
        f"{endpoint}_endpoint_auth_signing_alg_values_supported": names or None
        for endpoint in ("token", "revocation", "introspection")
    }


def includeme(config: Configurator) -> None:
    """Register both methods; `token_endpoint_auth_methods` names the offered ones."""
    config.add_oauth_settings(ClientAssertionSettings)
    config.add_oauth_check(*CHECKS)
    config.include("pyramid_oauth.repositories.replay_cache")
    for name in ("client_assertion", "client_assertion_type"):
        config.add_oauth_parameter(name, endpoints=(EVERY_ENDPOINT,), credential=True)
    config.add_oauth_client_auth(PrivateKeyJwt())
    config.add_oauth_client_auth(ClientSecretJwt())
    config.add_oauth_metadata("client assertions", metadata)
    config.add_oauth_client_metadata(SIGNING_ALG, validate=validate)
