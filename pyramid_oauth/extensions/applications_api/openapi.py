"""The OpenAPI 3.1 document of the API, built from the configured Application class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pyramid_oauth.extensions.applications.member_fields import security_members
from pyramid_oauth.extensions.applications_api.problems import PROBLEM
from pyramid_oauth.extensions.applications_api.properties import METADATA, Property
from pyramid_oauth.extensions.applications_api.representation import (
    DISABLED,
    READ_ONLY,
    properties_of,
)
from pyramid_oauth.extensions.applications_api.settings import ApplicationsApiSettings
from pyramid_oauth.models.client_metadata_fields import BOX, CHOICES, TEXT
from pyramid_oauth.server import Server

Schema = Mapping[str, Any]

OAUTH = "oauth"
"""The name of the security scheme."""

WITH_SECRET = "ApplicationWithSecret"
"""The schema of a response that may have a new secret."""

ERRORS = {
    "400": "The request is malformed.",
    "401": "There is no valid token.",
    "403": "The token does not permit this.",
    "404": "There is no such application, or the token may not see it.",
    "409": "Another application has one of the values.",
    "412": "The application is not in the state that If-Match names.",
    "415": "The body is not JSON.",
    "422": "Some members are invalid.",
    "428": "If-Match is missing.",
    "429": "The owner registers too often.",
}


def build_document(server: Server, name: str) -> dict[str, Any]:
    """Return the document.

    Args:
        server: The server.
        name: The name of the endpoint.
    """
    return {
        "openapi": "3.1.0",
        "info": {"title": "Applications", "version": "1"},
        "servers": [{"url": server.base_url}],
        "paths": _paths(server.settings[ApplicationsApiSettings], name),
        "components": {
            "securitySchemes": {OAUTH: _security_scheme(server)},
            "schemas": _schemas(server),
            "parameters": _parameters(),
        },
    }


def _schemas(server: Server) -> dict[str, Schema]:
    model: Any = server.models.Application
    everything = properties_of(model, by_administrator=True)
    owners = properties_of(model, by_administrator=False)
    settable = {
        name: dict(each.schema) | ({} if name in owners else _FOR_CLIENTS)
        for name, each in everything.items()
    }
    if METADATA in settable:
        settable[METADATA]["properties"] = _members(server)
    switch = {DISABLED: {"type": "boolean"}}
    read_only = {name: {**each, "readOnly": True} for name, each in READ_ONLY.items()}
    secret = {"client_secret": {"type": "string", "description": _ONCE}}
    return {
        "Application": _object({**settable, **switch, **read_only}, ["client_id"]),
        WITH_SECRET: {"allOf": [_reference("schemas", "Application"), _object(secret)]},
        "NewApplication": _object(settable, _required(owners.values())),
        "ApplicationChange": _object({**settable, **switch}),
        "ApplicationPage": _object(
            {
                "applications": {
                    "type": "array",
                    "items": _reference("schemas", "Application"),
                },
                "next": {"type": ["string", "null"]},
            },
            ["applications", "next"],
        ),
        "Problem": _PROBLEM,
    }


def _members(server: Server) -> dict[str, Schema]:
    """Return the schemas of those members of the metadata that a form has, too."""
    found: dict[str, Schema] = {}
    for name, member in security_members(server).items():
        given = member.input
        if given is not None:
            kind = {**_KINDS[given.kind], "description": f"{given.label}. {given.hint}"}
            found[name] = {**kind, "type": [kind["type"], "null"]}
    return found


_KINDS: Mapping[str, Schema] = {
    BOX: {"type": "boolean"},
    TEXT: {"type": "string"},
    CHOICES: {"type": "array", "items": {"type": "string"}},
}

_FOR_CLIENTS = {"description": "Only for clients that manage all applications."}

_ONCE = "A new secret; no other response has it."

_TEXT = {"type": "string"}

_PROBLEM = {
    "type": "object",
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"detail": _TEXT, "pointer": _TEXT},
            },
        },
    },
}


def _required(properties: Iterable[Property]) -> list[str]:
    return [each.name for each in properties if each.is_required]


def _object(properties: Mapping[str, Any], required: Iterable[str] = ()) -> Schema:
    schema = {"type": "object", "properties": dict(properties)}
    names = list(required)
    return {**schema, "required": names} if names else schema


def _reference(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}


_MATCHED = [_reference("parameters", "If-Match")]


def _security_scheme(server: Server) -> Schema:
    section = server.settings[ApplicationsApiSettings]
    scopes = {
        section.applications_read_scope: "Read applications",
        section.applications_write_scope: "Register, change and delete applications",
    }
    token_url = server.url("token")
    flows = {
        "authorizationCode": {
            "authorizationUrl": server.url("authorize"),
            "tokenUrl": token_url,
            "scopes": scopes,
        },
        "clientCredentials": {"tokenUrl": token_url, "scopes": scopes},
    }
    return {"type": "oauth2", "flows": flows}


def _parameters() -> dict[str, Schema]:
    def query(name: str, schema: Schema) -> Schema:
        return {"name": name, "in": "query", "schema": schema}

    return {
        "client_id": {
            "name": "client_id",
            "in": "path",
            "required": True,
            "schema": _TEXT,
        },
        "search": query("search", _TEXT),
        "after": query("after", _TEXT),
        "limit": query("limit", {"type": "integer", "minimum": 1, "maximum": 100}),
        "If-Match": {"name": "If-Match", "in": "header", "schema": _TEXT},
    }


def _paths(section: ApplicationsApiSettings, name: str) -> dict[str, Any]:
    one = {"parameters": [_reference("parameters", "client_id")]}
    reads, writes = section.applications_read_scope, section.applications_write_scope
    return {
        f"/{name}": _list_operations(reads, writes),
        f"/{name}/{{client_id}}": one | _operations_on_one(reads, writes),
        f"/{name}/{{client_id}}/secret": one
        | {
            "post": _operation(
                "rotateSecret", writes, "200", WITH_SECRET, parameters=_MATCHED
            )
        },
    }


def _list_operations(reads: str, writes: str) -> dict[str, Schema]:
    query = [_reference("parameters", name) for name in ("search", "after", "limit")]
    return {
        "get": _operation(
            "listApplications", reads, "200", "ApplicationPage", parameters=query
        ),
        "post": _operation(
            *("registerApplication", writes, "201", WITH_SECRET),
            requestBody=_body("NewApplication"),
        ),
    }


def _operations_on_one(reads: str, writes: str) -> dict[str, Schema]:
    return {
        "get": _operation("readApplication", reads, "200", "Application"),
        "patch": _operation(
            *("changeApplication", writes, "200", WITH_SECRET),
            requestBody=_body("ApplicationChange"),
            parameters=_MATCHED,
        ),
        "delete": _operation(
            "deleteApplication", writes, "204", None, parameters=_MATCHED
        ),
    }


def _operation(
    name: str, scope: str, status: str, schema: str | None, **more: object
) -> Schema:
    return {
        "operationId": name,
        "security": [{OAUTH: [scope]}],
        "responses": {status: _success(schema), **_failures()},
        **more,
    }


def _body(schema: str) -> Schema:
    return {"required": True, "content": _content("application/json", schema)}


def _content(media_type: str, schema: str) -> Schema:
    return {media_type: {"schema": _reference("schemas", schema)}}


def _success(schema: str | None) -> Schema:
    if schema is None:
        return {"description": "Done."}
    etag = {"ETag": {"schema": _TEXT}}
    content = _content("application/json", schema)
    return {"description": "Done.", "headers": etag, "content": content}


def _failures() -> dict[str, Schema]:
    return {
        status: {"description": text, "content": _content(PROBLEM, "Problem")}
        for status, text in ERRORS.items()
    }
