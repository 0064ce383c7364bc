"""Programs of the system that stand beside the server: nginx and PgBouncer."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.faults.site import DEPLOY
from tests.oidf.nginx import MAIN
from tests.support.ports import free_port, is_listening
from tests.support.waiting import wait_until

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def require(name, found):
    """Skip without a program of the system, but fail in CI."""
    if not found and os.environ.get("CI"):
        pytest.fail(f"CI needs {name}")
    if not found:
        pytest.skip(f"no {name}")


class Nginx:
    """nginx with the block of deploy/nginx.conf."""

    def __init__(self, folder, authority, target):
        require("nginx", shutil.which("nginx"))
        self.port = free_port()
        issued = authority.issue_cert("localhost")
        issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
        issued.private_key_pem.write_to_path(folder / "key.pem")
        block = (DEPLOY / "nginx.conf").read_text()
        for documented, here in {
            "listen 443": f"listen 127.0.0.1:{self.port}",
            "/etc/ssl/login.example.org.pem": str(folder / "cert.pem"),
            "/etc/ssl/login.example.org.key": str(folder / "key.pem"),
            "login.example.org": "localhost",
            "127.0.0.1:8000": f"127.0.0.1:{target}",
        }.items():
            assert documented in block, documented
            block = block.replace(documented, here)
        file = folder / "nginx.conf"
        file.write_text(MAIN.format(folder=folder, server=block))
        self._process = subprocess.Popen(
            ["nginx", "-e", str(folder / "error.log"), "-c", str(file)]
        )
        wait_until(lambda: is_listening(self.port), 10)

    def close(self):
        self._process.terminate()
        self._process.wait(10)


class PgBouncer:
    """PgBouncer in transaction mode in front of PostgreSQL."""

    def __init__(self, database, target):
        require("PgBouncer", shutil.which("pgbouncer"))
        self.port = free_port()
        # It refuses to run as root, and another user cannot read pytest's folders.
        self._folder = Path(tempfile.mkdtemp())
        self._folder.chmod(0o755)
        (self._folder / "users").write_text(f'"{database.role}" ""\n')
        (self._folder / "pgbouncer.ini").write_text(
            "[databases]\n"
            f"{database.name} = host=127.0.0.1 port={target}\n"
            "[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\n"
            f"auth_type = trust\nauth_file = {self._folder}/users\n"
            "pool_mode = transaction\ndefault_pool_size = 4\n"
        )
        self._process = None
        self.start()

    def start(self):
        command = ["pgbouncer", "--quiet"]
        if os.geteuid() == 0:
            command += ["--user", "nobody"]
        self._process = subprocess.Popen(
            [*command, str(self._folder / "pgbouncer.ini")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: is_listening(self.port), 10)

    def kill(self):
        self._process.kill()
        self._process.wait(10)

    def close(self):
        self.kill()
        shutil.rmtree(self._folder)
