"""Client metadata documents: parsing, defaults and serialization.

RFC 7591 sections 2 and 3; the schema has the members that the server supports.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid_oauth.errors import FieldErrors
from pyramid_oauth.models import AbstractApplication, redirect_uris
from pyramid_oauth.models.application import CONFIDENTIAL, PUBLIC
from pyramid_oauth.models.application_validation import ApplicationRules
from pyramid_oauth.models.client_metadata import ALLOWED_ORIGINS
from pyramid_oauth.models.client_metadata_fields import ClientMetadataSchema

Document = dict[str, Any]

ALWAYS = ("redirect_uris", "grant_types")
"""Lists that are serialized even if they are empty."""


def known_members(sent: Mapping[str, Any], schema: ClientMetadataSchema) -> Document:
    """Return what a client may state of itself, without null members.

    RFC 7591 section 2: unknown members MUST be ignored; null means omitted.
    """
    return {
        name: value
        for name, value in sent.items()
        if value is not None and schema.is_stated(name)
    }


def check_shapes(document: Mapping[str, Any], rules: ApplicationRules) -> None:
    """Raise FieldErrors with all malformed members."""
    errors = {}
    for name, value in document.items():
        field = rules.schema.field(name)
        problem = field.shape(value, rules) if field is not None else None
        if problem:
            errors[name] = [problem]
    if errors:
        raise FieldErrors(errors)


def with_defaults(document: Mapping[str, Any]) -> Document:
    """Return `document`, which is well-formed, with default values.

    If one of `grant_types` and `response_types` is missing, it is derived from the
    other, so that both agree (section 2.1).
    """
    full = dict(document)
    full.setdefault("token_endpoint_auth_method", "client_secret_basic")
    if "grant_types" not in full:
        full["grant_types"] = _grant_types(full.get("response_types") or ["code"])
    if "response_types" not in full:
        full["response_types"] = _response_types(full["grant_types"])
    full.setdefault("application_type", _application_type(full))
    full.setdefault(ALLOWED_ORIGINS, _browser_origins(full))
    return full


def _grant_types(response_types: list[str]) -> list[str]:
    words = {word for item in response_types for word in item.split()}
    found = ["authorization_code"] if "code" in words else []
    return found + (["implicit"] if words & {"token", "id_token"} else [])


def _response_types(grant_types: list[str]) -> list[str]:
    known = {"authorization_code": "code", "implicit": "token"}
    return [known[item] for item in grant_types if item in known]


def _browser_origins(document: Document) -> list[str]:
    """Return the origins of the redirect URIs of a public web client.

    Its pages redeem the code by a script. They receive the code anyway, so that
    reading the response gives an origin nothing that it could not have.
    """
    is_public = document["token_endpoint_auth_method"] == "none"
    if not is_public or document["application_type"] != "web":
        return []
    origins = map(redirect_uris.origin_of, document.get("redirect_uris") or [])
    return list(dict.fromkeys(origin for origin in origins if origin))


def _application_type(document: Document) -> str:
    """Return `native` if redirect URIs are those of a program on a device, or `web`."""
    uris = document.get("redirect_uris") or []
    if "implicit" in document["grant_types"]:
        return "web"
    on_device = any(redirect_uris.is_interceptable(uri) for uri in uris)
    on_the_web = any(uri.startswith("https:") for uri in uris)
    return "native" if on_device and not on_the_web else "web"


def fields(document: Mapping[str, Any], schema: ClientMetadataSchema) -> dict[str, Any]:
    """Return the values of the columns that clients state; absent ones are empty."""
    empty: dict[str, Any] = {
        column: "" if field.is_list else None
        for column, field in schema.columns.items()
        if not field.by_administrators
    }
    return {**empty, "name": "", **given_fields(document, schema)}


def given_fields(
    document: Mapping[str, Any], schema: ClientMetadataSchema
) -> dict[str, Any]:
    """Return the values of the columns for the members of a well-formed `document`."""
    values: dict[str, Any] = {"client_metadata": {}}
    for name, value in document.items():
        field = schema.fields.get(name)
        if field is None or field.column is None:
            values["client_metadata"][name] = value
        elif field.is_list:
            values[field.column] = " ".join(dict.fromkeys(value))
        else:
            values[field.column] = value
    method = document.get("token_endpoint_auth_method")
    if method is not None:
        values["client_type"] = PUBLIC if method == "none" else CONFIDENTIAL
    return values


def serialize(
    application: AbstractApplication, schema: ClientMetadataSchema
) -> Document:
    """Return the metadata of `application` for a response (RFC 7591 section 3.2.1)."""
    document: Document = {}
    for column, field in schema.columns.items():
        value = getattr(application, column)
        if field.is_list:
            value = (value or "").split()
        if value not in (None, "", []) or field.name in ALWAYS:
            document[field.name] = value
    document["response_types"] = application.response_types
    others = (application.client_metadata or {}).items()
    return document | {name: value for name, value in others if schema.field(name)}
