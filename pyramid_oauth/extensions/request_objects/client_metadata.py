"""Client metadata of request objects (RFC 9101 section 10.5).

OpenID Connect Dynamic Client Registration 1.0 section 2.
"""

from __future__ import annotations

from pyramid_oauth.i18n import _
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.client_metadata import (
    check_encryption,
    check_signing,
    has_keys,
)
from pyramid_oauth.models.client_metadata_fields import (
    BOX,
    Errors,
    Field,
    MemberInput,
    add_error,
    boolean,
    several,
    url,
    words,
)
from pyramid_oauth.models.redirect_uris import Rules

REQUEST_URIS = Field(
    name="request_uris",
    shape=several(url(fragment=True)),
    is_fetched=True,
    read_by="request objects",
)

FIELDS = (
    Field(
        name="require_signed_request_object",
        shape=boolean,
        is_protection=True,
        read_by="request objects",
        input=MemberInput(
            kind=BOX,
            label=_("Every authorization request must be signed (JAR)"),
            hint=_("The server verifies it with the public keys of the application."),
        ),
    ),
    *(
        Field(
            name=f"request_object_{name}",
            shape=words,
            offered=f"request_object_{name}_values_supported",
            read_by="request objects",
        )
        for name in ("signing_alg", "encryption_alg", "encryption_enc")
    ),
)


def validate(application: AbstractApplication, rules: Rules, errors: Errors) -> None:
    """Check the members together."""
    check_signing(application, "request_object_signing_alg", errors)
    check_encryption(application, "request_object_encryption", errors, to_client=False)
    _check_signed(application, errors)


def _check_signed(application: AbstractApplication, errors: Errors) -> None:
    """Require keys if the client requires signed request objects.

    Some clients register an algorithm and never send an object.
    """
    name = "request_object_signing_alg"
    alg = application.declared(name)
    if alg is None or not application.declared("require_signed_request_object"):
        return
    if alg == "none":
        add_error(errors, name, "none contradicts require_signed_request_object")
    elif not has_keys(application, alg):
        add_error(errors, name, "requires jwks or jwks_uri")
