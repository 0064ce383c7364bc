"""`application`: registration and administration of clients (RFC 6749 section 2).

Every field of AbstractApplication has an option.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click
from sqlalchemy import select

from pyramid_oauth import cleanup, events
from pyramid_oauth.clients import validation
from pyramid_oauth.clients.keys import seal_secret
from pyramid_oauth.clients.metadata import check_shapes, given_fields
from pyramid_oauth.clock import now
from pyramid_oauth.models.columns import apply_defaults
from pyramid_oauth.scripts import application_options, environment
from pyramid_oauth.scripts.application_options import with_application_options
from pyramid_oauth.scripts.environment import open_application

SECRET_NOTICE = "Keep the secret now: it is not stored and cannot be shown again."


@click.group()
def application() -> None:
    """Register and administer OAuth clients."""


@application.command()
@environment.ini
@with_application_options
@environment.as_json
def create(ini: str, as_json: bool, **parameters: Any) -> None:
    """Register an application; a secret is generated where its method needs one."""
    with open_application(ini) as request:
        row, secret = _build_application(request, parameters)
        request.oauth.session.add(row)
        request.oauth.session.flush()
        events.notify(events.ClientRegistered(request=request, client_id=row.client_id))
        described = {"client_id": row.client_id}
        if secret is not None:
            described["client_secret"] = secret
        described |= {
            k: v
            for k, v in application_options.describe_columns(row).items()
            if k not in described
        }
    _show(described, as_json)
    if secret is not None and not as_json:
        click.echo(SECRET_NOTICE, err=True)


def _build_application(
    request: Any, parameters: dict[str, Any]
) -> tuple[Any, str | None]:
    extra, client_secret = parameters.pop("extra"), parameters.pop("client_secret")
    server, model = request.oauth.server, request.oauth.models.Application
    values = {name: value for name, value in parameters.items() if value is not None}
    metadata = values.pop("client_metadata", {})
    rules = server.application_rules
    check_shapes(metadata, rules)
    # A member with a column is stored there; a command-line option overrides it.
    values = given_fields(metadata, rules.schema) | values
    row = model()
    validation.set_fields(row, values | application_options.parse_columns(model, extra))
    apply_defaults(row)
    secret = None
    if client_secret is not None:
        validation.give_secret(server, row, client_secret)
    elif validation.needs_secret(row):
        secret = validation.give_secret(server, row)
    validation.validate_application(server, row)
    return row, secret


@application.command("list")
@environment.ini
@environment.as_json
def list_(ini: str, as_json: bool) -> None:
    """List the applications, the oldest first."""
    with open_application(ini) as request:
        model = request.oauth.models.Application
        statement = select(model).order_by(model.created_at, model.client_id)
        found = [
            application_options.describe_columns(item)
            for item in request.oauth.session.scalars(statement)
        ]
    if as_json:
        environment.show_json(found)
        return
    for item in found:
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
        _get_application(request, client_id)
        cleanup.delete_applications(
            request.oauth.session, request.oauth.models, [client_id]
        )
        events.notify(events.ClientDeleted(request=request, client_id=client_id))
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
        found = _get_application(request, client_id)
        if not validation.needs_secret(found):
            method = found.token_endpoint_auth_method
            raise click.ClickException(f"{client_id} has no secret: it uses {method}")
        secret = found.rotate_client_secret(timedelta(seconds=overlap))
        seal_secret(found, secret, request.oauth.server.secret_seal)
        until = now() + timedelta(seconds=overlap)
    described = {"client_id": client_id, "client_secret": secret}
    _show(described | {"old_secret_expires_at": until.isoformat()}, as_json)
    if not as_json:
        click.echo(SECRET_NOTICE, err=True)


def _get_application(request: Any, client_id: str) -> Any:
    model = request.oauth.models.Application
    found = request.oauth.session.scalars(
        select(model).where(model.client_id == client_id)
    ).first()
    if found is None:
        raise click.ClickException(f"there is no application {client_id}")
    return found


def _show(values: dict[str, Any], as_json: bool) -> None:
    if as_json:
        environment.show_json(values)
        return
    for name, value in values.items():
        click.echo(f"{name}: {'' if value is None else value}")


COMMANDS = (application,)
