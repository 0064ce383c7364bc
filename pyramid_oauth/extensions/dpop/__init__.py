"""Demonstrating Proof of Possession (DPoP, RFC 9449) at the authorization server.

A client proves with each request that it has the private key to which its tokens are
bound; a stolen token is of no use. `pyramid_oauth.resource.dpop` has the checks.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.config.authorize_steps import Phase
from pyramid_oauth.extensions.dpop import steps
from pyramid_oauth.extensions.dpop.repository import DatabaseReplayStore
from pyramid_oauth.extensions.dpop.scheme import (
    ENDPOINT_URLS,
    EndpointUrls,
    ServerDPoP,
)
from pyramid_oauth.extensions.dpop.settings import CHECKS, DPoPRequirementSettings
from pyramid_oauth.extensions.dpop.token_requests import (
    BOUND_TOKENS,
    KeyBinding,
    check_proof,
)
from pyramid_oauth.i18n import _
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.jose.dpop import normalize_url
from pyramid_oauth.models.client_metadata_fields import BOX, Field, MemberInput, boolean
from pyramid_oauth.resource.dpop import DPoPSettings, add_dpop
from pyramid_oauth.resource.dpop.proofs import NONCE_HEADER
from pyramid_oauth.server import Server
from pyramid_oauth.settings import SETTINGS

ALWAYS_BOUND = Field(
    name=BOUND_TOKENS,
    shape=boolean,
    is_protection=True,
    read_by="the token endpoint",
    input=MemberInput(
        kind=BOX,
        label=_("Its tokens are bound to a key (DPoP)"),
        hint=_("A token request without a proof is refused."),
    ),
)


def metadata(server: Server) -> dict[str, Any]:
    """Return the member of section 5.1: the algorithms of proofs."""
    algorithms = server.settings[DPoPSettings].dpop_signing_algorithms
    return {"dpop_signing_alg_values_supported": list(algorithms)}


def includeme(config: Configurator) -> None:
    """Check proofs at the token and PAR endpoints, and with access tokens."""
    settings = add_dpop(config)
    config.add_oauth_settings(DPoPRequirementSettings)
    config.add_oauth_check(*CHECKS)
    config.include("pyramid_oauth.repositories.replay_cache")
    config.set_oauth_dpop_replay_store(DatabaseReplayStore())
    issuer = normalize_url(config.registry[SETTINGS].issuer or "")
    origins = [] if issuer is None else [(*issuer[:3], b"/")]
    config.registry[ENDPOINT_URLS] = EndpointUrls()
    config.add_oauth_token_scheme(ServerDPoP([*origins, *settings.dpop_base_urls]))
    config.add_oauth_request_check("dpop", check_proof, endpoints=("token", "par"))
    config.add_oauth_token_step("dpop", KeyBinding)
    config.add_oauth_parameter(
        steps.PARAMETER, endpoints=("authorize",), decode=steps.read_thumbprint
    )
    config.add_oauth_authorize_step(
        "read_dpop_key", steps.read_dpop_key, after="validate"
    )
    config.add_oauth_authorize_step("bind_code", steps.bind_code, phase=Phase.GRANT)
    config.add_oauth_client_metadata(ALWAYS_BOUND)
    config.add_oauth_metadata("dpop", metadata)
    config.add_oauth_cors_headers(
        "dpop", request_headers=("DPoP",), response_headers=(NONCE_HEADER,)
    )
