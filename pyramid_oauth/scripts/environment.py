"""The application of an ini file, opened for a command.

This works for the standalone server and for any host that includes the package.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from plaster.exceptions import PlasterError
from pyramid.exceptions import ConfigurationError, ConfigurationExecutionError
from pyramid.paster import bootstrap, setup_logging
from sqlalchemy.exc import SQLAlchemyError

from pyramid_oauth import transactions
from pyramid_oauth.errors import FieldErrors, InsecureSettingWarning
from pyramid_oauth.typing import OAuthRequest


@contextmanager
def bootstrap_application(ini: str) -> Iterator[Any]:
    """Yield a request of the application in `ini`, without a transaction.

    Raises click.ClickException (exit code 1) when the application does not start or
    does not include pyramid_oauth.
    """
    with explain_start_errors(), warnings.catch_warnings():
        # These warnings are for the server process; `check` lists the same findings.
        warnings.simplefilter("ignore", InsecureSettingWarning)
        setup_logging(ini)
        environment = bootstrap(ini)
    with environment:
        request = environment["request"]
        if not hasattr(request, "oauth"):
            raise click.ClickException(f"the application in {ini} has no pyramid_oauth")
        yield request


@contextmanager
def open_application(ini: str) -> Iterator[Any]:
    """Yield a request of the application in `ini`, inside a transaction.

    The transaction is committed at the end of the block and rolled back on an
    exception.
    """
    with bootstrap_application(ini) as request, transaction(request):
        yield request


@contextmanager
def transaction(request: OAuthRequest) -> Iterator[Any]:
    """Run the block in one transaction of `request`, by the host's manager if any."""
    with explain_errors(), transactions.transaction(request):
        yield request


@contextmanager
def explain_start_errors() -> Iterator[None]:
    """Report a failed start of the application in one message, with exit code 1."""
    try:
        yield
    except ConfigurationExecutionError as error:
        raise click.ClickException(
            f"the application does not start: {error.evalue}"
        ) from error
    except (ConfigurationError, PlasterError, LookupError, OSError) as error:
        raise click.ClickException(
            f"the application does not start: {error}"
        ) from error


@contextmanager
def explain_errors() -> Iterator[None]:
    """Report refused data in one message on stderr, with exit code 1."""
    try:
        yield
    except FieldErrors as error:
        raise click.ClickException(_format_field_errors(error)) from error
    except SQLAlchemyError as error:
        raise click.ClickException(
            f"the database refuses: {_first_line(error)}"
        ) from error


def _format_field_errors(error: FieldErrors) -> str:
    lines = [
        f"  {field}: {problem}"
        for field, problems in error.errors.items()
        for problem in problems
    ]
    return "\n".join(["the application is not valid:", *lines])


def _first_line(error: Exception) -> str:
    text = str(getattr(error, "orig", None) or error).strip()
    return text.partition("\n")[0] or type(error).__name__


def check_ini_file(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Accept the path of an ini file, with `#section` where it holds several."""
    path = Path(value.partition("#")[0])
    if not path.is_file():
        raise click.BadParameter(f"there is no file {path}")
    return value


ini = click.argument("ini", metavar="INI", callback=check_ini_file)

KEY = click.IntRange(0, 2**63 - 1)
"""The type of an argument that names a row by its number: no column holds more."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

# For commands that take a client_id or kid: base64url text may begin with a dash and
# must not be parsed as options, so that these commands have no short ones such as `-h`.
accepts_leading_dash = {
    "ignore_unknown_options": True,
    "help_option_names": ["--help"],
}


def show_json(value: object) -> None:
    """Print `value` as one JSON document on stdout."""
    click.echo(json.dumps(value, indent=2, default=str))
