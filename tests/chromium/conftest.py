"""A real server process and a real Chromium for the tests in this folder."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.support.command_line import run_command
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
LOOKS = [("en", "light"), ("en", "dark"), ("ar", "light")]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _run(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).parent / arguments[0]), *arguments[1:]]


@pytest.fixture(scope="session")
def port():
    """The port of the ready-made server."""
    return free_port()


@pytest.fixture(scope="session")
def served_ini(tmp_path_factory, port):
    """The ini file of the ready-made server, with a temporary SQLite database."""
    return make_site(tmp_path_factory.mktemp("site"), port)


def make_site(folder, port, more=""):
    """Write the ini file of a ready-made server, with `more` in it; make its data."""
    text = (ROOT / "development.ini").read_text().replace("6543", str(port))
    text = text.replace("%(here)s/alembic", str(ROOT / "alembic"))
    text = text.replace("[app:main]", f"[app:main]\n{more}")
    path = folder / "site.ini"
    path.write_text(text)
    run_command("init", path)
    return path


@pytest.fixture(scope="session")
def origin(served_ini, port):
    """The origin of the ready-made server, which is running."""
    with serve(served_ini, port) as origin:
        yield origin


@contextmanager
def serve(ini, port):
    """Run the server of an ini file; gives its origin."""
    process = subprocess.Popen(_run("pserve", str(ini)))
    origin = f"http://localhost:{port}"
    try:
        _wait(origin)
        yield origin
    finally:
        process.terminate()
        process.wait(10)


def _wait(origin: str) -> None:
    for _ in range(600):
        try:
            with urlopen(origin, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server does not answer")


@pytest.fixture(scope="session")
def chromium(chromium_type):
    """A browser."""
    launcher, path = chromium_type
    browser = launcher.launch(executable_path=path, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def context(chromium):
    """A browser context: its pages share cookies."""
    with chromium.new_context() as context_:
        yield context_


@pytest.fixture(params=["light", "dark"])
def scheme(request):
    """The color scheme of the page."""
    return request.param


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def either_context(request, chromium):
    """A browser context with and without JavaScript."""
    with chromium.new_context(java_script_enabled=request.param) as context:
        context.has_script = request.param
        yield context


@pytest.fixture(scope="session")
def axe():
    """What looks for accessibility violations; without it tests are skipped."""
    if not AXE.exists() and not os.environ.get("CI"):
        pytest.skip("axe-core is not installed: npm ci in tests/chromium")


@pytest.fixture(params=LOOKS, ids=["light", "dark", "right-to-left"])
def look(request, chromium, axe):
    """A page in a language and color scheme, with a name for its pictures."""
    language, scheme = request.param
    options = {"bypass_csp": True, "color_scheme": scheme, "locale": language}
    with chromium.new_context(**options) as context:
        page = context.new_page()
        page.look = f"{language}-{scheme}"
        yield page
