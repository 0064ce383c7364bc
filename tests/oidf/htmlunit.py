"""HtmlUnit, the suite's own kind of browser, driven by the suite's steps.

It comes with Selenium's server (`npm ci` in tests/oidf/selenium_server), which speaks
the JSON Wire Protocol, and runs on Java. It is older than the suite's: what it
understands, that one does too.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from html import escape
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import requests

from tests.oidf.browser import Page, StepRunner
from tests.oidf.https import SUITE
from tests.support.ports import free_port

FOLDER = Path(__file__).parent / "selenium_server/node_modules/selenium-server"
NO_SUCH_ELEMENT = 7


class Selenium:
    """The server's process, which opens browsers."""

    def __init__(self, folder):
        (jar,) = FOLDER.glob("lib/runner/*.jar")
        hosts = folder / "hosts"
        hosts.write_text(f"127.0.0.1 localhost {SUITE}\n")
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}/wd/hub"
        self.http = requests.Session()
        # The environment may name a proxy.
        self.http.trust_env = False
        self.process = subprocess.Popen(
            [
                *("java", "-XX:TieredStopAtLevel=1", f"-Djdk.net.hosts.file={hosts}"),
                *("-jar", str(jar), "-port", str(self._port)),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    def _wait(self):
        for _ in range(600):
            assert self.process.poll() is None, "Selenium's server has ended"
            try:
                with socket.create_connection(("127.0.0.1", self._port), 1):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("Selenium's server does not answer")

    def open(self, listener, *, javascript):
        capabilities = {"browserName": "htmlunit", "javascriptEnabled": javascript}
        answer = self.http.post(
            f"{self.url}/session",
            json={"desiredCapabilities": capabilities},
            timeout=60,
        )
        session = answer.json()["sessionId"]
        return HtmlUnit(self.http, f"{self.url}/session/{session}", listener)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.http.close()


def start_selenium(folder):
    """Selenium's server; without it the tests are skipped, except on CI."""
    if not (shutil.which("java") and FOLDER.is_dir()):
        if os.environ.get("CI"):
            pytest.fail("CI needs Java, and `npm ci` in tests/oidf/selenium_server")
        pytest.skip("no HtmlUnit: the suite's steps are executed without it")
    return Selenium(folder)


class HtmlUnit(StepRunner):
    """A session of HtmlUnit with its own cookies."""

    def __init__(self, http, session, listener):
        self._http = http
        self._session = session
        self._listener = listener
        self.screenshots = []

    def close(self):
        self._http.delete(self._session, timeout=60)

    def _send(self, method, path, **body):
        answer = self._http.request(
            method,
            f"{self._session}{path}",
            json=body if method == "POST" else None,
            timeout=60,
        ).json()
        if answer["status"] == NO_SUCH_ELEMENT:
            return None
        assert not answer["status"], (path, body, answer["value"]["message"])
        return answer["value"]

    @property
    def page(self):
        """The current page, with the form of the request that led to it."""
        page = Page(self._send("GET", "/url"), None, self._send("GET", "/source"))
        if page.url.startswith(self._listener.origin) and self._listener.requests:
            last = self._listener.requests[-1]
            page.method, page.form = last["method"], last["form"]
        return page

    def visit(self, url, method="GET"):
        """Go to `url`; its query is the form where the method is POST."""
        if method == "GET":
            self._send("POST", "/url", url=url)
            return
        address, _, query = url.partition("?")
        inputs = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in parse_qsl(query)
        )
        form = f'<form method="post" action="{escape(address)}">{inputs}'
        self._listener.pages["/post"] = ("text/html", f'{form}<button id="go"></form>')
        self._send("POST", "/url", url=f"{self._listener.origin}/post")
        self._click("id", "go")

    def _find(self, kind, target):
        element = self._send("POST", "/element", using=kind, value=target)
        return element and f"/element/{element['ELEMENT']}"

    def _type(self, kind, target, value, optional=None):
        element_path = self._find(kind, target)
        assert element_path or optional == "optional", (
            f"no field {target}: {self.page.text}"
        )
        if element_path:
            self._send("POST", f"{element_path}/clear")
            self._send("POST", f"{element_path}/value", value=list(value))

    def _click(self, kind, target, optional=None):
        element_path = self._find(kind, target)
        assert element_path or optional == "optional", f"no {target}: {self.page.text}"
        if element_path:
            self._send("POST", f"{element_path}/click")

    def _wait(self, kind, target, seconds, expression=None, action=None):
        end = time.monotonic() + seconds
        while not self._is_there(kind, target, expression):
            assert time.monotonic() < end, f"no {target}: {self.page}"
            time.sleep(0.2)
        if action:
            self.screenshots.append((target, self.page.text))

    def _is_there(self, kind, target, expression):
        if kind in ("contains", "match"):
            pattern = re.escape(target) if kind == "contains" else target
            return re.search(pattern, self._send("GET", "/url"))
        element_path = self._find(kind, target)
        text = self._send("GET", f"{element_path}/text") if element_path else ""
        return element_path and re.search(expression or "", text)
