"""`outbox`: delivery and administration of outbound messages.

OpenID Connect Back-Channel Logout section 2.5. Several `run` processes may run beside
the server.
"""

from __future__ import annotations

import signal
from threading import Event
from typing import Any

import click

from pyramid_oauth.outbox import Worker
from pyramid_oauth.outbox.administration import WaitingMessages
from pyramid_oauth.scripts import environment
from pyramid_oauth.scripts.environment import (
    bootstrap_application,
    explain_errors,
    open_application,
)
from pyramid_oauth.typing import OAuthRequest


@click.group()
def outbox() -> None:
    """Outbound messages, such as logout tokens."""


@outbox.command()
@environment.ini
@click.option("--once", is_flag=True, help="Deliver what is due, then exit.")
@click.option(
    "--interval",
    type=click.FloatRange(0.1, 3600),
    default=1.0,
    show_default=True,
    help="Seconds between two queries of an empty outbox.",
)
def run(ini: str, once: bool, interval: float) -> None:
    """Deliver messages; several processes may run at once, on any machine.

    After SIGTERM or SIGINT the process finishes the current deliveries and exits.
    Another process delivers the messages of a killed one when its lease has expired.
    """
    with bootstrap_application(ini) as request:
        worker = Worker(request.registry)
        if once:
            with explain_errors():
                click.echo(f"{worker.drain()} attempts made")
            return
        stop, wake = Event(), Event()
        _stop_on_signal(stop, wake)
        click.echo("delivering messages; stop with Ctrl-C")
        worker.run(stop, wake, interval)


def _stop_on_signal(stop: Event, wake: Event) -> None:
    def end(number: int, frame: object) -> None:
        stop.set()
        wake.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)


@outbox.command("list")
@environment.ini
@click.option("--dead", is_flag=True, help="Only those that were given up.")
@environment.as_json
def list_messages(ini: str, dead: bool, as_json: bool) -> None:
    """List the waiting messages, the next one first, then the dead ones."""
    with open_application(ini) as request:
        described = [
            dict(message._mapping) for message in _messages(request).list(dead=dead)
        ]
    if as_json:
        environment.show_json(described)
    else:
        for message in described:
            click.echo(_line(message))
        click.echo(f"{len(described)} messages")


def _line(message: dict[str, Any]) -> str:
    dead, due = message["dead_at"], message["due_at"]
    state = f"dead since {dead:%Y-%m-%d %H:%M:%SZ}" if dead else "waiting"
    if due:
        state = f"due {due:%Y-%m-%d %H:%M:%SZ}"
    problem = f"  {message['problem']}" if message["problem"] else ""
    return (
        f"{message['id']:>6}  {message['kind']}  {message['client_id']}  {state}  "
        f"{message['attempts']} attempts{problem}"
    )


_key = click.argument("key", metavar="[ID]", type=environment.KEY, required=False)
_dead = click.option("--dead", is_flag=True, help="All that were given up.")


@outbox.command()
@environment.ini
@_key
@_dead
def retry(ini: str, key: int | None, dead: bool) -> None:
    """Schedule a message, or all dead ones, for delivery and reset the attempts."""
    _check_choice(key, dead)
    with open_application(ini) as request:
        _report(_messages(request).retry(key), "put back")


@outbox.command()
@environment.ini
@_key
@_dead
def drop(ini: str, key: int | None, dead: bool) -> None:
    """Delete a message (or all dead ones) without delivering it."""
    _check_choice(key, dead)
    with open_application(ini) as request:
        _report(_messages(request).drop(key), "deleted")


def _messages(request: OAuthRequest) -> WaitingMessages:
    return WaitingMessages(request.oauth.session, request.oauth.models)


def _check_choice(key: int | None, dead: bool) -> None:
    if (key is not None) == dead:
        raise click.UsageError("name one message by its ID, or give --dead")


def _report(count: int, done: str) -> None:
    if not count:
        raise click.ClickException("there is no such message")
    click.echo(f"{count} {done}")


COMMANDS = (outbox,)
