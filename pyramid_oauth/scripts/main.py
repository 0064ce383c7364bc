"""The command group `pyramid-oauth`; every command takes the ini file first."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import PackageNotFoundError, version

import click

COMMAND_MODULES = (
    *("database", "applications", "keys", "outbox", "purge", "check"),
    *("initial_access_tokens", "users", "user_factors", "grants", "consent_ledger"),
    "user_deletion",
    *("conformance", "mcp_check"),
)


def _version() -> str:
    try:
        return version("pyramid_oauth")
    except PackageNotFoundError:
        return "unknown (not installed)"


class Commands(click.Group):
    """The commands of COMMAND_MODULES, imported when the first one is looked up."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in alphabetical order."""
        self._load()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command `cmd_name`."""
        self._load()
        return super().get_command(ctx, cmd_name)

    def _load(self) -> None:
        if self.commands:
            return
        for name in COMMAND_MODULES:
            module = importlib.import_module(f"pyramid_oauth.scripts.{name}")
            for command in module.COMMANDS:
                self.add_command(command)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(_version(), prog_name="pyramid-oauth")
def commands() -> None:
    """Administer an OAuth server: pyramid-oauth COMMAND INI …"""


def main(argv: list[str] | None = None) -> None:
    """Run the console script; exit with 0, 1 on a failure or 2 on wrong usage."""
    commands.main(
        args=sys.argv[1:] if argv is None else argv, prog_name="pyramid-oauth"
    )
