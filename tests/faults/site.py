"""The server as deploy/ runs it: two granian workers, on PostgreSQL behind a relay."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import uuid
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tests.support.command_line import run_command
from tests.support.ports import free_port
from tests.support.postgresql import empty_postgresql
from tests.support.relay import Relay
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
WORKERS = 2
CALLBACK = "https://client.example/cb"
SOURCE = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "http"}
"""The headers of the proxy."""


def documented_command(**changes):
    """The command of deploy/oauth.service, as a list, with some options changed."""
    unit = (DEPLOY / "oauth.service").read_text().replace("\\\n", " ")
    (line,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    command = shlex.split(line)
    command[0] = str(Path(sys.executable).parent / "granian")
    for name, value in changes.items():
        command[command.index("--" + name.replace("_", "-")) + 1] = str(value)
    return command


def call(port, method, path, form=None, headers=None, limit=30):
    """Status, headers and body of one request; OSError or HTTPException without."""
    connection = HTTPConnection("127.0.0.1", port, timeout=limit)
    request_headers = {**SOURCE, **(headers or {})}
    body = None
    if form is not None:
        body = urlencode(form)
        request_headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        connection.request(method, path, body, request_headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


class Database:
    """A PostgreSQL database, a role without privileges, and a relay in front."""

    def __init__(self, stack):
        admin = stack.enter_context(_role_and_database())
        self.admin_url, self.role = admin
        self.name = make_url(self.admin_url).database
        self.relay = Relay(make_url(self.admin_url).port or 5432)
        stack.callback(self.relay.close)
        self._engine = create_engine(
            self.admin_url, poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )

    def url(self, port=None):
        """The URL for the server: through the relay, or another port."""
        through = make_url(self.admin_url).set(
            username=self.role, host="127.0.0.1", port=port or self.relay.port
        )
        return through.render_as_string(False)

    def grant(self):
        self.run(f'GRANT ALL ON ALL TABLES IN SCHEMA public TO "{self.role}"')
        self.run(f'GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO "{self.role}"')

    def run(self, *statements):
        with self._engine.connect() as connection:
            return [connection.execute(text(statement)) for statement in statements]

    def value(self, query, **parameters):
        with self._engine.connect() as connection:
            return connection.execute(text(query), parameters).scalar()

    @contextmanager
    def locked(self, table, mode="ACCESS EXCLUSIVE"):
        engine = create_engine(self.admin_url, poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(text(f"LOCK TABLE {table} IN {mode} MODE"))
            yield

    def end_sessions(self):
        """End the sessions of the server, as a restart of PostgreSQL does."""
        self.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE usename = '{self.role}'"
        )


@contextmanager
def _role_and_database():
    with ExitStack() as stack:
        url = stack.enter_context(empty_postgresql())
        role = f"pyramid_oauth_test_{uuid.uuid4().hex[:12]}"
        server = create_engine(
            make_url(url).set(database="postgres"),
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
        )

        def run(statement):
            with server.connect() as connection:
                connection.execute(text(statement))

        run(f'CREATE ROLE "{role}" LOGIN')
        owned = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")

        def drop_owned():
            with owned.connect() as connection:
                connection.execute(text(f'DROP OWNED BY "{role}" CASCADE'))
            run(f'DROP ROLE "{role}"')

        stack.callback(drop_owned)
        yield url, role


class DeployedSite:
    """An ini file, the processes that serve it, and a client of it."""

    def __init__(self, folder, database, **settings):
        self.folder, self.database = folder, database
        self.port = free_port()
        self.log = folder / "server.log"
        self.process = None
        shutil.copy(DEPLOY / "mysite.py", folder)
        self.ini = folder / "production.ini"
        self.ini.write_text(self._ini(database.admin_url, {}))
        run_command("init", self.ini)
        database.grant()
        self.client = self._application()
        self.write(**settings)

    def _ini(self, url, settings):
        lines = [f"{name} = {value}" for name, value in settings.items()]
        text = (ROOT / "development.ini").read_text()
        text = text.replace("sqlite:///%(here)s/var/development.sqlite", url)
        text = text.replace("%(here)s/alembic", str(ROOT / "alembic"))
        text = text.replace("localhost:6543\n", f"127.0.0.1:{self.port}\n")
        text = text.replace("localhost:6543/oauth", f"127.0.0.1:{self.port}/oauth")
        return text.replace("[alembic]", "\n".join([*lines, "", "[alembic]"]), 1)

    def write(self, port=None, **settings):
        """Write the ini file: `standalone__x` is `standalone.x`."""
        dotted = {name.replace("__", "."): value for name, value in settings.items()}
        self.ini.write_text(self._ini(self.database.url(port), dotted))

    def _application(self):
        output = run_command(
            *("application", "create", self.ini, "--name", "Web", "--json"),
            *("--redirect-uri", CALLBACK, "--introspection", "any"),
            *("--grant-type", "authorization_code", "--grant-type", "refresh_token"),
            *("--grant-type", "client_credentials"),
            *("--token-endpoint-auth-method", "client_secret_post"),
        )
        application = json.loads(output)
        return {name: application[name] for name in ("client_id", "client_secret")}

    def start(self, environment=None, port=None, **changes):
        """Start another server of the site, by default on its own port."""
        chosen, before = port or self.port, self.started()
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                documented_command(port=chosen, **changes),
                cwd=self.folder,
                env={**os.environ, **(environment or {})},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.process = self.process or process
        wait_until(lambda: self.started() == before + WORKERS, 60)
        wait_until(lambda: self.answers("/healthz", chosen), 5)
        return process

    def started(self):
        """The number of workers that have logged their start."""
        return self.log.read_text().count("Started worker") if self.log.exists() else 0

    def answers(self, path, port=None):
        with suppress(OSError, HTTPException):
            return call(port or self.port, "GET", path, limit=3)[0] == 200
        return False

    def request_client_token(self, port=None, limit=30):
        """The response to a client credentials request."""
        form = {"grant_type": "client_credentials", **self.client}
        return call(port or self.port, "POST", "/oauth/token", form, limit=limit)

    def logged(self, text):
        """The number of log lines that contain `text`."""
        return sum(text in line for line in self.log.read_text().splitlines())

    def workers(self):
        """The process ids of the workers."""
        result = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True
        )
        return [int(pid) for pid in result.stdout.split() if _is_python(pid)]

    def stop(self):
        if self.process is not None:
            end(self.process)


def _is_python(pid):
    with suppress(OSError):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        return b"resource_tracker" not in command
    return False


def end(process):
    """Stop a server and its child processes."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(8)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(8)
