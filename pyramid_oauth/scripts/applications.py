"""`application`: registration and administration of clients (RFC 6749 section 2).

Every field of AbstractApplication has an option.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import click

from pyramid_oauth.clients import management
from pyramid_oauth.clients.listing import (
    ApplicationQuery,
    find_application,
    iterate_applications,
)
from pyramid_oauth.clients.metadata import check_shapes, given_fields
from pyramid_oauth.clients.validation import NewSecret
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.administrator_members import hold_protections
from pyramid_oauth.models.application import ADMINISTRATOR, CONFIDENTIAL
from pyramid_oauth.models.columns import constants
from pyramid_oauth.scripts import application_options, environment, security_options
from pyramid_oauth.scripts.application_options import (
    CLEARABLE,
    OPTIONS,
    UPDATE_OPTIONS,
    with_options,
)
from pyramid_oauth.scripts.environment import open_application
from pyramid_oauth.scripts.security_options import MEMBERS, require_member
from pyramid_oauth.typing import OAuthRequest

LISTED_AT_ONCE = 1000

SECRET_NOTICE = "Keep the secret now: it is not stored and cannot be shown again."


@click.group()
def application() -> None:
    """Register and administer OAuth clients."""


@application.command()
@environment.ini
@with_options(OPTIONS)
@environment.as_json
def create(ini: str, as_json: bool, **parameters: Any) -> None:  # noqa: ANN401 - of click
    """Register an application; a secret is generated where its method needs one."""
    with open_application(ini) as request:
        chosen = parameters.pop("client_secret")
        values = _given_values(request, parameters)
        values["client_metadata"] = _hold(request, {}, values["client_metadata"])
        registered = management.register_application(
            request, values, new_secret=NewSecret(chosen=chosen)
        )
        secret = registered.client_secret
        described = _describe(registered.application, secret)
    _show_with_secret(described, secret, as_json)


def _given_values(request: OAuthRequest, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the values of the columns that the options name.

    A member of the metadata with a column is stored there; an option overrides it.
    """
    server, model = request.oauth.server, request.oauth.models.Application
    extra = application_options.parse_columns(model, parameters.pop("extra"))
    rules = server.application_rules
    members = security_options.pop_members(parameters, rules.schema)
    values = {name: value for name, value in parameters.items() if value is not None}
    if "user_id" in values:  # in the type of the host's key
        owner = {"user_id": values["user_id"]}
        values |= application_options.parse_columns(model, owner)
    if "disabled_at" in values:
        values["disabled_by"] = ADMINISTRATOR  # so that its owner cannot enable it
    metadata = values.pop("client_metadata", {}) | members
    for name in [name for name, value in metadata.items() if value is None]:
        if name in rules.schema.fields and rules.schema.fields[name].column:
            raise click.UsageError(f"{name}: is null; use --clear")
    check_shapes(_without_null(metadata), rules)
    return given_fields(metadata, rules.schema) | values | extra


def _without_null(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the members that have a value; null means omitted (RFC 7591 2)."""
    return {name: value for name, value in metadata.items() if value is not None}


def _hold(
    request: OAuthRequest, present: dict[str, Any], given: dict[str, Any]
) -> dict[str, Any]:
    """Return the metadata with the given members; protections among them are held."""
    others = {name: value for name, value in present.items() if name not in given}
    schema = request.oauth.server.application_rules.schema
    return hold_protections(schema, others, _without_null(present | given))


@application.command(context_settings=environment.accepts_leading_dash)
@environment.ini
@click.argument("client_id")
@with_options(UPDATE_OPTIONS)
@environment.as_json
def update(ini: str, client_id: str, as_json: bool, **parameters: Any) -> None:  # noqa: ANN401 - of click
    """Change an application: what an option names is replaced, all else stays.

    A list is replaced as a whole. `--client-metadata` replaces single members; null
    removes one.
    """
    with open_application(ini) as request:
        row = _get_application(request, client_id)
        secret = _change_application(request, row, parameters)
        described = _describe(row, secret)
    _show_with_secret(described, secret, as_json)


def _change_application(
    request: OAuthRequest, row: AbstractApplication, parameters: dict[str, Any]
) -> str | None:
    chosen, clear = parameters.pop("client_secret"), parameters.pop("clear")
    defaults = constants(type(row))
    columns = [CLEARABLE[name] for name in clear if name in CLEARABLE]
    cleared = {name: defaults.get(name) for name in columns}
    values = _given_values(request, parameters)
    _clear_members(request, values["client_metadata"], clear)
    if both := cleared.keys() & values.keys():
        raise click.UsageError(f"{', '.join(sorted(both))}: set and cleared at once")
    if "disabled_at" in cleared:
        cleared["disabled_by"] = None
    values["client_metadata"] = _hold(
        request, row.client_metadata or {}, values["client_metadata"]
    )
    if values.get("client_type") == CONFIDENTIAL and row.is_public:
        values.setdefault(
            "token_endpoint_auth_method", defaults["token_endpoint_auth_method"]
        )
    return management.change_application(
        request, row, cleared | values, new_secret=NewSecret(chosen=chosen)
    )


def _clear_members(
    request: OAuthRequest, metadata: dict[str, Any], clear: Sequence[str]
) -> None:
    """Let `metadata` remove the members that `--clear` names."""
    for name in clear:
        member = MEMBERS.get(name)
        if member is not None:
            require_member(name, request.oauth.server.application_rules.schema)
            if metadata.get(member) is not None:
                raise click.UsageError(f"{member}: set and cleared at once")
            metadata[member] = None


@application.command("list")
@environment.ini
@click.option("--search", default="", help="Text in name, client ID or redirect URI.")
@click.option("--user", "owner", help="The subject that owns them.")
@environment.as_json
def list_(ini: str, search: str, owner: str | None, as_json: bool) -> None:
    """List the applications, the oldest first."""
    query = ApplicationQuery(owner=owner, search=search, size=LISTED_AT_ONCE)
    with open_application(ini) as request:
        described = [
            application_options.describe_columns(item)
            for item in iterate_applications(
                request.oauth.server, request.oauth.session, query
            )
        ]
    described.reverse()
    if as_json:
        environment.show_json(described)
        return
    for item in described:
        state = "disabled" if item["disabled_at"] else item["client_type"]
        click.echo(f"{item['client_id']}\t{state}\t{item['name']}")


@application.command(context_settings=environment.accepts_leading_dash)
@environment.ini
@click.argument("client_id")
@environment.as_json
def show(ini: str, client_id: str, as_json: bool) -> None:
    """Show all fields of one application, except for its secrets."""
    with open_application(ini) as request:
        described = application_options.describe_columns(
            _get_application(request, client_id)
        )
    _show(described, as_json)


@application.command(context_settings=environment.accepts_leading_dash)
@environment.ini
@click.argument("client_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(ini: str, client_id: str, yes: bool) -> None:
    """Delete an application with its grants, consents and tokens."""
    if not yes:
        click.confirm(f"Delete {client_id} and all its grants and tokens?", abort=True)
    with open_application(ini) as request:
        management.delete_application(request, _get_application(request, client_id))
    click.echo(f"{client_id} is deleted.")


@application.command("rotate-secret", context_settings=environment.accepts_leading_dash)
@environment.ini
@click.argument("client_id")
@click.option(
    "--overlap",
    type=click.IntRange(0, 366 * 86400),
    default=86400,
    show_default=True,
    metavar="SECONDS",
    help="For how long the old secret is still accepted.",
)
@environment.as_json
def rotate_secret(ini: str, client_id: str, overlap: int, as_json: bool) -> None:
    """Generate a new secret; the old one stays valid for the overlap."""
    with open_application(ini) as request:
        rotated = management.rotate_secret(
            request,
            _get_application(request, client_id),
            overlap=timedelta(seconds=overlap),
        )
    secret, until = rotated.client_secret, rotated.former_expires_at
    described = {"client_id": client_id, "client_secret": secret}
    described["old_secret_expires_at"] = until.isoformat()
    _show_with_secret(described, secret, as_json)


def _get_application(request: OAuthRequest, client_id: str) -> AbstractApplication:
    found = find_application(request.oauth.server, request.oauth.session, client_id)
    if found is None:
        raise click.ClickException(f"there is no application {client_id}")
    return found


def _describe(row: AbstractApplication, secret: str | None) -> dict[str, Any]:
    """Return the columns of `row`, after its new secret if it has got one."""
    first = {"client_id": row.client_id}
    if secret is not None:
        first["client_secret"] = secret
    return first | {
        name: value
        for name, value in application_options.describe_columns(row).items()
        if name not in first
    }


def _show_with_secret(
    values: dict[str, Any], secret: str | None, as_json: bool
) -> None:
    _show(values, as_json)
    if secret is not None and not as_json:
        click.echo(SECRET_NOTICE, err=True)


def _show(values: dict[str, Any], as_json: bool) -> None:
    if as_json:
        environment.show_json(values)
        return
    for name, value in values.items():
        click.echo(f"{name}: {'' if value is None else value}")


COMMANDS = (application,)
