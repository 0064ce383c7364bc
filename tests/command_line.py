"""The command line, run in this process: starting Python anew costs two seconds."""

from __future__ import annotations

import warnings

from click.testing import CliRunner

from pyramid_oauth.errors import InsecureSettingWarning
from pyramid_oauth.scripts.main import commands


def command_line(*arguments: object, **environment: str) -> str:
    """Run `pyramid-oauth` with these variables on top; what it printed."""
    given = [str(argument) for argument in arguments]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        result = CliRunner().invoke(commands, given, env=environment)
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    return result.stdout
