"""The plans of the conformance suite for FAPI 2.0, with their variants.

FAPI 2.0 Security Profile (Final) and FAPI 2.0 Message Signing (Final). What a server
offers is read from its metadata, as the suite reads it.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from pyramid_oauth.endpoints.metadata import OAUTH
from pyramid_oauth.extensions.rich_authorization import DetailsType
from pyramid_oauth.extensions.rich_authorization.catalogue import TYPES
from pyramid_oauth.extensions.rich_authorization.details import TYPE, Detail
from pyramid_oauth.scripts.conformance import fapi2_clients, fapi2_steps
from pyramid_oauth.scripts.conformance.browser_steps import Site, ordinary_steps
from pyramid_oauth.scripts.conformance.fapi2_clients import DPOP, MTLS, Authority, Kind
from pyramid_oauth.typing import OAuthRequest

SECURITY_PROFILE = "fapi2-security-profile-final-test-plan"

MESSAGE_SIGNING = "fapi2-message-signing-final-test-plan"

PRIVATE_KEY_JWT = "private_key_jwt"

KINDS = tuple(
    Kind(authentication, constraint, signs_requests)
    for signs_requests in (False, True)
    for authentication, constraint in (
        (PRIVATE_KEY_JWT, DPOP),
        (PRIVATE_KEY_JWT, MTLS),
        (MTLS, DPOP),
        (MTLS, MTLS),
    )
)

OPENID, PLAIN = "openid_connect", "plain_oauth"

SIMPLE, RAR = "simple", "rar"
"""Authorization requests without and with `authorization_details` (RFC 9396)."""

SCOPES = {OPENID: "openid read", PLAIN: "read write"}

Metadata = Mapping[str, Any]

Content = dict[str, Any]


@dataclass(frozen=True)
class Configuration:
    """One configuration file, and the runs that it serves."""

    name: str
    content: Content
    runs: tuple[str, ...]


def is_fapi_server(metadata: Metadata) -> bool:
    """Whether the plans for FAPI 2.0 are those of this server: it requires PAR."""
    return bool(metadata.get("require_pushed_authorization_requests"))


def build_configurations(
    request: OAuthRequest, alias: str, site: Site, resource: str, authority: Authority
) -> Iterator[Configuration]:
    """Register the clients of the kinds that the server offers, and describe each.

    Args:
        request: A request to the server.
        alias: Part of the suite's URLs.
        site: The pages of the server, and who logs in.
        resource: The path of a protected view for the scope `read`.
        authority: Who issues the certificates of the clients.

    Yields:
        A configuration for each kind of client and each value of the variant `openid`.
    """
    metadata: Metadata = request.oauth.server.metadata
    details = _example_details(request)
    for kind in KINDS:
        if not _offers(metadata, kind):
            continue
        clients = fapi2_clients.register_clients(request, site, kind, authority)
        for openid, scope in SCOPES.items():
            if openid == OPENID and not _is_openid_provider(metadata):
                continue
            content = {
                "alias": alias,
                "description": f"pyramid_oauth: FAPI 2.0, {kind.title}, {openid}",
                "server": {"discoveryUrl": _discovery_url(metadata, openid)},
                **_with_scope(clients, scope),
                "resource": {
                    "resourceUrl": _resource_url(metadata, kind, resource),
                    **({"richAuthorizationRequest": details} if details else {}),
                },
                "browser": ordinary_steps(site)[:1],
                "override": fapi2_steps.module_steps(site),
            }
            request_types = (SIMPLE, RAR) if details else (SIMPLE,)
            runs = tuple(_runs(metadata, kind, openid, request_types))
            yield Configuration(f"{kind.name}-{openid}.json", content, runs)


def _offers(metadata: Metadata, kind: Kind) -> bool:
    method = "tls_client_auth" if kind.authentication == MTLS else kind.authentication
    binds = {
        DPOP: "dpop_signing_alg_values_supported",
        MTLS: "tls_client_certificate_bound_access_tokens",
    }
    needed = [binds[kind.constraint]]
    if kind.signs_requests:
        needed.append("request_object_signing_alg_values_supported")
    methods = metadata.get("token_endpoint_auth_methods_supported", ())
    return method in methods and all(metadata.get(name) for name in needed)


def _is_openid_provider(metadata: Metadata) -> bool:
    return "userinfo_endpoint" in metadata


def _with_scope(clients: Content, scope: str) -> Content:
    return {
        name: {**members, "scope": scope} if "client_id" in members else members
        for name, members in clients.items()
    }


def _discovery_url(metadata: Metadata, openid: str) -> str:
    """Return the URL of the document: OpenID's, or that of RFC 8414 section 3."""
    issuer: str = metadata["issuer"].rstrip("/")
    if openid == OPENID:
        return f"{issuer}/.well-known/openid-configuration"
    return urljoin(issuer, f"/.well-known/{OAUTH}{urlsplit(issuer).path}")


def _resource_url(metadata: Metadata, kind: Kind, path: str) -> str:
    """Return the URL of the resource, at the host that asks for certificates if any."""
    base: str = metadata["token_endpoint"]
    if kind.constraint == MTLS:
        base = metadata.get("mtls_endpoint_aliases", {}).get("token_endpoint", base)
    return urljoin(base, path)


def _example_details(request: OAuthRequest) -> list[Detail]:
    """Return a detail of each declared type that needs no field but its type."""
    types: Mapping[str, DetailsType] = request.registry.get(TYPES, {})
    return [
        {TYPE: name}
        for name, declared in types.items()
        if declared.problem({TYPE: name}) is None
    ]


def _runs(
    metadata: Metadata, kind: Kind, openid: str, request_types: Sequence[str]
) -> Iterator[str]:
    """Yield the arguments of the suite's `run-test-plan.py`."""
    binding = (
        f"[client_auth_type={kind.authentication}][sender_constrain={kind.constraint}]"
    )
    modes = ["plain_response"]
    if metadata.get("authorization_signing_alg_values_supported"):
        modes.append("jarm")
    if not kind.signs_requests and openid == PLAIN:
        own = f"[fapi_profile=fapi_client_credentials_grant][openid={PLAIN}]{binding}"
        yield _quote(SECURITY_PROFILE, own, SIMPLE)
    method = "signed_non_repudiation" if kind.signs_requests else "unsigned"
    for request_type in request_types:
        variant = f"[fapi_profile=plain_fapi][openid={openid}]{binding}"
        if not kind.signs_requests:
            yield _quote(SECURITY_PROFILE, variant, request_type)
        for mode in modes:
            # The Security Profile is unsigned requests with plain responses.
            if kind.signs_requests or mode == "jarm":
                own = f"[fapi_request_method={method}][fapi_response_mode={mode}]"
                yield _quote(MESSAGE_SIGNING, f"{variant}{own}", request_type)


def _quote(plan: str, variant: str, request_type: str) -> str:
    chosen = f"{variant}[authorization_request_type={request_type}]"
    return shlex.quote(f"{plan}{chosen}")
