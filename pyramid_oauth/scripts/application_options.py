"""Command-line options for the fields of AbstractApplication; lists are repeatable."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import click
from sqlalchemy import Column
from sqlalchemy import inspect as mapping_of

from pyramid_oauth.clock import now
from pyramid_oauth.models.application import CONFIDENTIAL, PUBLIC
from pyramid_oauth.scripts import security_options
from pyramid_oauth.scripts.json_option import (
    read_json,
    read_json_object,
    read_storable_json,
)
from pyramid_oauth.scripts.secret_option import read_secret
from pyramid_oauth.settings import converters

Command = Callable[..., None]


def _parse_words(
    ctx: click.Context, param: click.Parameter, value: tuple[str, ...]
) -> str | None:
    for word in value:
        if not word or any(character.isspace() for character in word):
            raise click.BadParameter(f"{word!r} is empty or contains white space")
    return " ".join(value) if value else None


def _parse_json_object(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> dict[str, Any] | None:
    # The validation of the metadata refuses U+0000 by the name of its member.
    return None if value is None else read_json_object(value, read_json)


def _now_if_set(ctx: object, param: object, value: bool) -> datetime | None:
    return now() if value else None


def _parse_expiry(ctx: object, param: object, value: int | None) -> datetime | None:
    return None if value is None else now() + timedelta(seconds=value)


def _parse_pairs(
    ctx: click.Context, param: click.Parameter, value: tuple[str, ...]
) -> dict[str, str]:
    pairs = {}
    for item in value:
        name, equals, rest = item.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{item!r} is not column=value")
        pairs[name] = rest
    return pairs


def _repeatable(name: str, field: str, meaning: str) -> Callable[[Command], Command]:
    return click.option(
        name, field, multiple=True, callback=_parse_words, help=f"{meaning} Repeatable."
    )


def _seconds(name: str, meaning: str) -> Callable[[Command], Command]:
    return click.option(name, type=click.IntRange(1), metavar="SECONDS", help=meaning)


CLIENT_ID = click.option("--client-id", help="Default: generated.")

FIELD_OPTIONS = (
    click.option("--name", help="The name that the consent page shows."),
    click.option(
        "--client-secret",
        callback=read_secret,
        metavar="PLACE",
        help="A secret of your own, kept as an argon2 hash: file:PATH, env:NAME, or "
        "'-', which asks for it. Default: generated where the authentication method "
        "needs one.",
    ),
    click.option(
        "--client-secret-lifetime",
        "client_secret_expires_at",
        type=click.IntRange(1, 100 * 366 * 86400),
        callback=_parse_expiry,
        metavar="SECONDS",
        help="When the secret expires; default: never.",
    ),
    click.option(
        "--client-type", type=click.Choice([CONFIDENTIAL, PUBLIC]), help="RFC 6749 2.1."
    ),
    click.option("--public", is_flag=True, help="As --client-type public."),
    click.option("--user", "user_id", help="The subject that owns the application."),
    _repeatable(
        "--redirect-uri", "redirect_uris", "Where authorization responses may go."
    ),
    _repeatable(
        "--post-logout-redirect-uri",
        "post_logout_redirect_uris",
        "Where the browser may go after a logout.",
    ),
    _repeatable("--allowed-origin", "allowed_origins", "Origin of its browser pages."),
    _repeatable("--grant-type", "authorization_grant_type", "A grant type it may use."),
    click.option(
        "--token-endpoint-auth-method",
        help="none, client_secret_basic, client_secret_post, …",
    ),
    click.option(
        "--skip-authorization/--no-skip-authorization",
        default=None,
        help="Trusted: never ask for consent.",
    ),
    _repeatable(
        "--allowed-scope", "allowed_scopes", "A scope it may have; default: all."
    ),
    _repeatable(
        "--default-scope", "default_scopes", "Granted when a request has no scope."
    ),
    click.option(
        "--pkce/--no-pkce",
        "pkce_required",
        default=None,
        help="Require PKCE; default: the server's setting.",
    ),
    click.option(
        "--introspection",
        type=click.Choice(["own", "any"]),
        help="Which tokens it may introspect.",
    ),
    _seconds("--access-token-lifetime", "Default: the server's."),
    _seconds("--refresh-token-idle-lifetime", "Default: the server's."),
    _seconds("--refresh-token-absolute-lifetime", "Default: the server's."),
    *security_options.OPTIONS,
    click.option(
        "--client-metadata",
        callback=_parse_json_object,
        metavar="JSON",
        help="Client metadata (RFC 7591), a JSON object. The options above win.",
    ),
    click.option(
        "--disabled",
        "disabled_at",
        is_flag=True,
        callback=_now_if_set,
        help="It gets no tokens, and those it has do not count.",
    ),
    click.option(
        "--set",
        "extra",
        multiple=True,
        callback=_parse_pairs,
        metavar="COLUMN=VALUE",
        help="A column of your own Application class. Repeatable.",
    ),
)

OPTIONS = (CLIENT_ID, *FIELD_OPTIONS)
"""The options of `create`."""

CLEARABLE = {
    "name": "name",
    "client-secret-lifetime": "client_secret_expires_at",
    "user": "user_id",
    "redirect-uri": "redirect_uris",
    "post-logout-redirect-uri": "post_logout_redirect_uris",
    "allowed-origin": "allowed_origins",
    "allowed-scope": "allowed_scopes",
    "default-scope": "default_scopes",
    "pkce": "pkce_required",
    "introspection": "introspection",
    "access-token-lifetime": "access_token_lifetime",
    "refresh-token-idle-lifetime": "refresh_token_idle_lifetime",
    "refresh-token-absolute-lifetime": "refresh_token_absolute_lifetime",
    "disabled": "disabled_at",
}
"""The fields that `update --clear` sets back to their defaults, by option."""

UPDATE_OPTIONS = (
    *FIELD_OPTIONS,
    click.option(
        "--clear",
        multiple=True,
        type=click.Choice(sorted({*CLEARABLE, *security_options.MEMBERS})),
        metavar="OPTION",
        help="Set the field of this option back to its default, such as "
        "`allowed-scope` or `disabled`. Repeatable.",
    ),
)
"""The options of `update`."""


def with_options(options: Sequence[Any]) -> Callable[[Command], Command]:
    """Add `options` to a command, which receives one keyword for each column."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_fields(**parameters: Any) -> None:  # noqa: ANN401 - of click
            command(**_resolve_dependencies(parameters))

        for option in reversed(options):
            with_fields = option(with_fields)
        return with_fields

    return decorate


def _resolve_dependencies(parameters: dict[str, Any]) -> dict[str, Any]:
    """Resolve the options whose value depends on another option."""
    if parameters.pop("public"):
        if parameters["client_type"] == CONFIDENTIAL:
            raise click.UsageError("--public contradicts --client-type confidential")
        parameters["client_type"] = PUBLIC
    if (
        parameters["client_type"] == PUBLIC
        and parameters["token_endpoint_auth_method"] is None
    ):
        parameters["token_endpoint_auth_method"] = "none"
    return parameters


HIDDEN = frozenset(
    {
        "client_secret",
        "retiring_client_secret",
        "sealed_client_secret",
        "registration_token_digest",
    }
)


def _parse_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment


FROM_TEXT: dict[type[Any], Any] = {
    bool: converters.boolean,
    int: int,
    float: float,
    str: str,
    UUID: UUID,
    datetime: _parse_moment,
    dict: read_storable_json,
}


def parse_columns(model: type[Any], parameters: dict[str, str]) -> dict[str, Any]:
    """Return the values of `parameters`, converted to the column types of `model`.

    Raises click.BadParameter for an unknown column, for a secret, and for text that
    does not convert to the column's type.
    """
    attributes = mapping_of(model).column_attrs
    values = {}
    for name, text in parameters.items():
        if name not in attributes or name in HIDDEN:
            raise click.BadParameter(f"{model.__name__} has no column {name} to set")
        values[name] = _convert(attributes[name].columns[0], name, text)
    return values


def _convert(column: Column[Any], name: str, text: str) -> object:
    convert: Callable[[str], object]
    try:
        convert = FROM_TEXT.get(column.type.python_type, str)
    except NotImplementedError:
        convert = str
    try:
        return convert(text)
    except ValueError as error:
        raise click.BadParameter(f"{name}: {error}") from error


def describe_columns(instance: object) -> dict[str, Any]:
    """Return all columns of `instance` as JSON values, without the secrets."""
    return {
        attribute.key: _to_json(getattr(instance, attribute.key))
        for attribute in mapping_of(type(instance)).column_attrs
        if attribute.key not in HIDDEN
    }


def _to_json(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, (bool, int, float, str, list, dict)):
        return value
    return str(value)
