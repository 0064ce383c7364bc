"""What a client asks for, held against what this server offers (RFC 7591 section 2).

The server's own metadata is the measure: what is advertised may be registered, and
nothing else.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.clients.client_keys import needs_secret_as_key
from pyramid_oauth.fetch import FetchError
from pyramid_oauth.models.metadata import MEMBERS, Member

Errors = dict[str, list[str]]
FETCHED = ("jwks_uri", "sector_identifier_uri", "backchannel_logout_uri")
PUSHED = "require_pushed_authorization_requests"


def offer_errors(server: Any, application: Any) -> Errors:
    """What `application` asks for that `server` does not offer, by field."""
    errors: Errors = {}
    for member in MEMBERS.values():
        if member.offered is None:
            continue
        offered = server.metadata.get(member.offered) or ()
        for value in _asked(member, application):
            if not _is_among(value, offered):
                field = member.column or member.name
                errors.setdefault(field, []).append(_refusal(value, offered))
    _fetching(server, application, errors)
    _secret(application, errors)
    if application.declared(PUSHED) and not server.metadata.get(
        "pushed_authorization_request_endpoint"
    ):
        errors.setdefault(PUSHED, []).append("is not possible at this server")
    return errors


def _asked(member: Member, application: Any) -> list[str]:
    if member.name == "response_types":
        return list(application.response_types)
    if member.name == "grant_types":
        return list(application.grant_types)
    name = member.column
    value = getattr(application, name) if name else application.declared(member.name)
    return [] if value is None else [value]


def _is_among(value: str, offered: Any) -> bool:
    return any(set(value.split()) == set(item.split()) for item in offered)


def _refusal(value: str, offered: Any) -> str:
    there = ", ".join(offered) or "none"
    return f"{value} is not offered by this server; it offers {there}"


def _fetching(server: Any, application: Any, errors: Errors) -> None:
    """URLs which the server could never fetch are refused at once."""
    urls = [(name, application.declared(name)) for name in FETCHED]
    urls += [("request_uris", uri) for uri in application.declared("request_uris", ())]
    for name, url in urls:
        if not isinstance(url, str):
            continue
        try:
            server.fetcher.check_url(url.partition("#")[0])
        except FetchError as error:
            reason = f"{url} cannot be fetched: its {error.reason} is not allowed"
            errors.setdefault(name, []).append(reason)


def _secret(application: Any, errors: Errors) -> None:
    method = application.token_endpoint_auth_method
    needed = needs_secret_as_key(application.client_metadata or {}, method)
    if needed and application.client_secret and not application.sealed_client_secret:
        errors.setdefault("client_secret", []).append(
            "serves as a key and must be kept sealed; set key_encryption_keys, and a "
            "new secret"
        )
