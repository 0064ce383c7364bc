"""`mcp-check`: tries a running MCP server as a client of the protocol would."""

from __future__ import annotations

import click
from click.core import ParameterSource

from pyramid_oauth.scripts import environment
from pyramid_oauth.scripts.probe.authorization_request import Client
from pyramid_oauth.scripts.probe.client import ProbeClient
from pyramid_oauth.scripts.probe.mcp import McpProbe
from pyramid_oauth.scripts.probe.rules import ProbeFinding
from pyramid_oauth.scripts.secret_option import read_secret
from pyramid_oauth.settings.checks import Severity


def check_url(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Accept an http(s) URL without fragment."""
    if not value.startswith(("http://", "https://")) or "#" in value:
        raise click.BadParameter("must be an http(s) URL without fragment")
    return value


def _read_token(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> str | None:
    """Read the token from its place, or MCP_TOKEN; accept what can be in a header."""
    if ctx.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE:
        value = read_secret(ctx, param, value)
    if value is not None and not (value.isascii() and value.isprintable()):
        raise click.BadParameter("must be printable ASCII")
    return value


def read_client(client_id: str | None, redirect_uri: str | None) -> Client | None:
    """Return the client that the options name, if they do."""
    if client_id is None and redirect_uri is None:
        return None
    if client_id is None or redirect_uri is None:
        raise click.UsageError("--client-id and --redirect-uri belong together")
    return Client(client_id, redirect_uri)


@click.command("mcp-check")
@click.argument("url", callback=check_url)
@click.option(
    "--register",
    is_flag=True,
    help="Register three clients, try the authorization endpoint, delete them.",
)
@click.option("--client-id", help="A registered public client to try it with.")
@click.option("--redirect-uri", help="A redirect URI of that client.")
@click.option(
    "--token",
    metavar="PLACE",
    envvar="MCP_TOKEN",
    callback=_read_token,
    help="Where an access token to call the server with is: file:PATH, env:NAME, or - "
    "for a prompt; default: the variable MCP_TOKEN.",
)
@environment.as_json
def mcp_check(
    url: str,
    register: bool,
    client_id: str | None,
    redirect_uri: str | None,
    token: str | None,
    as_json: bool,
) -> None:
    """Try the MCP server at URL as a client would; exit 1 where there is an error.

    Without --register nothing is changed at the deployment. URLs in its answers are
    followed to private addresses only if URL itself is at one.
    """
    registered = read_client(client_id, redirect_uri)
    found = list(
        McpProbe(ProbeClient(url), url, register, registered, token).findings()
    )
    if as_json:
        environment.show_json([vars(finding) for finding in found])
    else:
        _show(found)
    if any(finding.is_error for finding in found):
        raise click.exceptions.Exit(1)


def _show(found: list[ProbeFinding]) -> None:
    for finding in found:
        click.echo(f"{finding.number} {finding.severity}: {finding.text}")
        click.echo(f"     {finding.spec}")
        click.echo(f"     {finding.cure}")
    counts = (
        f"{sum(finding.severity is severity for finding in found)} {severity}s"
        for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTICE)
    )
    click.echo(", ".join(counts))


COMMANDS = (mcp_check,)
