"""The ready-made server and clients as processes, and a user with one browser.

All run at http://localhost on different ports, as on a developer's machine. Cookies
ignore ports, so the server and the clients share them.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.oidf.browser import Browser
from tests.support.command_line import run_command
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
MOST_PAGES = 8


def needed(path, name):
    """Return the path of a program, or of a file from .ci/clients; skip if missing."""
    found = shutil.which(str(path))
    if found is None and not Path(path).exists():
        if os.environ.get("CI"):
            pytest.fail(f"CI needs {name}: .ci/clients installs it")
        pytest.skip(f"{name} is not installed: make clients")
    return str(found or path)


class Program:
    """A process that listens on a port; its output goes to a file."""

    def __init__(self, command, port, log, **variables):
        self.log_file = log
        self.port = port
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                cwd=ROOT,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self._wait()

    @property
    def origin(self):
        return f"http://localhost:{self.port}"

    @property
    def log(self):
        return self.log_file.read_text()

    def _wait(self):
        for _ in range(600):
            assert self.process.poll() is None, f"the program has ended:\n{self.log}"
            try:
                with socket.create_connection(("localhost", self.port), 1):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"the program does not answer:\n{self.log}")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class ReadyMadeServer(Program):
    """`make serve` with its own port and database, and further settings."""

    def __init__(self, folder, **settings):
        port = free_port()
        self.ini = folder / "server.ini"
        text = (ROOT / "development.ini").read_text().replace("6543", str(port))
        text = text.replace("%(here)s/alembic", str(ROOT / "alembic"))
        lines = [f"pyramid_oauth.{name} = {value}" for name, value in settings.items()]
        text = text.replace("[alembic]", "\n".join([*lines, "", "[alembic]"]), 1)
        self.ini.write_text(text)
        run_command("init", self.ini)
        pserve = Path(sys.executable).parent / "pserve"
        super().__init__([pserve, self.ini], port, folder / "server.log")

    @property
    def issuer(self):
        return f"{self.origin}/oauth"

    def register(self, *options, grants=("authorization_code", "refresh_token")):
        """Run `pyramid-oauth application create` with `options`; return its JSON."""
        given = [part for grant in grants for part in ("--grant-type", grant)]
        return json.loads(
            run_command("application", "create", self.ini, *given, *options, "--json")
        )


@dataclass
class Person:
    """The user Alice of the demo data, with a browser without JavaScript."""

    server: ReadyMadeServer

    def __post_init__(self):
        self.browser = Browser(True)
        self.pressed = []

    @property
    def page(self):
        return self.browser.page

    def visit(self, url, method="GET"):
        """Open `url`, answer the pages of the server and return the last page."""
        self.browser.visit(url, method)
        return self.answer_pages()

    def press(self, selector):
        """Press a button of a client page, then answer the pages of the server."""
        self.browser.press(self.page.soup.select_one(selector))
        return self.answer_pages()

    def answer_pages(self):
        self.pressed = []
        for _ in range(MOST_PAGES):
            if not (self._at_server() and self._answer()):
                return self.page
        raise AssertionError(f"too many pages: {self.browser.visited[-8:]}")

    def json(self, url, method="GET"):
        """Open `url`, answer the pages of the server and return the JSON at the end."""
        return self.shown(self.visit(url, method))

    def shown(self, page):
        """Return the JSON that a page shows."""
        assert page.status == 200, f"{page.status} {page.url}\n{page.text[:3000]}"
        return json.loads(page.text)

    def _at_server(self):
        return urlsplit(self.page.url).port == self.server.port

    def _answer(self):
        for name in ("login-submit", "oauth-allow", "oauth-logout-confirm"):
            button = self.page.element("id", name)
            if button is None:
                continue
            if name == "login-submit":
                self.browser.typed = {"username": "alice", "password": "wonderland"}
            self.pressed.append(name)
            self.browser.press(button)
            return True
        return False
