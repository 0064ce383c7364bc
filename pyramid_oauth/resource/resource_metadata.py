"""Metadata of protected resources (RFC 9728): the members and the document.

Each document is made once, at the end of the configuration.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from pyramid_oauth.configuration_errors import ConfigurationError, did_you_mean
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.resource.authentication import PLACES
from pyramid_oauth.resource.protected_resource import (
    PROTECTED_RESOURCES,
    WELL_KNOWN,
    ProtectedResource,
    ProtectedResources,
    decoded_path,
)
from pyramid_oauth.resource.token_verifier_settings import (
    LOCAL,
    TokenVerifierSettings,
)
from pyramid_oauth.settings import SETTINGS, Settings

CONTRIBUTIONS = "pyramid_oauth.resource_metadata_contributions"

DOCUMENTS = "pyramid_oauth.resource_metadata_documents"
"""Registry key of the serialized documents by path, since the end of the configuration.
"""

MAX_AGE = 3600

METHODS = "GET, HEAD, OPTIONS"

Contribution = Mapping[str, Any] | Callable[[ProtectedResource], Mapping[str, Any]]

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")

_URL = re.compile(r"https?://[\x21\x23-\x5b\x5d-\x7e]+")

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


TEXTS = frozenset(
    {"resource_name", "resource_documentation", "resource_policy_uri"}
    | {"resource_tos_uri"}
)
"""The members for people, which may have language tags (section 2.1)."""

LISTS = frozenset(
    {
        "authorization_details_types_supported",
        "authorization_servers",
        "bearer_methods_supported",
        "dpop_signing_alg_values_supported",
        "resource_signing_alg_values_supported",
        "scopes_supported",
    }
)

OTHERS = frozenset(
    {
        "dpop_bound_access_tokens_required",
        "jwks_uri",
        "signed_metadata",
        "tls_client_certificate_bound_access_tokens",
    }
)


def read_members(
    metadata: Mapping[str, Any], others: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the members that a host declares.

    Args:
        metadata: Members of RFC 9728 section 2; None leaves one out.
        others: Members of other specifications.

    Raises:
        ConfigurationError: A name is unknown, or a value is malformed.
    """
    known = TEXTS | LISTS | OTHERS
    members: dict[str, Any] = {}
    for name, value in metadata.items():
        if name not in known:
            near = did_you_mean(name, known)
            raise ConfigurationError(f"protected resource: {name!r} is unknown{near}")
        if name in LISTS and value is not None:
            members[name] = as_list(value)
        elif name in TEXTS and isinstance(value, Mapping):
            members |= _tagged(name, value)
        elif value is not None:
            members[name] = value
    members |= others
    check_members(members)
    return members


def _tagged(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    """Return one member for each language tag; that of "" has none."""
    for tag in texts:
        if tag and not _LANGUAGE.fullmatch(tag):
            raise ConfigurationError(f"{name}: {tag!r} is not a language tag (BCP 47)")
    return {f"{name}#{tag}" if tag else name: text for tag, text in texts.items()}


def check_metadata_url(url: str) -> None:
    """Raise ConfigurationError if a challenge could not have `url`."""
    if not _URL.fullmatch(url):
        raise ConfigurationError(f"resource metadata: {url!r} is not an http(s) URL")


def check_members(members: Mapping[str, Any]) -> None:
    """Raise ConfigurationError if a client could not use the members (section 2)."""
    for name, value in members.items():
        problem = _problem_of(name, value)
        if problem:
            raise ConfigurationError(f"protected resource: {name} {problem}")


def _problem_of(name: str, value: object) -> str:
    kind = name.partition("#")[0]
    if kind == "resource":
        return "is the identifier, and cannot be another"
    if kind in _URLS and not (isinstance(value, str) and _URL.fullmatch(value)):
        return f"is {value!r}, which is not an http(s) URL"
    if kind == "jwks_uri" and not str(value).startswith("https://"):
        return "must be an https URL"
    words = value if isinstance(value, list) else []
    if kind == "scopes_supported" and not all(map(_SCOPE.fullmatch, words)):
        return f"has a malformed scope: {value!r} (RFC 6749 section 3.3)"
    if kind == "authorization_servers" and not all(map(_URL.fullmatch, words)):
        return f"has what is not an http(s) URL: {value!r}"
    if kind == "bearer_methods_supported" and set(words) - _METHODS:
        return f"knows header, body and query, not {value!r}"
    if kind == "resource_signing_alg_values_supported" and "none" in words:
        return "must not have none"
    return ""


_URLS = frozenset(
    {"resource_documentation", "resource_policy_uri", "resource_tos_uri", "jwks_uri"}
)

_METHODS = frozenset({"header", "body", "query"})


def build_documents(registry: Registry) -> None:
    """Serialize the metadata of every resource; an action at the end."""
    resources: ProtectedResources = registry[PROTECTED_RESOURCES]
    resources.check_names()
    documents: dict[str, Document] = {}
    for resource in resources.by_identifier.values():
        path = decoded_path(resource.identifier).removesuffix("/")
        document = Document.of(_members(registry, resource))
        # A client may add or leave out the slash at the end (section 3.1).
        documents[WELL_KNOWN + path] = documents[f"{WELL_KNOWN}{path}/"] = document
    registry[DOCUMENTS] = documents


def _members(registry: Registry, resource: ProtectedResource) -> dict[str, Any]:
    """Return the members: those that are always true, of extensions, of the host."""
    places = registry[PLACES]
    sent = {"header": True, "body": places.body, "query": places.query}
    members: dict[str, Any] = {
        "resource": resource.identifier,
        "authorization_servers": _issuers(registry[SETTINGS]),
        "bearer_methods_supported": [name for name, is_read in sent.items() if is_read],
    }
    for contribution in registry[CONTRIBUTIONS].values():
        is_mapping = isinstance(contribution, Mapping)
        members |= contribution if is_mapping else contribution(resource)
    members |= {**resource.members, "resource": resource.identifier}
    return {name: value for name, value in members.items() if _is_sent(name, value)}


def _issuers(settings: Settings) -> list[str]:
    """Return the issuers that the settings trust: this server, and another one."""
    others = settings[TokenVerifierSettings]
    is_local = not others.token_verifiers or LOCAL in others.token_verifiers
    found = [settings.issuer if is_local else None, others.token_issuer]
    return list(dict.fromkeys(each for each in found if each))


def _is_sent(name: str, value: object) -> bool:
    # Without values a member is omitted (section 3.2); but an empty array of methods
    # says that bearer tokens are not accepted (section 2).
    return (value == [] and name == "bearer_methods_supported") or value not in (
        None,
        [],
    )


def resource_metadata(context: object, request: Request) -> Response:
    """Answer with the metadata of a resource, which scripts of every origin may read.

    Args:
        context: The context of the view.
        request: The request, whose path has that of the identifier at its end.
    """
    environ = request.environ
    document = request.registry[DOCUMENTS].get(environ.get("PATH_INFO"))
    if document is None:
        return HTTPNotFound()
    method = environ["REQUEST_METHOD"]
    if method == "OPTIONS":
        return _preflight()
    if method not in ("GET", "HEAD"):
        return _not_allowed()
    answer: Response = document.answer()
    return answer


@dataclass(frozen=True, slots=True)
class Document:
    """A serialized document with its headers, made once."""

    raw: bytes
    headers: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> Document:
        """Serialize `members`; raise ConfigurationError if they are not JSON."""
        try:
            raw = json.dumps(members, indent=1).encode()
        except (TypeError, ValueError) as error:
            problem = f"the metadata of {members['resource']} is not JSON: {error}"
            raise ConfigurationError(problem) from error
        headers = (
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(raw))),
            ("Cache-Control", f"public, max-age={MAX_AGE}"),
            ("ETag", f'"{sha256(raw).hexdigest()[:32]}"'),
            ("Access-Control-Allow-Origin", "*"),
            ("X-Content-Type-Options", "nosniff"),
        )
        return cls(raw, headers)

    def answer(self) -> Response:
        """Return the response; WebOb answers HEAD and the ETag that a client knows."""
        return Response(
            headerlist=list(self.headers),
            app_iter=[self.raw],
            conditional_response=True,
        )


def _preflight() -> Response:
    # Clients in a browser send headers of their own, such as MCP-Protocol-Version.
    headers = {
        "Allow": METHODS,
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET, HEAD",
        "Access-Control-Allow-Headers": "*",
        "Access-Control-Max-Age": str(MAX_AGE),
    }
    return Response(status=204, headers=headers)


def _not_allowed() -> Response:
    headers = {"Allow": METHODS, "Cache-Control": "no-store"}
    return Response(status=405, headers=headers)


def as_list(value: str | Iterable[str]) -> list[str]:
    """Return words as a JSON array; a string may have several."""
    return list(value.split() if isinstance(value, str) else value)
