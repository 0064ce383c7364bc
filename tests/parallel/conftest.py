"""Server processes on one PostgreSQL database, and concurrent callers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier
from urllib.parse import urljoin
from urllib.request import urlopen

import pytest
import requests
from bs4 import BeautifulSoup
from sqlalchemy import create_engine, text

from tests.support.command_line import run_command
from tests.support.ports import free_port
from tests.support.postgresql import empty_postgresql

ROOT = Path(__file__).parents[2]
CALLBACK = "https://client.example/cb"
CALLERS = 20
ISSUER = "http://localhost:6543/oauth"


def program(name):
    return str(Path(sys.executable).parent / name)


class ParallelSite:
    """Server processes of the ready-made server, and a registered client."""

    def __init__(self, folder, url, processes, **settings):
        self.engine = create_engine(url)
        self.ports = [free_port() for _ in range(processes)]
        self.inis = [folder / f"site-{port}.ini" for port in self.ports]
        for ini, port in zip(self.inis, self.ports, strict=True):
            ini.write_text(self._ini(url, port, settings))
        self.ini = self.inis[0]
        self.processes = []
        run_command("init", self.ini)
        self.client = self.register_client()

    def _ini(self, url, port, settings):
        lines = [f"pyramid_oauth.{name} = {value}" for name, value in settings.items()]
        text = (ROOT / "development.ini").read_text()
        text = text.replace("sqlite:///%(here)s/var/development.sqlite", url)
        text = text.replace("%(here)s/alembic", str(ROOT / "alembic"))
        text = text.replace("localhost:6543\n", f"127.0.0.1:{port}\n")
        return text.replace("[alembic]", "\n".join([*lines, "", "[alembic]"]), 1)

    def register_client(self):
        output = run_command(
            *("application", "create", self.ini),
            *("--name", "Web", "--redirect-uri", CALLBACK, "--json"),
            *("--grant-type", "authorization_code", "--grant-type", "refresh_token"),
            *("--grant-type", "client_credentials"),
            *("--token-endpoint-auth-method", "client_secret_post"),
        )
        application = json.loads(output)
        return {name: application[name] for name in ("client_id", "client_secret")}

    def start(self):
        for ini in self.inis:
            command = [program("pserve"), str(ini)]
            self.processes.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        for port in self.ports:
            wait_for_server(f"http://127.0.0.1:{port}/login")

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(10)
        self.engine.dispose()

    def origin(self, number=0):
        return f"http://127.0.0.1:{self.ports[number % len(self.ports)]}"

    def browser(self):
        """A requests session at which alice is logged in."""
        session = requests.Session()
        page = session.get(f"{self.origin()}/login")
        form = form_fields(page.text, "username")
        form.update(username="alice", password="wonderland")
        session.post(f"{self.origin()}/login", form, allow_redirects=False)
        return session

    def decide(self, session, url):
        """Follow an authorization URL and consent; returns the redirect URI."""
        answer = session.get(url, allow_redirects=False)
        while "/authorize/" in answer.headers["Location"]:
            page = session.get(urljoin(answer.url, answer.headers["Location"]))
            form = form_fields(page.text, "csrf_token")
            form.update(decision="allow", scope="write")
            answer = session.post(page.url, form, allow_redirects=False)
        return answer.headers["Location"]

    def post(self, number, path, form):
        return requests.post(f"{self.origin(number)}{path}", form, timeout=30)

    def post_concurrently(self, path, form):
        """The responses to the same form, sent by many callers at the same moment."""
        return call_at_once(lambda number: self.post(number, path, form))

    def count(self, query):
        with self.engine.connect() as connection:
            return connection.execute(text(query)).scalar()


def call_at_once(call):
    """The results of `call(number)`, made by many callers at the same moment."""
    barrier = Barrier(CALLERS)

    def make(number):
        barrier.wait()
        return call(number)

    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(make, range(CALLERS)))


def form_fields(page, known):
    """The hidden and text fields of the form that has a field `known`."""
    soup = BeautifulSoup(page, "html.parser")
    form = soup.find("input", {"name": known}).find_parent("form")
    return {
        field["name"]: field.get("value", "")
        for field in form.find_all("input")
        if field.get("name") and field.get("type") != "checkbox"
    }


def wait_for_server(url):
    for _ in range(600):
        try:
            with urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server does not answer")


@pytest.fixture
def new_site(tmp_path, new_postgresql):
    """Start server processes with further settings."""
    sites = []

    def new(processes=2, **settings):
        sites.append(ParallelSite(tmp_path, new_postgresql(), processes, **settings))
        sites[-1].start()
        return sites[-1]

    yield new
    for site in sites:
        site.stop()


@pytest.fixture(scope="module")
def new_module_site(tmp_path_factory):
    """Start server processes for all tests of a module."""
    with ExitStack() as stack:

        def new(processes=2, **settings):
            url = stack.enter_context(empty_postgresql())
            folder = tmp_path_factory.mktemp("site")
            site = ParallelSite(folder, url, processes, **settings)
            stack.callback(site.stop)
            site.start()
            return site

        yield new
