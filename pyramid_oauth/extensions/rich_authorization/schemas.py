"""JSON schemas of authorization details, compiled at start-up (RFC 9396 section 11.3).

JSON Schema 2020-12, by `jsonschema`: a keyword that a library does not know would be
ignored, and so would the rule that it states. A `$ref` never leaves its schema.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from jsonschema.protocols import Validator
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from pyramid_oauth.configuration_errors import ConfigurationError
from pyramid_oauth.extensions.rich_authorization.details import TYPE, Detail

Schema = Mapping[str, Any]

Problem = Callable[[Detail], str | None]
"""Returns what is wrong with a detail, without its values; None if it is valid."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TEXTS = {"type": "array", "items": {"type": "string"}, "maxItems": 50}

COMMON_FIELDS: Schema = {
    "type": "object",
    "properties": {
        "locations": _TEXTS,
        "actions": _TEXTS,
        "datatypes": _TEXTS,
        "identifier": {"type": "string"},
        "privileges": _TEXTS,
    },
}
"""The schema of a type that has none of its own: the fields of section 2.2."""

_CLOSING = frozenset({"additionalProperties", "unevaluatedProperties"})

_OF_VALUES = frozenset(
    {
        "properties",
        "patternProperties",
        "items",
        "prefixItems",
        "unevaluatedItems",
        *_CLOSING,
    }
)
"""The keywords with schemas of the values inside an object or an array."""

_IN_PLACE = frozenset(
    {"allOf", "anyOf", "oneOf", "then", "else", "dependentSchemas", "$defs"}
)
"""The keywords with schemas of the same value, or of one that refers to them."""

_BY_NAME = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs"})

_NAMING = frozenset({"properties", "$ref", "$dynamicRef"}) | _IN_PLACE - {"$defs"}
"""The keywords by which a schema names the fields of an object."""

_LOCAL = "#"


def compile_schema(name: str, schema: Schema) -> tuple[Problem, Problem]:
    """Return the validation of a type, and that of a part of one of its details.

    An object with `properties` has no others, unless its schema says what these may be
    (section 5: unknown fields are refused).

    Raises:
        ConfigurationError: The schema is invalid, of another dialect, or refers to
            another document.
    """
    if schema.get("$schema", DIALECT).removesuffix("#") != DIALECT:
        raise ConfigurationError(f"{name}: only JSON Schema 2020-12 is understood")
    whole: dict[str, Any] = _closed(schema)
    properties = {**whole.get("properties", {}), TYPE: {"const": name}}
    whole |= {"type": "object", "properties": properties}
    if not whole.keys() & _CLOSING:
        whole["unevaluatedProperties"] = False
    part = {key: value for key, value in whole.items() if key != "required"}
    return _problem(_validator(name, whole)), _problem(_validator(name, part))


def _closed(schema: object) -> Any:  # noqa: ANN401 - `true` is a schema, too
    """Return the schema of a value; an object has no fields but those that it names."""
    closed = _descended(schema)
    if (
        isinstance(closed, dict)
        and closed.keys() & _NAMING
        and not (closed.keys() & _CLOSING)
    ):
        closed["unevaluatedProperties"] = False
    return closed


def _descended(schema: object) -> Any:  # noqa: ANN401 - `true` is a schema, too
    """Return the schema with the schemas of all values inside it closed.

    It is not closed itself: another one may add fields to the same object (`allOf`).
    """
    if not isinstance(schema, Mapping):
        return schema
    return {key: _keyword(key, value) for key, value in schema.items()}


def _keyword(key: str, value: Any) -> Any:  # noqa: ANN401 - of any keyword
    if key in _OF_VALUES:
        change = _closed
    elif key in _IN_PLACE:
        change = _descended
    else:
        return value
    if isinstance(value, list | tuple):
        return [change(each) for each in value]
    if key in _BY_NAME and isinstance(value, Mapping):
        return {name: change(each) for name, each in value.items()}
    return change(value)


def _validator(name: str, schema: Schema) -> Validator:
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        problem = f"{name}: the schema is invalid at {error.json_path}: {error.message}"
        raise ConfigurationError(problem) from error
    # A registry without `retrieve` fetches nothing.
    registry: Registry[Any] = Registry()
    document = Resource.from_contents(schema, default_specification=DRAFT202012)
    registry = registry.with_resource("", document)
    _require_local(name, schema)
    _require_resolvable(name, schema, registry)
    return Draft202012Validator(
        schema,
        registry=registry,
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


def _require_local(name: str, schema: object) -> None:
    for reference in _references(schema):
        if not reference.startswith(_LOCAL):
            raise ConfigurationError(
                f"{name}: the schema refers to {reference!r}; put it below $defs and "
                "refer to it by #/$defs/…, since nothing is fetched"
            )


def _require_resolvable(name: str, schema: Schema, registry: Registry[Any]) -> None:
    resolver = registry.resolver()
    for reference in _references(schema):
        try:
            resolver.lookup(reference)
        except Unresolvable as error:
            raise ConfigurationError(
                f"{name}: the schema has no {reference!r}"
            ) from error


def _references(schema: object) -> list[str]:
    """Return the values of `$ref` and `$dynamicRef`, wherever they are."""
    found: list[str] = []
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            if key in ("$ref", "$dynamicRef") and isinstance(value, str):
                found.append(value)
            found += _references(value)
    elif isinstance(schema, list | tuple):
        for each in schema:
            found += _references(each)
    return found


def _problem(validator: Validator) -> Problem:
    def problem(detail: Detail) -> str | None:
        # The first one: to find the most relevant one would look for all of them.
        error = next(validator.iter_errors(detail), None)
        if error is None:
            return None
        return f"{error.json_path.removeprefix('$').removeprefix('.') or 'it'} " + (
            f"does not conform to {error.validator} of the type"
        )

    return problem
