"""Every standard client metadata member, as one table.

RFC 7591 section 2; OpenID Connect Dynamic Client Registration 1.0 section 2;
RP-Initiated, Front-Channel and Back-Channel Logout 1.0; RFC 9101 section 10.5; RFC 9126
section 6. What is not in the table is not understood, ignored and not stored (RFC 7591
section 2).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from pyramid_oauth.models import redirect_uris
from pyramid_oauth.models.client_metadata_fields import (
    Member,
    Shape,
    base_name,
    boolean,
    choice,
    key_set,
    redirect_uri,
    scope,
    seconds,
    several,
    text,
    url,
    words,
)
from pyramid_oauth.models.redirect_uris import Rules

_MEMBERS = (
    Member(
        name="redirect_uris",
        column="redirect_uris",
        shape=several(redirect_uri),
        read_by="the authorization endpoint",
    ),
    Member(
        name="token_endpoint_auth_method",
        column="token_endpoint_auth_method",
        shape=words,
        offered="token_endpoint_auth_methods_supported",
        read_by="client authentication",
    ),
    Member(
        name="token_endpoint_auth_signing_alg",
        shape=words,
        offered="token_endpoint_auth_signing_alg_values_supported",
        read_by="client authentication by assertion",
    ),
    Member(
        name="grant_types",
        column="authorization_grant_type",
        shape=several(words),
        offered="grant_types_supported",
        read_by="the token endpoint",
    ),
    Member(
        name="response_types",
        shape=several(text()),
        offered="response_types_supported",
        read_by="the authorization endpoint",
    ),
    Member(
        name="client_name",
        column="name",
        shape=text(),
        localized=True,
        read_by="the consent page",
    ),
    Member(
        name="scope",
        column="allowed_scopes",
        shape=scope,
        read_by="wherever scopes are granted",
    ),
    *(
        Member(name=name, shape=url(page=True, fragment=True), localized=True,
               read_by="the consent page")
        for name in ("client_uri", "logo_uri", "tos_uri", "policy_uri")
    ),
    Member(name="contacts", shape=several(text()), read_by="people"),
    Member(
        name="jwks",
        shape=key_set,
        read_by="client authentication, request objects, encryption",
    ),
    Member(
        name="jwks_uri",
        shape=url(),
        read_by="client authentication, request objects, encryption",
    ),
    Member(name="software_id", shape=text(), read_by="people, and your policy"),
    Member(name="software_version", shape=text(), read_by="people, and your policy"),
    Member(name="software_statement", shape=text(16384), read_by="registration"),
    Member(
        name="application_type",
        shape=choice("web", "native"),
        read_by="registration: which redirect URIs it may have",
    ),
    Member(
        name="post_logout_redirect_uris",
        column="post_logout_redirect_uris",
        shape=several(redirect_uri),
        read_by="the end-session endpoint",
    ),
    Member(
        name="require_pushed_authorization_requests",
        shape=boolean,
        read_by="the authorization endpoint",
    ),
)  # fmt: skip


def _openid(name: str, shape: Shape, read_by: str, needs: str = "openid") -> Member:
    return Member(name=name, shape=shape, read_by=read_by, needs=needs)


_OPENID = (
    _openid("sector_identifier_uri", url(secure=True), "pairwise subjects"),
    Member(
        name="subject_type",
        shape=choice("public", "pairwise"),
        offered="subject_types_supported",
        needs="openid",
        read_by="whatever shows a subject to the client",
    ),
    _openid("default_max_age", seconds, "the authorization endpoint"),
    _openid("require_auth_time", boolean, "ID Tokens"),
    _openid("default_acr_values", several(words), "the authorization endpoint"),
    _openid("initiate_login_uri", url(remote=True),
            "whoever starts a login (Core section 4)"),
    _openid("request_uris", several(url(fragment=True)), "request objects",
            "request_uris"),
    _openid("require_signed_request_object", boolean, "request objects",
            "request_objects"),
    _openid("frontchannel_logout_uri", url(), "logout", "frontchannel_logout"),
    _openid("frontchannel_logout_session_required", boolean, "logout",
            "frontchannel_logout"),
    _openid("backchannel_logout_uri", url(), "logout", "backchannel_logout"),
    _openid("backchannel_logout_session_required", boolean, "logout",
            "backchannel_logout"),
)  # fmt: skip


def _algorithms() -> Iterator[Member]:
    """Signing and encryption of ID Tokens, UserInfo and request objects."""
    for kind, response, read_by in (
        ("id_token", "_response", "ID Tokens"),
        ("userinfo", "_response", "UserInfo"),
        ("request_object", "", "request objects"),
    ):
        signed = "_signed_response_alg" if response else "_signing_alg"
        encrypted = "_encrypted_response" if response else "_encryption"
        needs = "openid" if response else "request_objects"
        for name, offered in (
            (signed, "signing_alg"),
            (f"{encrypted}_alg", "encryption_alg"),
            (f"{encrypted}_enc", "encryption_enc"),
        ):
            yield Member(
                name=f"{kind}{name}",
                shape=words,
                offered=f"{kind}_{offered}_values_supported",
                needs=needs,
                read_by=read_by,
            )


MEMBERS = {member.name: member for member in (*_MEMBERS, *_OPENID, *_algorithms())}
"""The table, by name."""


def member_named(name: str) -> Member | None:
    """The member called `name`, which may carry a language tag; None if unknown."""
    member = MEMBERS.get(name)
    if member is None and "#" in name:
        member = MEMBERS.get(base_name(name))
        return member if member is not None and member.localized else None
    return member


Errors = dict[str, list[str]]

SIGNING = (
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "request_object_signing_alg",
)

ENCRYPTION = (
    "id_token_encrypted_response",
    "userinfo_encrypted_response",
    "request_object_encryption",
)


def algorithms(application: Any, rules: Rules, errors: Errors) -> None:
    """Every algorithm has the key it needs."""

    def add(field: str, problem: str) -> None:
        errors.setdefault(field, []).append(problem)

    for name in SIGNING:
        if is_secret(application.declared(name)) and not application.client_secret:
            add(name, "needs a client secret as its key")
    for stem in ENCRYPTION:
        alg, enc = (application.declared(f"{stem}_{end}") for end in ("alg", "enc"))
        if enc is not None and alg is None:
            add(f"{stem}_enc", f"needs {stem}_alg")
        if is_secret(alg) and not application.client_secret:
            add(f"{stem}_alg", "needs a client secret as its key")
        elif alg and stem.endswith("response") and not _has_keys(application, alg):
            add(f"{stem}_alg", "needs jwks or jwks_uri")
    _unsigned(application, add)
    _request_objects(application, add)
    _assertions(application, add)


def is_secret(alg: Any) -> bool:
    """Whether the client's secret is the key of `alg`."""
    return isinstance(alg, str) and (alg.startswith("HS") or alg == "dir")


def _has_keys(application: Any, alg: Any) -> bool:
    if is_secret(alg):
        return True
    return any(application.declared(name) for name in ("jwks", "jwks_uri"))


def _unsigned(application: Any, add: Any) -> None:
    """No unsigned ID Token leaves through the browser (Core section 2)."""
    name = "id_token_signed_response_alg"
    in_front = any(
        "id_token" in str(item).split() for item in application.response_types
    )
    if application.declared(name) == "none" and in_front:
        add(name, "none is for response types that bring no id_token")


def _request_objects(application: Any, add: Any) -> None:
    """Keys only where nothing else than signed requests is to be taken.

    Some clients name an algorithm in any case, and never send an object.
    """
    name = "request_object_signing_alg"
    alg = application.declared(name)
    if alg is None or not application.declared("require_signed_request_object"):
        return
    if alg == "none":
        add(name, "none contradicts require_signed_request_object")
    elif not _has_keys(application, alg):
        add(name, "needs jwks or jwks_uri")


def _assertions(application: Any, add: Any) -> None:
    name = "token_endpoint_auth_signing_alg"
    alg, method = application.declared(name), application.token_endpoint_auth_method
    if alg is None or method not in ("private_key_jwt", "client_secret_jwt"):
        return
    if is_secret(alg) != (method == "client_secret_jwt") or alg in ("none", "dir"):
        add(name, f"does not go with {method}")


def add(errors: Errors, field: str, problem: str) -> None:
    """Note one more `problem` of `field`."""
    errors.setdefault(field, []).append(problem)


def shapes(application: Any, rules: Rules, errors: Errors) -> None:
    """Every member that is in the table has its shape; others are the host's own."""
    for name, value in (application.client_metadata or {}).items():
        member = member_named(name)
        if member is None:
            continue
        if member.column is not None and name == member.name:
            add(errors, name, f"is kept in the column {member.column}")
        elif problem := member.shape(value, rules):
            add(errors, name, problem)


def keys(application: Any, rules: Rules, errors: Errors) -> None:
    """Keys come in one way, and are there where something needs them."""
    known = application.declared("jwks"), application.declared("jwks_uri")
    if None not in known:
        add(errors, "jwks_uri", "and jwks exclude each other")
    if application.token_endpoint_auth_method == "private_key_jwt" and not any(known):
        add(errors, "token_endpoint_auth_method", "needs jwks or jwks_uri")


def grants_and_responses(application: Any, rules: Rules, errors: Errors) -> None:
    """The two lists agree (RFC 7591 section 2.1)."""
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
            add(errors, "response_types", f"has none for the grant type {grant_type}")
        if needed & words and not has:
            add(
                errors,
                "authorization_grant_type",
                f"{grant_type} is needed for these response types",
            )


def application_type(application: Any, rules: Rules, errors: Errors) -> None:
    """Which redirect URIs go with `web` and `native` (OpenID registration section 2).

    Where it is not said, `web` counts for the implicit grant alone.
    """
    kind = application.declared("application_type")
    implicit = application.allows_grant_type("implicit")
    for uri in (application.redirect_uris or "").split():
        parts = redirect_uris.split(uri)
        if parts is None:
            continue
        web = parts.scheme in ("http", "https")
        local = redirect_uris.is_loopback(parts.hostname, Rules(localhost=True))
        if kind == "native" and parts.scheme == "http" and not local:
            add(errors, "redirect_uris", f"{uri} is not for a native application")
        elif kind == "web" and not web:
            add(errors, "redirect_uris", f"{uri} is not for a web application")
        elif kind != "native" and implicit and (parts.scheme != "https" or local):
            add(
                errors,
                "redirect_uris",
                f"{uri} must be https, not on localhost, for the implicit grant",
            )


def sector(application: Any, rules: Rules, errors: Errors) -> None:
    """Several hosts need a sector of their own (OpenID Connect Core section 8.1)."""
    if application.declared("subject_type") != "pairwise":
        return
    uris = (application.redirect_uris or "").split()
    hosts = {urlsplit(uri).hostname for uri in uris if redirect_uris.split(uri)}
    if len(hosts) > 1 and application.declared("sector_identifier_uri") is None:
        add(errors, "sector_identifier_uri", "is needed: redirect_uris has many hosts")


def logout(application: Any, rules: Rules, errors: Errors) -> None:
    """The front-channel URI is on the origin of a redirect URI (section 2).

    http, where the server has it at all, is for confidential clients (Front-Channel
    Logout section 2, Back-Channel Logout section 2.2).
    """
    for name in ("frontchannel_logout_uri", "backchannel_logout_uri"):
        said = str(application.declared(name, "")).lower()
        if application.is_public and said.startswith("http:"):
            add(errors, name, "is not https, which a public client needs")
    uri = application.declared("frontchannel_logout_uri")
    if not isinstance(uri, str) or redirect_uris.split(uri) is None:
        return
    origins = {_origin(item) for item in (application.redirect_uris or "").split()}
    if _origin(uri) not in origins:
        add(errors, "frontchannel_logout_uri", "is on the origin of no redirect URI")


def _origin(uri: str) -> tuple[Any, ...] | None:
    parts = redirect_uris.split(uri)
    if parts is None:
        return None
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, port


_AMONG_EACH_OTHER = (
    keys,
    grants_and_responses,
    application_type,
    sector,
    logout,
    algorithms,
)


def client_metadata(application: Any, rules: Rules, errors: Errors) -> None:
    """Each member by itself, and then, where all have their shape, together."""
    misshapen: Errors = {}
    shapes(application, rules, misshapen)
    for field, problems in misshapen.items():
        errors.setdefault(field, []).extend(problems)
    if misshapen:
        return
    for check in _AMONG_EACH_OTHER:
        check(application, rules, errors)
