"""`pyramid-oauth check` compares the machine's clock with the database's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pyramid_oauth import clock
from tests.support.command_line import STANDALONE


@pytest.fixture
def sign_up_ini(write_ini: Callable[..., Path], database_url: str, run: Any) -> Path:
    ini = write_ini(STANDALONE, database_url, "standalone.sign_up = open")
    run("upgrade", ini)
    return ini


# The time of the database goes on while the command runs.
@pytest.mark.parametrize("seconds", [600, -5])
def test_check_warns_of_a_clock_difference(
    sign_up_ini: Path, run: Any, seconds: float
) -> None:
    with clock.frozen(clock.now() + timedelta(seconds=seconds)):
        output = run("check", sign_up_ini).stdout
    assert output.startswith("W331 the clock of this machine and that of the database")
    assert "0 errors, 1 warnings" in output


def test_check_has_no_finding_for_equal_clocks(sign_up_ini: Path, run: Any) -> None:
    assert run("check", sign_up_ini).stdout == "0 errors, 0 warnings\n"
