"""Every standard client metadata member, as one table.

RFC 7591 section 2; OpenID Connect Dynamic Client Registration 1.0 section 2;
RP-Initiated, Front-Channel and Back-Channel Logout 1.0; RFC 9101 section 10.5; RFC 9126
section 6. What is not in the table is not understood, ignored and not stored (RFC 7591
section 2).
"""

from __future__ import annotations

from collections.abc import Iterator

from pyramid_oauth.models.metadata.member import Member, Shape, base_name
from pyramid_oauth.models.metadata.shapes import (
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
