"""OpenID Connect Core: the OpenID Provider as an extension of the OAuth server.

OpenID Connect Core sections 5.1 and 5.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.config.authorize_steps import Phase
from pyramid_oauth.endpoints.metadata import add_document
from pyramid_oauth.extensions.openid import (
    claims,
    client_metadata,
    hybrid,
    parameters,
    standard_scopes,
)
from pyramid_oauth.extensions.openid.authentication_request import (
    OFFLINE,
    apply_authentication_request,
    read_authentication_request,
    store_authentication_request,
)
from pyramid_oauth.extensions.openid.claims import (
    OPENID_SCOPES,
    ClaimsCatalogue,
    ClaimsRequest,
    claims_catalogue,
)
from pyramid_oauth.extensions.openid.claims_release import introspection_members
from pyramid_oauth.extensions.openid.id_token import OpenIDTokenStep
from pyramid_oauth.extensions.openid.scopes import (
    ClaimsConsent,
    drop_unapproved_offline_access,
)
from pyramid_oauth.extensions.openid.settings import CHECKS, OpenIDSettings
from pyramid_oauth.extensions.openid.standard_scopes import OpenIDScopeValidation
from pyramid_oauth.extensions.openid.subject_identifiers import verify_sector
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.protocol import response_jwt
from pyramid_oauth.server import Server

STANDARD = tuple(claim for names in OPENID_SCOPES.values() for claim in names)

ACCOUNTS = "accounts"

ALWAYS = ("sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "amr", "sid")


PROMPTS = ("none", "login", "consent", "select_account", "create")


def account_claims(claims_request: ClaimsRequest) -> Mapping[str, Any]:
    """Return the standard claims from the accounts adapter."""
    server = claims_request.request.oauth.server
    claims: Mapping[str, Any] = server.accounts.claims(
        claims_request.request, claims_request.user_id
    )
    return claims


def metadata(catalogue: ClaimsCatalogue, server: Server) -> dict[str, Any]:
    """Return the members of Discovery section 3 that describe no endpoint.

    `prompt_values_supported`: Initiating User Registration section 4.1.
    """
    settings = server.settings
    types = (
        ["public", "pairwise"] if settings[OpenIDSettings].pairwise_salt else ["public"]
    )
    return {
        "subject_types_supported": types,
        **response_jwt.metadata(server, "id_token"),
        "claim_types_supported": ["normal"],
        "claims_supported": [*ALWAYS, *_supported_claims(catalogue, server)],
        "claims_parameter_supported": True,
        "display_values_supported": ["page", "popup", "touch"],
        "prompt_values_supported": list(PROMPTS),
        "ui_locales_supported": list(settings.ui_locales) or None,
    }


def _supported_claims(catalogue: ClaimsCatalogue, server: Server) -> list[str]:
    """Return the claims of all providers; the accounts adapter may have none."""
    if type(server.accounts).claims is not Accounts.claims:
        return catalogue.names
    return catalogue.names_without(ACCOUNTS)


def includeme(config: Configurator) -> None:
    """Make the server an OpenID Provider if the setting `openid` is true."""
    settings = config.add_oauth_settings(OpenIDSettings)
    config.include("pyramid_oauth.keystore")
    config.include(claims)
    if not settings.openid:
        return
    config.add_oauth_check(*CHECKS)
    add_document(config, "openid-configuration", is_appended=True)
    config.include("pyramid_oauth.extensions.jwks")
    config.include("pyramid_oauth.extensions.openid.userinfo")
    config.include(parameters)
    _add_authorization(config)
    config.add_oauth_request_validation(OpenIDScopeValidation)
    standard_scopes.add_standard_scopes(config)
    config.add_oauth_claims(ACCOUNTS, account_claims, STANDARD)
    config.add_oauth_token_step("id_token", OpenIDTokenStep)
    config.add_oauth_metadata(
        "openid", partial(metadata, claims_catalogue(config.registry))
    )
    config.add_oauth_introspection("openid", introspection_members)
    config.add_oauth_client_metadata(
        *client_metadata.FIELDS,
        validate=client_metadata.validate,
        verify=verify_sector,
    )


def _add_authorization(config: Configurator) -> None:
    """Add the response types, the consent source and the steps of the pipeline."""
    for name in hybrid.IMPLICIT:
        config.add_oauth_response_type(
            name, hybrid.OpenIDImplicit, grant_types=("implicit",)
        )
    for name in hybrid.HYBRID:
        config.add_oauth_response_type(
            name, hybrid.Hybrid, grant_types=("authorization_code", "implicit")
        )
    config.add_oauth_consent_source("claims", ClaimsConsent())
    add_step = config.add_oauth_authorize_step
    add_step(
        "read_authentication_request",
        read_authentication_request,
        after="require_object",
        scope="openid",
    )
    add_step(
        "apply_authentication_request",
        apply_authentication_request,
        phase=Phase.INTERACT,
        before="find_resource_owner",
    )
    add_step(
        "drop_unapproved_offline_access",
        drop_unapproved_offline_access,
        phase=Phase.INTERACT,
        after="find_consent",
        before="ask_consent",
        scope=OFFLINE,
    )
    add_step(
        "store_authentication_request",
        store_authentication_request,
        phase=Phase.GRANT,
    )
