"""`conformance-config`: configuration of the OpenID Foundation's conformance suite.

The configuration files of the suite are JSON: server, clients, and the steps of its
browser on our pages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import click

from pyramid_oauth.extensions.openid.settings import is_openid_provider
from pyramid_oauth.private_files import write_private_text
from pyramid_oauth.scripts import environment
from pyramid_oauth.scripts.conformance import browser_steps, fapi2, plans
from pyramid_oauth.scripts.conformance.fapi2_clients import Authority
from pyramid_oauth.scripts.conformance.plans import PLANS, STATIC, Plan
from pyramid_oauth.scripts.environment import open_application
from pyramid_oauth.scripts.secret_option import read_secret
from pyramid_oauth.settings import Settings
from pyramid_oauth.typing import OAuthRequest

__all__ = ["COMMANDS"]

RESOURCE = "/api/me"
"""The path of the protected view of the ready-made server."""

AUTHORITY = "client-authority.pem"
"""What the proxy that ends TLS trusts for certificates of clients."""

NO_FAPI = (
    "the server requires pushed requests, but offers neither private_key_jwt with DPoP "
    "nor mutual TLS, one of which FAPI 2.0 needs"
)

DEMO_PASSWORD = "wonderland"

LOCAL_SUITE = "https://localhost.emobix.co.uk:8443/"


@click.command("conformance-config")
@environment.ini
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("conformance"),
    show_default=True,
    help="The folder of the files.",
)
@click.option(
    "--suite",
    default=LOCAL_SUITE,
    show_default=True,
    help="URL of the suite; the public one is https://www.certification.openid.net/",
)
@click.option(
    "--alias",
    default="pyramid_oauth",
    show_default=True,
    help="Part of the suite's URLs; it must be unique there.",
)
@click.option("--username", default="alice", show_default=True, help="Who logs in.")
@click.option(
    "--password",
    metavar="PLACE",
    callback=read_secret,
    help="Where the password of that user is: file:PATH, env:NAME, or - for a prompt; "
    "default: the public one of the demo users.",
)
def conformance_config(
    ini: str, output: Path, suite: str, alias: str, username: str, password: str | None
) -> None:
    """Write the configuration files of the OpenID Foundation's conformance suite.

    The command registers the clients of the static variants, or gives them new secrets.
    """
    callbacks = f"{suite.rstrip('/')}/test/a/{alias}/"
    chosen = DEMO_PASSWORD if password is None else password
    with open_application(ini) as request:
        site = _get_site(request, callbacks, username, chosen)
        if fapi2.is_fapi_server(request.oauth.server.metadata):
            _write_fapi2_files(request, output, alias, site)
            return
        if not is_openid_provider(request.oauth.settings):
            raise click.ClickException("the server is not an OpenID Provider")
        base = _shared_configuration(request, alias, site)
        settings = request.oauth.settings
        clients = plans.register_clients(request, callbacks)
    runs = _write_files(output, base, clients, settings)
    _write_runs(output, runs)


def _get_site(
    request: OAuthRequest, callbacks: str, username: str, password: str
) -> browser_steps.Site:
    oauth = request.oauth
    login = oauth.accounts.login_url(request, "/", reason="login", hints={})
    issuer = oauth.server.issuer
    parts = urlsplit(issuer)
    return browser_steps.Site(
        authorize=oauth.url("authorize"),
        end_session=oauth.url("end_session"),
        login=urljoin(issuer, login.partition("?")[0]),
        origin=f"{parts.scheme}://{parts.netloc}",
        callbacks=callbacks,
        username=username,
        password=password,
    )


def _shared_configuration(
    request: OAuthRequest, alias: str, site: browser_steps.Site
) -> dict[str, Any]:
    issuer = request.oauth.server.issuer.rstrip("/")
    return {
        "alias": alias,
        "server": {
            "discoveryUrl": f"{issuer}/.well-known/openid-configuration",
            "login_hint": site.username,
        },
        "browser": browser_steps.ordinary_steps(site),
        "override": browser_steps.module_steps(site),
    }


def _write_files(
    output: Path,
    base: dict[str, Any],
    clients: dict[str, Any],
    settings: Settings,
) -> list[str]:
    runs = []
    for plan, registration, name in _list_files(settings):
        content = {
            **base,
            "description": f"pyramid_oauth: {plan.title}, {registration} clients",
            **_client_configuration(plan, registration, clients),
        }
        _write_content(output / name, content)
        runs += [
            f"{run} {name}" for run in plan.runs(registration, settings.response_types)
        ]
    return runs


def _write_fapi2_files(
    request: OAuthRequest, output: Path, alias: str, site: browser_steps.Site
) -> None:
    authority = Authority()
    runs = []
    found = fapi2.build_configurations(request, alias, site, RESOURCE, authority)
    for configuration in found:
        _write_content(output / configuration.name, configuration.content)
        runs += [f"{run} {configuration.name}" for run in configuration.runs]
    if not runs:
        raise click.ClickException(NO_FAPI)
    (output / AUTHORITY).write_text(authority.pem)
    _write_runs(output, runs)


def _write_content(path: Path, content: dict[str, Any]) -> None:
    # It contains the secrets and the private keys of clients.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private_text(path, json.dumps(content, indent=2) + "\n")


def _write_runs(output: Path, runs: list[str]) -> None:
    (output / "runs.txt").write_text("\n".join(runs) + "\n")
    click.echo(f"{output}/runs.txt lists the plans and their files.")


def _list_files(settings: Settings) -> Iterator[tuple[Plan, str, str]]:
    for plan in PLANS:
        for registration in plan.registrations(settings):
            yield plan, registration, f"{plan.name}-{registration}.json"


def _client_configuration(
    plan: Plan, registration: str, clients: dict[str, Any]
) -> dict[str, Any]:
    if registration == STATIC and plan.clients is not None:
        found: dict[str, Any] = clients[plan.clients]
        return found
    names = {"client": "first", "client2": "second"}
    return {key: {"client_name": f"Conformance, {n}"} for key, n in names.items()}


COMMANDS = (conformance_config,)
