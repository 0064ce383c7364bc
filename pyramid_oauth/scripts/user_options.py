"""Arguments and options of the commands about users of the ready-made server."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click

from pyramid_oauth.scripts import environment, migrations
from pyramid_oauth.scripts.json_option import read_json_object
from pyramid_oauth.scripts.secret_option import read_secret
from pyramid_oauth.settings import converters
from pyramid_oauth.standalone.mail.addresses import parse_address

PASSWORD_PLACE = click.option(
    "--password",
    metavar="PLACE",
    callback=read_secret,
    help="Where the password is: file:PATH, env:NAME, or - for a prompt (the default).",
)


def check_standalone(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Accept the ini of the ready-made server only."""
    ini: str = environment.check_ini_file(ctx, param, value)
    with environment.explain_start_errors():
        is_standalone = migrations.is_standalone(ini)
    if not is_standalone:
        raise click.BadParameter("runs an application of its own, with its own users")
    return ini


standalone_ini = click.argument("ini", metavar="INI", callback=check_standalone)


MAIL_CLAIMS = ("email", "email_verified")


def parse_mail(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> str | None:
    """Accept a mail address; return its stored form."""
    mail = parse_address(value) if value is not None else None
    if value is not None and mail is None:
        raise click.BadParameter("is no mail address, such as ada@example.org")
    return mail


def parse_seconds(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> timedelta | None:
    """Accept a time such as 12h or 7d."""
    try:
        return None if value is None else timedelta(seconds=converters.seconds(value))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def parse_claims(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> dict[str, Any]:
    """Accept a JSON object of claims; an address has an option of its own."""
    claims = read_json_object(value or "{}")
    if not claims.keys().isdisjoint(MAIL_CLAIMS):
        raise click.BadParameter("has an address: give it by --mail")
    return claims
