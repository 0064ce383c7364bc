"""A page of the documentation, followed like a reader at a shell."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests
from bs4 import BeautifulSoup

from tests.support.code_blocks import Block, find_blocks
from tests.support.ports import free_port, is_listening
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SERVERS = ("6543", "8000")
"""The ports that the pages name, in the order in which they start servers."""

# A new shell of a reader has nothing of the Python that runs the tests.
FOREIGN = ("COV", "PYRAMID_OAUTH", "PYTEST", "PYTHON", "VIRTUAL_ENV")


class Reader:
    """Someone who copies the files of a page and types its commands."""

    def __init__(self, folder: Path, checkout: Path) -> None:
        self.folder = folder
        self._ports = [free_port() for _ in SERVERS]
        self.output = ""
        self._replacements = {
            "/path/to/pyramid_oauth": str(checkout),
            **{
                f"localhost:{name}": f"localhost:{port}"
                for name, port in zip(SERVERS, self._ports, strict=True)
            },
        }
        self._environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(FOREIGN)
        }
        self._environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
        self._servers: list[subprocess.Popen[bytes]] = []

    def follow(self, page: Path) -> None:
        """Copy the file or run the commands of each block of the page.

        Blocks that another test runs are left out.
        """
        for block in find_blocks(page):
            if block.mark == "run" and not block.words.startswith("by "):
                self._perform(block)

    def _perform(self, block: Block) -> None:
        if block.is_included:
            source = DOCS / block.language.lstrip("/")
            text = self._replace_names(source.read_text(encoding="utf-8"))
            (self.folder / source.name).write_text(text, encoding="utf-8")
        else:
            actions = {
                "shell": self._run_commands,
                "server": self._start_server,
                "output": self._check_output,
                "browser": self._authorize,
            }
            actions[block.words](self._replace_names(block.text))

    def _replace_names(self, text: str) -> str:
        """Replace the names on the page by the values of this reader."""
        for name, value in self._replacements.items():
            text = text.replace(name, value)
        return text

    def _run_commands(self, commands: str) -> None:
        """Run the commands, and store the environment that they leave for the next."""
        environment_file = self.folder / ".environ"
        process = subprocess.run(
            ["bash", "-ec", f"{commands}\nenv -0 > {environment_file}"],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert process.returncode == 0, (
            f"{commands}\n{process.stdout}\n{process.stderr}"
        )
        pairs = environment_file.read_text().rstrip("\0").split("\0")
        self._environment = dict(pair.split("=", 1) for pair in pairs)
        self.output = process.stdout
        self._store_credentials()

    def _store_credentials(self) -> None:
        """Store the secret, token or client ID that the last command printed."""
        if secret_line := re.search(
            r"^client_secret: (\S+)$", self.output, re.MULTILINE
        ):
            self._replacements["SECRET"] = secret_line[1]
        if self.output.startswith("{"):
            document = json.loads(self.output)
            if "access_token" in document:
                self._replacements["TOKEN"] = document["access_token"]
            if "client_id" in document:
                self._replacements["CLIENT_ID"] = document["client_id"]

    def _start_server(self, command: str) -> None:
        """Start a server in the background; the first has the first port of SERVERS."""
        port = self._ports[len(self._servers)]
        server = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )
        self._servers.append(server)
        wait_until(lambda: is_listening(port) or server.poll() is not None, 60)
        assert server.poll() is None, command

    def _check_output(self, expected_output: str) -> None:
        """Check that the output has each line that the page shows."""
        for line in filter(None, map(str.strip, expected_output.splitlines())):
            assert line in self.output, f"{line}\n\n{self.output}"

    def _authorize(self, url: str) -> None:
        """Log in as alice and allow access; store the code of the redirect."""
        with requests.Session() as browser:
            page = browser.get(url.strip())
            fields = {"username": "alice", "password": "wonderland"}
            page = browser.post(page.url, data=_parse_form(page.text) | fields)
            form = _parse_form(page.text) | {"decision": "allow"}
            redirect = browser.post(page.url, data=form, allow_redirects=False)
        query = parse_qs(urlsplit(redirect.headers["Location"]).query)
        self._replacements["CODE"] = query["code"][0]

    def close(self) -> None:
        """End the servers."""
        for server in self._servers:
            if server.poll() is None:
                server.terminate()
                server.wait(20)


def _parse_form(page: str) -> dict[str, str]:
    inputs = BeautifulSoup(page, "html.parser").find_all("input")
    return {
        field["name"]: field.get("value", "") for field in inputs if field.get("name")
    }
