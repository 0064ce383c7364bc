"""Option for a secret: the command line names where it is stored, not the secret."""

from __future__ import annotations

import click

from pyramid_oauth.settings import converters


def read_secret(
    context: click.Context, parameter: click.Parameter, place: str | None
) -> str | None:
    """Read the secret from `place`: every process can see the arguments of another."""
    if place is None:
        return None
    if place == "-":
        wanted = (parameter.name or "secret").replace("_", " ").capitalize()
        given: str = click.prompt(wanted, hide_input=True, err=True)
        return given
    if not place.startswith(("file:", "env:")):
        raise click.BadParameter(
            "other users of this machine see arguments; give file:PATH, env:NAME or -"
        )
    try:
        return (converters.optional_password(place) or b"").decode()
    except (OSError, ValueError) as error:
        raise click.BadParameter(str(error)) from error
