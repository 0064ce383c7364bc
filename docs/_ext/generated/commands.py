"""The command line, from the commands of click."""

from __future__ import annotations

from collections.abc import Iterator

import click

from docs._ext.generated.markup import code, prose, section
from pyramid_oauth.scripts.main import commands

PROGRAM = "pyramid-oauth"


def walk(
    command: click.Command = commands, path: str = PROGRAM
) -> Iterator[tuple[str, click.Command]]:
    """Yield each command that does something, with the words that call it."""
    context = click.Context(command, info_name=path)
    if not isinstance(command, click.Group):
        yield path, command
        return
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        if found is not None and not found.hidden:
            yield from walk(found, f"{path} {name}")


def text() -> str:
    """Every command with its arguments and options."""
    return "\n\n".join(_command(path, command) for path, command in walk())


def _command(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=path)
    usage = " ".join(command.collect_usage_pieces(context))
    parts = [_paragraphs(command.help), f".. code-block:: text\n\n    {path} {usage}"]
    records = [
        record
        for each in command.get_params(context)
        if (record := each.get_help_record(context)) is not None
    ]
    options = [
        f"{code(name)}\n    {prose(told)}"
        for name, told in records
        if told or name[0] == "-"
    ]
    return section(path.removeprefix(f"{PROGRAM} "), *parts, *options)


def _paragraphs(text: str | None) -> str:
    paragraphs = (text or "").replace("\b\n", "").split("\n\n")
    return "\n\n".join(prose(" ".join(each.split())) for each in paragraphs)
