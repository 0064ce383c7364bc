"""`check`: findings about settings, the database, and a running server."""

from __future__ import annotations

import click

from pyramid_oauth.scripts import environment
from pyramid_oauth.scripts.check_database import database_findings
from pyramid_oauth.scripts.environment import open_application
from pyramid_oauth.scripts.mcp_check import check_url
from pyramid_oauth.scripts.probe.client import ProbeClient
from pyramid_oauth.scripts.probe.client_options import client_options, read_registered
from pyramid_oauth.scripts.probe.rules import ProbeFinding
from pyramid_oauth.scripts.probe.server import server_findings
from pyramid_oauth.settings.checks import CHECKS, Finding
from pyramid_oauth.settings.profile_rules import profile_findings, rules_of
from pyramid_oauth.settings.profiles import PROFILES
from pyramid_oauth.typing import OAuthRequest

DEFAULT_PROFILE = "oauth2.1"


def _check_optional_ini(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> str | None:
    return value and environment.check_ini_file(ctx, param, value)


def _check_optional_url(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> str | None:
    return value and check_url(ctx, param, value)


def _profile_findings(request: OAuthRequest, named: str | None) -> list[Finding]:
    """Return the findings of the settings, judged by the named profile."""
    found = list(request.registry[CHECKS].findings())
    settings = request.oauth.settings
    if named in (None, settings.profile):
        return found
    own = {rule.number for rule in rules_of(settings.profile)}
    kept = [finding for finding in found if finding.number not in own]
    return [*kept, *profile_findings(settings, str(named))]


def _ini_findings(ini: str, profile: str | None) -> tuple[list[Finding], str]:
    """Return the findings of an application, and the profile that it is judged by."""
    with open_application(ini) as request:
        found = [
            *_profile_findings(request, profile),
            *database_findings(request, ini),
        ]
        return found, profile or request.oauth.settings.profile


@click.command()
@click.argument("ini", metavar="[INI]", required=False, callback=_check_optional_ini)
@click.option(
    "--profile",
    type=click.Choice([*PROFILES]),
    help="Judge by this profile, whatever the settings name.",
)
@click.option(
    "--probe",
    metavar="URL",
    callback=_check_optional_url,
    help="Probe the running server at this issuer from outside, too; without INI, "
    "only that. It need not be ours.",
)
@client_options
@environment.as_json
def check(
    ini: str | None,
    profile: str | None,
    probe: str | None,
    as_json: bool,
    **client: str | None,
) -> None:
    """Look for unsafe settings and missing tables; exit 1 where there is an error."""
    if ini is None and probe is None:
        raise click.UsageError("name an INI, or a URL by --probe")
    registered = read_registered(**client)
    found: list[Finding] = []
    judged_by = profile or DEFAULT_PROFILE
    if ini is not None:
        found, judged_by = _ini_findings(ini, profile)
    if probe is not None:
        found += server_findings(ProbeClient(probe), probe, judged_by, registered)
    _show(found, as_json=as_json)
    if any(finding.is_error for finding in found):
        raise click.exceptions.Exit(1)


def _show(found: list[Finding], *, as_json: bool) -> None:
    if as_json:
        environment.show_json([vars(finding) for finding in found])
        return
    for finding in found:
        click.echo(str(finding))
        if isinstance(finding, ProbeFinding):
            click.echo(f"     {finding.spec}\n     {finding.cure}")
    click.echo(_summarize(found))


def _summarize(found: list[Finding]) -> str:
    errors = sum(finding.is_error for finding in found)
    return f"{errors} errors, {len(found) - errors} warnings"


COMMANDS = (check,)
