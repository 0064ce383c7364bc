"""Client metadata of a host: what clients buy, checked at registration."""

from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.client_metadata_fields import (
    Errors,
    Field,
    add_error,
    boolean,
    text,
)
from pyramid_oauth.models.redirect_uris import Rules
from pyramid_oauth.server import Server
from pyramid_oauth.typing import OAuthConfigurator

TIER = Field(name="service_tier", shape=text(10), read_by="billing")
AUDITED = Field(name="audited", shape=boolean, read_by="billing")


def validate(application: AbstractApplication, rules: Rules, errors: Errors) -> None:
    tier, audited = map(application.declared, ("service_tier", "audited"))
    if tier == "gold" and not audited:
        add_error(errors, "audited", "is needed for gold")


def verify(server: Server, application: AbstractApplication) -> Errors:
    if application.declared("service_tier") == "platinum":
        return {"service_tier": [f"is not sold by {server.issuer}"]}
    return {}


def includeme(config: OAuthConfigurator) -> None:
    config.add_oauth_client_metadata(TIER, AUDITED, validate=validate, verify=verify)
