"""Options for a registered client with which the probe pushes requests (RFC 9126)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import click

from pyramid_oauth.resource.verify.client_credentials import read_signer
from pyramid_oauth.scripts.probe.authorization_request import Client
from pyramid_oauth.scripts.probe.pushing import tls_context
from pyramid_oauth.scripts.secret_option import read_secret

_READABLE = click.Path(exists=True, dir_okay=False)

OPTIONS = (
    click.option("--client-id", help="A registered client for more of the probe."),
    click.option("--redirect-uri", help="A redirect URI of that client."),
    click.option(
        "--client-secret",
        metavar="PLACE",
        callback=read_secret,
        help="Where its secret is: file:PATH, env:NAME, or - to be asked.",
    ),
    click.option(
        "--client-key",
        metavar="PLACE",
        callback=read_secret,
        help="Where its private key is, as PEM or JWK, for private_key_jwt and for "
        "signed requests: file:PATH or env:NAME.",
    ),
    click.option(
        "--client-certificate",
        metavar="PATH",
        type=_READABLE,
        help="PEM file of its certificate, for tls_client_auth and "
        "self_signed_tls_client_auth.",
    ),
    click.option(
        "--client-certificate-key",
        metavar="PATH",
        type=_READABLE,
        help="PEM file of the key of the certificate, if it is in another file.",
    ),
)


def client_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def read_registered(
    client_id: str | None,
    redirect_uri: str | None,
    client_secret: str | None,
    client_key: str | None,
    client_certificate: str | None,
    client_certificate_key: str | None,
) -> Client | None:
    """Return the client that the options name, if they do."""
    credentials = client_secret, client_key, client_certificate
    if client_id is None or redirect_uri is None:
        if any((client_id, redirect_uri, *credentials)):
            raise click.UsageError("--client-id and --redirect-uri belong together")
        return None
    try:
        urlsplit(redirect_uri)
    except ValueError as error:
        raise click.UsageError(f"--redirect-uri is no URL: {error}") from error
    certificate = None
    if client_certificate is not None:
        certificate = client_certificate, client_certificate_key
    client = Client(
        client_id, redirect_uri, client_secret or "", client_key or "", certificate
    )
    try:
        if client.key:
            read_signer(client.key)
        tls_context(client)
    except (OSError, ValueError) as error:
        raise click.UsageError(f"the credentials of the client: {error}") from error
    return client
