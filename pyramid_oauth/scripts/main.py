"""The group of all commands, and what they share: the ini file comes first."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import PackageNotFoundError, version

import click

ROOMS = (
    *("database", "applications", "keys", "outbox", "purge", "check"),
    "initial_access_tokens",
    "conformance",
)


def _version() -> str:
    try:
        return version("pyramid_oauth")
    except PackageNotFoundError:
        return "unknown (not installed)"


class Commands(click.Group):
    """The commands of every room, imported when the first one is looked up."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the alphabet."""
        self._load()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command called `cmd_name`."""
        self._load()
        return super().get_command(ctx, cmd_name)

    def _load(self) -> None:
        if self.commands:
            return
        for room in ROOMS:
            module = importlib.import_module(f"pyramid_oauth.scripts.{room}")
            for command in module.COMMANDS:
                self.add_command(command)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(_version(), prog_name="pyramid-oauth")
def commands() -> None:
    """Administer an OAuth server: pyramid-oauth COMMAND INI …"""


def main(argv: list[str] | None = None) -> None:
    """The console script; exits 0, 1 on a failure and 2 on wrong usage."""
    commands.main(
        args=sys.argv[1:] if argv is None else argv, prog_name="pyramid-oauth"
    )
