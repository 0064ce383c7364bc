"""Client metadata of a host: what clients buy, checked at registration."""

from pyramid_oauth.models.client_metadata_fields import (
    Field,
    add_error,
    boolean,
    text,
)

TIER = Field(name="service_tier", shape=text(10), read_by="billing")
AUDITED = Field(name="audited", shape=boolean, read_by="billing")


def validate(application, rules, errors):
    tier, audited = map(application.declared, ("service_tier", "audited"))
    if tier == "gold" and not audited:
        add_error(errors, "audited", "is needed for gold")


def verify(server, application):
    if application.declared("service_tier") == "platinum":
        return {"service_tier": [f"is not sold by {server.issuer}"]}
    return {}


def includeme(config):
    config.add_oauth_client_metadata(TIER, AUDITED, validate=validate, verify=verify)
