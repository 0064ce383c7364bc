"""The MCP example as processes, and clients of MCP's SDKs that speak with it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.interop.ready_made import HERE, ROOT, Program, needed
from tests.support.command_line import run_command
from tests.support.ports import free_port

EXAMPLE = ROOT / "examples" / "mcp"
CLIENTS = HERE / "mcp_clients"


def sdk_python():
    """Return the Python that has the SDK."""
    return needed(CLIENTS / ".venv/bin/python", "MCP's Python SDK")


def python_client():
    """Return the command of the client of the Python SDK."""
    return [sdk_python(), CLIENTS / "python_sdk.py"]


def typescript_client(version):
    """Return the command of the client of a version of the TypeScript SDK."""
    folder = HERE / "mcp_node_client"
    needed(folder / "node_modules/@modelcontextprotocol/sdk", "MCP's TypeScript SDK")
    program = [needed("node", "Node.js"), folder / "typescript_sdk.mjs"]
    return ["env", f"VERSION={version}", *program]


class AuthorizationServer(Program):
    """The ready-made server with the ini file of the example, and `settings` on top."""

    def __init__(self, folder, settings):
        port = free_port()
        self.ini = folder / "authorization_server.ini"
        text = (EXAMPLE / self.ini.name).read_text().replace("6543", str(port))
        for name, value in settings.items():
            text = re.sub(rf"(?m)^pyramid_oauth\.{name} =.*\n(?:[ \t]+.*\n)*", "", text)
            row = f"pyramid_oauth.{name} = {value}\n"
            text = text.replace("[server:main]\n", f"{row}\n[server:main]\n")
        self.ini.write_text(text)
        run_command("init", self.ini)
        pserve = Path(sys.executable).parent / "pserve"
        super().__init__([pserve, self.ini], port, folder / "authorization_server.log")

    @property
    def issuer(self):
        return f"{self.origin}/oauth"

    def register_introspecting_client(self):
        """Register the MCP server as a client that introspects tokens."""
        return json.loads(
            run_command(
                *("application", "create", self.ini, "--name", "Notes"),
                *("--grant-type", "client_credentials", "--introspection", "any"),
                "--json",
            )
        )

    def register_machine(self):
        """Register a client that acts for itself."""
        return json.loads(
            run_command(
                *("application", "create", self.ini, "--name", "Machine"),
                *("--grant-type", "client_credentials", "--json"),
            )
        )

    def registered(self):
        """Return the clients that registered themselves."""
        listed = json.loads(run_command("application", "list", self.ini, "--json"))
        return [item for item in listed if item["name"].endswith("SDK")]


class NotesServer(Program):
    """`python notes_server.py` of the example."""

    def __init__(self, folder, port, authorization_server, **variables):
        super().__init__(
            [sdk_python(), EXAMPLE / "notes_server.py"],
            port,
            folder / f"notes_server_{port}.log",
            ISSUER=authorization_server.issuer,
            RESOURCE=f"http://localhost:{port}/mcp",
            PYTHONPATH=str(ROOT),
            **variables,
        )

    @property
    def url(self):
        return f"{self.origin}/mcp"


@dataclass
class McpClient:
    """A client program of an SDK, and the user whom it asks."""

    command: list
    person: object
    variables: dict
    log: Path
    events: list = field(default_factory=list)
    authorizations: list = field(default_factory=list)

    def __post_init__(self):
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                [str(part) for part in self.command],
                env={**os.environ, **self.variables},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )

    def call(self, tool, **arguments):
        """Call a tool; the user allows what the client asks for meanwhile."""
        self._send({"call": tool, "arguments": arguments})
        while line := self.process.stdout.readline():
            event = json.loads(line)
            self.events.append(event)
            if "authorize" in event:
                self._authorize(event["authorize"])
            if "result" in event or "error" in event:
                assert "result" in event, f"{event}\n{self.log.read_text()[-3000:]}"
                return event["result"]
        raise AssertionError(f"the client has ended:\n{self.log.read_text()}")

    def _send(self, command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def _authorize(self, url):
        self.authorizations.append(dict(parse_qs(urlsplit(url).query)))
        page = self.person.visit(url)
        assert urlsplit(page.url).path == "/callback", f"{page.url}\n{page.text[:3000]}"

    def last(self, name):
        """Return the newest value of an event."""
        return next(event[name] for event in reversed(self.events) if name in event)

    def stop(self):
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()
