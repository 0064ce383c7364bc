"""`pshell` knows the server, the models and the session, and commits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyramid.scripts.pshell import PShellCommand

from pyramid_oauth.models import AbstractApplication
from tests.scripts.shop import ShopApplication


def run_shell(ini: Path, *statements: str) -> dict[str, Any]:
    """Run statements in `pshell` and return its names afterwards."""
    section = "\n[pshell]\nsetup = pyramid_oauth.scripts.pshell.setup\n"
    if section not in ini.read_text():
        ini.write_text(ini.read_text() + section)
    names: dict[str, Any] = {}

    def shell(env: dict[str, Any], help: str) -> None:
        for statement in statements:
            exec(statement, env)
        names.update(env)

    command = PShellCommand(["pshell", str(ini)], quiet=True)
    command.run(shell)
    return names


def test_the_shell_has_the_configured_models(shop_ini: Path) -> None:
    names = run_shell(shop_ini)
    assert names["Application"] is ShopApplication
    assert names["models"].Application is ShopApplication
    assert issubclass(names["Application"], AbstractApplication)
    assert names["oauth"].settings.issuer == "https://shop.example.org/oauth"


def test_what_is_changed_in_the_shell_is_committed(shop_ini: Path) -> None:
    run_shell(
        shop_ini,
        "session.add(Application(client_id='web', name='Web', redirect_uris='https://a/'))",
    )
    names = run_shell(shop_ini, "found = session.query(Application).one().name")
    assert names["found"] == "Web"


def test_an_error_in_the_shell_rolls_back(shop_ini: Path) -> None:
    add = (
        "session.add(Application(client_id='web', name='', redirect_uris='https://a/'))"
    )
    with pytest.raises(ZeroDivisionError):
        run_shell(shop_ini, add, "session.flush()", "1 / 0")
    names = run_shell(shop_ini, "found = session.query(Application).count()")
    assert names["found"] == 0
