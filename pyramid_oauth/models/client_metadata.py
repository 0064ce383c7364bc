"""Client metadata: the members of RFC 7591 and their validation.

RFC 7591 section 2; OpenID Connect Dynamic Client Registration 1.0 section 2 for
`application_type`. An extension adds members by `add_oauth_client_metadata`.
"""

from __future__ import annotations

from pyramid_oauth.i18n import Problem
from pyramid_oauth.interfaces.application import Application
from pyramid_oauth.models import redirect_uris
from pyramid_oauth.models.administrator_members import ADMINISTRATOR_MEMBERS
from pyramid_oauth.models.client_metadata_fields import (
    ClientMetadataSchema,
    Errors,
    Field,
    add_error,
    boolean,
    choice,
    redirect_uri,
    scope,
    several,
    text,
    url,
    words,
)
from pyramid_oauth.models.native_redirects import NATIVE_REDIRECT_URIS, rules_of
from pyramid_oauth.models.public_keys import key_set
from pyramid_oauth.models.redirect_uris import Rules

EITHER_SECRET_METHOD = "either_client_secret_method"
"""Ours: the client may send its secret in the header or in the body."""

ALLOWED_ORIGINS = "allowed_origins"
"""Ours: the origins whose scripts may read responses to this client (CORS)."""

FIELDS = (
    Field(
        name="redirect_uris",
        column="redirect_uris",
        is_list=True,
        shape=several(redirect_uri),
        read_by="the authorization endpoint",
    ),
    Field(
        name=NATIVE_REDIRECT_URIS,
        shape=several(words),
        read_by="the authorization endpoint, of applications of administrators",
        by_administrators=True,
    ),
    Field(
        name=ADMINISTRATOR_MEMBERS,
        shape=several(words),
        read_by="pages of owners, registration",
        by_administrators=True,
    ),
    Field(
        name=ALLOWED_ORIGINS,
        column="allowed_origins",
        is_list=True,
        shape=several(words),
        read_by="the token endpoint: CORS for browser clients",
    ),
    Field(
        name="token_endpoint_auth_method",
        column="token_endpoint_auth_method",
        shape=words,
        offered="token_endpoint_auth_methods_supported",
        read_by="client authentication",
    ),
    Field(
        name=EITHER_SECRET_METHOD,
        shape=boolean,
        read_by="client authentication: client_secret_basic or client_secret_post",
    ),
    Field(
        name="grant_types",
        column="authorization_grant_type",
        is_list=True,
        shape=several(words),
        offered="grant_types_supported",
        read_by="the token endpoint",
    ),
    Field(
        name="response_types",
        shape=several(text()),
        offered="response_types_supported",
        read_by="the authorization endpoint",
    ),
    Field(
        name="client_name",
        column="name",
        shape=text(),
        localized=True,
        read_by="the consent page",
    ),
    Field(
        name="scope",
        column="allowed_scopes",
        shape=scope,
        read_by="every endpoint that grants scopes",
    ),
    *(
        Field(name=name, shape=url(page=True, fragment=True), localized=True,
               read_by="the consent page")
        for name in ("client_uri", "logo_uri", "tos_uri", "policy_uri")
    ),
    Field(name="contacts", shape=several(text()), read_by="people"),
    Field(
        name="jwks",
        shape=key_set,
        read_by="client authentication, request objects, encryption",
    ),
    Field(
        name="jwks_uri",
        shape=url(),
        is_fetched=True,
        read_by="client authentication, request objects, encryption",
    ),
    Field(name="software_id", shape=text(), read_by="administrators, your policy"),
    Field(name="software_version", shape=text(), read_by="administrators, your policy"),
    Field(
        name="application_type",
        shape=choice("web", "native"),
        read_by="registration: the allowed redirect URIs",
    ),
)  # fmt: skip
"""The members of RFC 7591 section 2, and `application_type`."""


def is_secret(alg: object) -> bool:
    """Whether the key of the algorithm `alg` is the secret of the client."""
    return isinstance(alg, str) and (alg.startswith("HS") or alg == "dir")


def has_keys(application: Application, alg: object) -> bool:
    """Whether the client has a key for `alg`: its secret or registered keys."""
    if is_secret(alg):
        return True
    return any(application.declared(name) for name in ("jwks", "jwks_uri"))


def check_signing(application: Application, member: str, errors: Errors) -> None:
    """Check that the client has a secret if the algorithm in `member` needs one."""
    if is_secret(application.declared(member)) and not application.client_secret:
        add_error(errors, member, Problem("requires a client secret as its key"))


def check_encryption(
    application: Application, stem: str, errors: Errors, *, to_client: bool
) -> None:
    """Check that `<stem>_alg` and `<stem>_enc` agree and that their key exists.

    Args:
        application: The application.
        stem: The common part of both names.
        errors: Receives the errors.
        to_client: Whether the server encrypts to the client, with a key of the client.
    """
    alg, enc = (application.declared(f"{stem}_{end}") for end in ("alg", "enc"))
    if enc is not None and alg is None:
        add_error(
            errors,
            f"{stem}_enc",
            Problem("requires ${name}", name=f"{stem}_alg"),
        )
    if is_secret(alg) and not application.client_secret:
        add_error(errors, f"{stem}_alg", Problem("requires a client secret as its key"))
    elif alg and to_client and not has_keys(application, alg):
        add_error(errors, f"{stem}_alg", Problem("requires jwks or jwks_uri"))


def check_shapes(
    application: Application,
    schema: ClientMetadataSchema,
    rules: Rules,
    errors: Errors,
) -> None:
    """Check each member against the schema; unknown members belong to the host."""
    for name, value in (application.client_metadata or {}).items():
        field = schema.field(name)
        if field is None:
            continue
        if field.column is not None and name == field.name:
            add_error(
                errors,
                name,
                Problem("must be set in the column ${name}", name=field.column),
            )
        elif problem := field.shape(value, rules):
            add_error(errors, name, problem)


def keys(application: Application, rules: Rules, errors: Errors) -> None:
    """Check that keys exist where required, in `jwks` or `jwks_uri` but not both."""
    known = application.declared("jwks"), application.declared("jwks_uri")
    if None not in known:
        add_error(errors, "jwks_uri", Problem("must not be used together with jwks"))
    if application.token_endpoint_auth_method == "private_key_jwt" and not any(known):
        add_error(
            errors,
            "token_endpoint_auth_method",
            Problem("requires jwks or jwks_uri"),
        )


def grants_and_responses(
    application: Application, rules: Rules, errors: Errors
) -> None:
    """Check that grant types and response types agree (RFC 7591 section 2.1)."""
    declared = application.declared("response_types")
    if not isinstance(declared, list):
        return
    words = {word for item in declared for word in str(item).split()}
    for grant_type, needed in (
        ("authorization_code", {"code"}),
        ("implicit", {"token", "id_token"}),
    ):
        has = application.allows_grant_type(grant_type)
        if has and not needed & words:
            add_error(
                errors,
                "response_types",
                Problem(
                    "has none for the grant type ${grant_type}", grant_type=grant_type
                ),
            )
        if needed & words and not has:
            add_error(
                errors,
                "authorization_grant_type",
                Problem(
                    "${grant_type} is needed for these response types",
                    grant_type=grant_type,
                ),
            )


def application_type(application: Application, rules: Rules, errors: Errors) -> None:
    """Check the redirect URIs of `web` and `native` applications.

    OpenID Connect Dynamic Client Registration section 2. Without `application_type` the
    rules of `web` apply to the implicit grant only.
    """
    own = rules_of(application, rules)
    kind = application.declared("application_type")
    implicit = application.allows_grant_type("implicit")
    for uri in (application.redirect_uris or "").split():
        problem = type_problem(uri, kind, own, implicit=implicit)
        if problem:
            add_error(errors, "redirect_uris", problem.about(uri))


def type_problem(
    uri: str, kind: object, rules: Rules, *, implicit: bool
) -> Problem | None:
    """Return why an application of this type cannot have `uri`, or None if it can.

    Args:
        uri: The redirect URI.
        kind: The `application_type`.
        rules: What the server allows; the type does not matter for its native URIs.
        implicit: Whether the application has the implicit grant.
    """
    parts = redirect_uris.split(uri)
    if parts is None:
        return None
    web = parts.scheme in ("http", "https")
    local = redirect_uris.is_loopback(parts.hostname, Rules(localhost=True))
    if kind == "native" and parts.scheme == "http" and not local:
        return Problem("is not for a native application")
    if kind == "web" and not web and not redirect_uris.is_native(uri, rules):
        return Problem("is not for a web application")
    if kind != "native" and implicit and (parts.scheme != "https" or local):
        return Problem("must be https and not on localhost for the implicit grant")
    return None


VALIDATIONS = (keys, grants_and_responses, application_type)

SCHEMA = ClientMetadataSchema(FIELDS, VALIDATIONS)
"""The schema of a server without extensions."""


def check_client_metadata(
    application: Application,
    schema: ClientMetadataSchema,
    rules: Rules,
    errors: Errors,
) -> None:
    """Check each member by itself; if all are well-formed, check them together."""
    malformed: Errors = {}
    check_shapes(application, schema, rules, malformed)
    for field, problems in malformed.items():
        errors.setdefault(field, []).extend(problems)
    if malformed:
        return
    for validate in schema.validations:
        validate(application, rules, errors)
