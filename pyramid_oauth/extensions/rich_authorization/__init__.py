"""OAuth 2.0 Rich Authorization Requests (RFC 9396).

A client asks for what it needs in JSON, such as one payment. The user sees each detail;
the grant holds it, and tokens and introspection answers tell it to the API.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.extensions.rich_authorization.catalogue import (
    TYPES,
    add_oauth_authorization_details_type,
)
from pyramid_oauth.extensions.rich_authorization.consent import DetailsConsent
from pyramid_oauth.extensions.rich_authorization.detail_type import (
    DetailsType,
    narrow_common_fields,
    narrow_to_equal,
)
from pyramid_oauth.extensions.rich_authorization.details import (
    PARAMETER,
    DetailsLimits,
    InvalidAuthorizationDetails,
    write_claim,
)
from pyramid_oauth.extensions.rich_authorization.locations import (
    filter_introspection,
)
from pyramid_oauth.extensions.rich_authorization.policy import (
    CLIENT_TYPES,
    DetailsPolicy,
)
from pyramid_oauth.extensions.rich_authorization.settings import (
    RichAuthorizationSettings,
)
from pyramid_oauth.extensions.rich_authorization.steps import CheckDetails
from pyramid_oauth.extensions.rich_authorization.token_step import (
    DetailsOfTokens,
    allow_without_scope,
)
from pyramid_oauth.i18n import _
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models.client_metadata_fields import (
    CHOICES,
    Field,
    MemberInput,
    several,
    words,
)
from pyramid_oauth.settings.directive_registration import add_directive

__all__ = [
    "DetailsType",
    "InvalidAuthorizationDetails",
    "includeme",
    "narrow_common_fields",
    "narrow_to_equal",
]

SUPPORTED = "authorization_details_types_supported"

TYPES_OF_CLIENT = Field(
    name=CLIENT_TYPES,
    shape=several(words),
    is_protection=True,
    offered=SUPPORTED,
    read_by="authorization and token requests",
    input=MemberInput(
        kind=CHOICES,
        label=_("Authorization details that it may request"),
        hint=_("Without a choice: every type that there is for it."),
    ),
)


def includeme(config: Configurator) -> None:
    """Add the directive, the parameter, and what grants and tokens hold of it."""
    settings = config.add_oauth_settings(RichAuthorizationSettings)
    types: dict[str, DetailsType] = {}
    policy = DetailsPolicy(types, DetailsLimits.of(settings))
    config.registry[TYPES] = types
    add_directive(config, add_oauth_authorization_details_type)
    for name, schema in settings.authorization_details_types.items():
        config.add_oauth_authorization_details_type(
            name, None if schema == name else schema
        )
    config.add_oauth_parameter(
        PARAMETER,
        endpoints=("authorize", "token"),
        # It may tell of a person (section 13).
        private=True,
        decode=policy.limits.read,
        from_claim=write_claim,
    )
    config.add_oauth_authorize_step(
        "check_authorization_details",
        CheckDetails(policy),
        after="check_resources",
        parameters=(PARAMETER,),
    )
    config.add_oauth_consent_source(PARAMETER, DetailsConsent(policy))
    config.add_oauth_request_check(
        "rich_authorization", allow_without_scope, endpoints=("token",)
    )
    config.add_oauth_token_step(
        "rich_authorization", DetailsOfTokens(policy), after="resource_indicators"
    )
    config.add_oauth_introspection("rich_authorization", filter_introspection)
    config.add_oauth_client_metadata(TYPES_OF_CLIENT)
    config.add_oauth_metadata("rich_authorization", lambda server: metadata(types))


def metadata(types: dict[str, DetailsType]) -> dict[str, Any]:
    """Return the member of section 10: the types that clients may request."""
    return {SUPPORTED: list(types)}
