"""The server as an ini for the suite starts it, behind TLS, in its own process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.oidf.https import Proxy
from tests.support.command_line import run_command
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]


class Provider:
    """Initialised and started; `ini` for the command line, `issuer` for clients."""

    def __init__(
        self,
        folder,
        authority,
        ca_file,
        proxy=Proxy,
        source="conformance.ini",
        **settings,
    ):
        self.port = free_port()
        self.proxy = proxy(authority, self.port)
        self.origin = f"https://localhost:{self.proxy.port}"
        self.issuer = f"{self.origin}/oauth"
        self.ini = folder / "provider.ini"
        self.ini.write_text(self._text(source, settings))
        self.variables = {
            "PYRAMID_OAUTH_ISSUER": self.issuer,
            "PYRAMID_OAUTH_OUTBOUND_CA_FILE": ca_file,
            **self.proxy.variables,
        }
        self.run("init", str(self.ini))
        self.log = (folder / "provider.log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.oidf.names", str(self.ini)],
            cwd=ROOT,
            env={**os.environ, **self.variables},
            stdout=self.log,
            stderr=self.log,
        )
        self._wait()

    def _text(self, source, settings):
        text = (ROOT / source).read_text()
        text = text.replace("%(here)s/alembic", str(ROOT / "alembic"))
        listen = "\n".join([f"listen = 127.0.0.1:{self.port}", *self.proxy.server])
        text = text.replace("listen = 127.0.0.1:6543", listen)
        settings = {
            # A rotation is to be seen soon.
            "key_reload_interval": "1",
            **settings,
        }
        lines = [f"pyramid_oauth.{name} = {value}" for name, value in settings.items()]
        return text.replace("[alembic]", "\n".join([*lines, "", "[alembic]"]), 1)

    def _wait(self):
        for _ in range(600):
            assert self.process.poll() is None, "the server has ended"
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the server does not answer")

    def run(self, *arguments):
        """Run `pyramid-oauth` with the environment of the server."""
        return run_command(*arguments, **self.variables)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.log.close()
        self.proxy.close()
