"""Client metadata of request objects (RFC 9101 section 10.5).

OpenID Connect Dynamic Client Registration 1.0 section 2.
"""

from __future__ import annotations

from collections.abc import Collection

from pyramid_oauth.i18n import Problem, _
from pyramid_oauth.jose.algorithms import ASYMMETRIC_SIGNING, Algorithm, signing
from pyramid_oauth.jose.errors import UnusableKey
from pyramid_oauth.jose.jwk import Key, check_fit, public_keys
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
    Validation,
    add_error,
    boolean,
    several,
    url,
    words,
)
from pyramid_oauth.models.redirect_uris import Rules

REQUIRE_SIGNED = "require_signed_request_object"

SIGNING_ALG = "request_object_signing_alg"

REQUEST_URIS = Field(
    name="request_uris",
    shape=several(url(fragment=True)),
    is_fetched=True,
    read_by="request objects",
)

FIELDS = (
    Field(
        name=REQUIRE_SIGNED,
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


def build_validation(accepted: Collection[str]) -> Validation:
    """Return the validation of the members together.

    Args:
        accepted: The signature algorithms that the server accepts.
    """

    def validate(
        application: AbstractApplication, rules: Rules, errors: Errors
    ) -> None:
        check_signing(application, SIGNING_ALG, errors)
        check_encryption(
            application, "request_object_encryption", errors, to_client=False
        )
        if application.declared(REQUIRE_SIGNED):
            _check_signed(application, accepted, errors)

    return validate


def _check_signed(
    application: AbstractApplication, accepted: Collection[str], errors: Errors
) -> None:
    """Require keys of a client that requires signed request objects.

    Without one no request of the client could succeed. Clients that do not require
    them may register an algorithm and never send an object.
    """
    alg = application.declared(SIGNING_ALG)
    if alg == "none":
        add_error(errors, SIGNING_ALG, f"none contradicts {REQUIRE_SIGNED}")
    elif alg is not None and not has_keys(application, alg):
        add_error(errors, SIGNING_ALG, "requires jwks or jwks_uri")
    elif alg is None and not any(_can_sign(application, name) for name in accepted):
        _add_missing_key(accepted, REQUIRE_SIGNED, errors)
    elif alg in ASYMMETRIC_SIGNING and not _can_sign(application, alg):
        _add_missing_key((alg,), SIGNING_ALG, errors)


def _can_sign(application: AbstractApplication, name: str) -> bool:
    """Whether the client has a key for the algorithm `name`; `jwks_uri` is not read."""
    algorithm = signing(name)
    if algorithm.symmetric:
        return application.sealed_client_secret is not None
    if application.declared("jwks_uri") is not None:
        return True
    keys = public_keys(application.declared("jwks") or {})
    return any(_fits(key, algorithm) for key in keys)


def _fits(key: Key, algorithm: Algorithm) -> bool:
    try:
        check_fit(key, algorithm)
    except UnusableKey:
        return False
    return True


def _add_missing_key(names: Collection[str], member: str, errors: Errors) -> None:
    problem = Problem(
        "cannot be met: the application has no key for ${algorithms}; register jwks or "
        "jwks_uri",
        algorithms=", ".join(names),
    )
    add_error(errors, member, problem)
