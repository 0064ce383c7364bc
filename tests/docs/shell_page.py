"""A page of the documentation, followed like a reader at a shell."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests
from bs4 import BeautifulSoup

from tests.support.code_blocks import Block, blocks
from tests.support.ports import free_port, is_listening
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FOR_A_WHEEL = ("pyramid_oauth", "alembic", "pyproject.toml", "setup.py", "MANIFEST.in")
DOCUMENTS = ("README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md")


def copy_checkout(to: Path) -> Path:
    """Copy what a build needs: it leaves files in its folder."""
    to.mkdir()
    for name in (*FOR_A_WHEEL, *DOCUMENTS):
        if (ROOT / name).is_dir():
            hidden = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, to / name, ignore=hidden)
        else:
            shutil.copy(ROOT / name, to / name)
    return to


class Reader:
    """Someone who copies the files of a page and types its commands."""

    def __init__(self, folder: Path, checkout: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.output = ""
        self._place = {
            "/path/to/pyramid_oauth": str(checkout),
            "localhost:6543": f"localhost:{self.port}",
        }
        kept = ("PATH", "HOME", "LANG", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "TMPDIR")
        self._environ = {name: os.environ[name] for name in kept if name in os.environ}
        self._environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
        self._server: subprocess.Popen[bytes] | None = None

    def follow(self, page: Path) -> None:
        """Do what each block of the page says."""
        for block in blocks(page):
            self._do(block)

    def _do(self, block: Block) -> None:
        if block.is_included:
            source = DOCS / block.language.lstrip("/")
            text = self._here(source.read_text(encoding="utf-8"))
            (self.folder / source.name).write_text(text, encoding="utf-8")
        else:
            ways = {
                "shell": self._type,
                "server": self._serve,
                "output": self._compare,
                "browser": self._browse,
            }
            ways[block.words](self._here(block.text))

    def _here(self, text: str) -> str:
        """Put in the place of a name what the reader has."""
        for name, value in self._place.items():
            text = text.replace(name, value)
        return text

    def _type(self, commands: str) -> None:
        """Run the commands, and keep the environment they leave."""
        kept = self.folder / ".environ"
        done = subprocess.run(
            ["bash", "-ec", f"{commands}\nenv -0 > {kept}"],
            cwd=self.folder,
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
        pairs = kept.read_text().rstrip("\0").split("\0")
        self._environ = dict(pair.split("=", 1) for pair in pairs)
        self.output = done.stdout
        self._remember()

    def _remember(self) -> None:
        """Note the secret or the token that the last command printed."""
        if found := re.search(r"^client_secret: (\S+)$", self.output, re.MULTILINE):
            self._place["SECRET"] = found[1]
        if self.output.startswith("{"):
            self._place["TOKEN"] = json.loads(self.output).get("access_token", "")

    def _serve(self, command: str) -> None:
        """Start a server, in a terminal of its own."""
        self._server = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self.folder,
            env=self._environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )
        wait_until(lambda: is_listening(self.port) or self._has_ended(), 60)
        assert not self._has_ended(), command

    def _has_ended(self) -> bool:
        return self._server is not None and self._server.poll() is not None

    def _compare(self, shown: str) -> None:
        """Each line that the page shows is in the output."""
        for line in filter(None, map(str.strip, shown.splitlines())):
            assert line in self.output, f"{line}\n\n{self.output}"

    def _browse(self, url: str) -> None:
        """Log in as alice and allow access; note the code in the address bar."""
        with requests.Session() as browser:
            page = browser.get(url.strip())
            fields = {"username": "alice", "password": "wonderland"}
            page = browser.post(page.url, data=_form(page.text) | fields)
            form = _form(page.text) | {"decision": "allow"}
            answer = browser.post(page.url, data=form, allow_redirects=False)
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        self._place["CODE"] = query["code"][0]

    def close(self) -> None:
        """End the server."""
        if self._server is not None and self._server.poll() is None:
            self._server.terminate()
            self._server.wait(20)


def _form(page: str) -> dict[str, str]:
    inputs = BeautifulSoup(page, "html.parser").find_all("input")
    return {each["name"]: each.get("value", "") for each in inputs if each.get("name")}
