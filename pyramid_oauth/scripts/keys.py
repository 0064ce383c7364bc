"""`keys`: administration of the server's signing and decryption keys.

OpenID Connect Core section 10.1.1 (rotation); RFC 7517, RFC 7468 (import).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import click

from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.keystore.administration import Keys, open_keys
from pyramid_oauth.keystore.key_ring import State
from pyramid_oauth.keystore.rotation import Action, Generate
from pyramid_oauth.keystore.sources import key_file
from pyramid_oauth.scripts import environment
from pyramid_oauth.scripts.environment import open_application
from pyramid_oauth.server import key_encryption_keys
from pyramid_oauth.typing import OAuthRequest

OpenApplication = Callable[[str], AbstractContextManager[Any]]


def get_keys(request: OAuthRequest) -> Keys:
    """Return the key store of the server that `request` belongs to."""
    oauth = request.oauth
    try:
        return open_keys(
            oauth.session,
            oauth.models,
            oauth.settings,
            key_encryption_keys(oauth.settings),
        )
    except KeysError as error:
        raise click.ClickException(str(error)) from error


def generate_missing_keys(request: OAuthRequest) -> list[str]:
    """Generate the missing keys of a server that signs; return a line about each."""
    if request.oauth.server.ring is None:
        return []
    found = get_keys(request)
    active = {key.alg for key in found.store.records() if key.state == State.ACTIVE}
    missing = [alg for alg in found.algorithms if alg not in active]
    for alg in missing:
        found.store.generate(alg, State.ACTIVE)
    return [f"Made a key for {alg}." for alg in missing]


@contextmanager
def _open_keys(context: click.Context, ini: str) -> Iterator[Keys]:
    open_environment: OpenApplication = context.obj or open_application
    with open_environment(ini) as request:
        try:
            yield get_keys(request)
        except (KeysError, ValueError) as error:
            raise click.ClickException(str(error)) from error


@click.group()
def keys() -> None:
    """The keys that sign tokens and decrypt what is sent to the server."""


@keys.command("list")
@environment.ini
@click.pass_context
def list_keys(context: click.Context, ini: str) -> None:
    """Show every key: identifier, algorithm, state and since when."""
    with _open_keys(context, ini) as found:
        for key in found.store.records():
            since = key.retired_at or key.retiring_at or key.activated_at
            moment = f"{since or key.published_at:%Y-%m-%d %H:%M:%SZ}"
            note = "  compromised" if key.compromised else ""
            click.echo(f"{key.kid}  {key.alg:14} {key.state:8} {moment}{note}")


@keys.command()
@environment.ini
@click.option("--alg", default="RS256", show_default=True)
@click.option("--rsa-bits", type=int, default=2048, show_default=True)
@click.pass_context
def generate(context: click.Context, ini: str, alg: str, rsa_bits: int) -> None:
    """Generate a key; it is published now and signs after the next rotation."""
    with _open_keys(context, ini) as found:
        key = found.store.generate(alg, rsa_bits=rsa_bits)
        click.echo(f"{key.kid} {key.alg} {key.state}")


@keys.command()
@environment.ini
@click.option("--begin", is_flag=True, help="Replace the keys whatever their age.")
@click.option("--at-once", metavar="ALG", help="Let a new key for ALG sign now.")
@click.pass_context
def rotate(context: click.Context, ini: str, begin: bool, at_once: str | None) -> None:
    """Generate, promote and withdraw the keys that are due. Run this daily.

    With --at-once, verifiers that cache the key set refuse new tokens until they fetch
    it again.
    """
    with _open_keys(context, ini) as found:
        if at_once:
            click.echo(f"{found.store.rotate_at_once(at_once).kid} signs now")
            return
        done = found.rotate(begin=begin)
        for action in done:
            click.echo(_describe(action))
        if not done:
            click.echo("nothing is due")


def _describe(action: Action) -> str:
    if isinstance(action, Generate):
        return f"made a key for {action.alg} ({action.state})"
    return f"{type(action).__name__.lower()} {action.kid}"


@keys.command(context_settings=environment.accepts_leading_dash)
@environment.ini
@click.argument("kid")
@click.option("--compromised", is_flag=True, help="Refuse everything it signed.")
@click.pass_context
def retire(context: click.Context, ini: str, kid: str, compromised: bool) -> None:
    """Retire a key; an active key is replaced in the same step."""
    with _open_keys(context, ini) as found:
        found.store.retire(kid, compromised=compromised)
        click.echo(f"{kid} {found.store.get(kid).state}")


@keys.command("import")
@environment.ini
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--alg", help="Algorithm; by default the file's, or its type's usual.")
@click.option(
    "--password-file",
    type=click.Path(exists=True, path_type=Path),
    help="A file with the password of the PEM.",
)
@click.pass_context
def import_keys(
    context: click.Context,
    ini: str,
    file: Path,
    alg: str | None,
    password_file: Path | None,
) -> None:
    """Add private keys from a PEM, JWK or JWK set file, as next keys."""
    password = password_file.read_bytes().strip() if password_file else None
    with _open_keys(context, ini) as found:
        for key in key_file(file, alg, State.NEXT, password):
            if key.private is not None:
                record = found.store.add(key.private, key.alg, State.NEXT)
                click.echo(f"{record.kid} {record.alg} {record.state}")


@keys.command()
@environment.ini
@click.pass_context
def reseal(context: click.Context, ini: str) -> None:
    """Seal all private keys under the first key-encryption key."""
    with _open_keys(context, ini) as found:
        click.echo(f"{found.store.reseal()} resealed")


COMMANDS = (keys,)
