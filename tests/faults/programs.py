"""PgBouncer in front of the database, and the library that shifts a clock."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.support.nginx import require_program
from tests.support.ports import free_port, is_listening
from tests.support.waiting import wait_until

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def pgbouncer_version():
    """The version of the PgBouncer that is installed, as numbers; () for none."""
    if shutil.which("pgbouncer") is None:
        return ()
    told = subprocess.run(
        ["pgbouncer", "--version"], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"PgBouncer (\d+)\.(\d+)", told)
    return tuple(map(int, found.groups())) if found else ()


class PgBouncer:
    """PgBouncer in transaction mode in front of PostgreSQL; `more` are settings."""

    def __init__(self, database, target, more=""):
        require_program("PgBouncer", shutil.which("pgbouncer"))
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
            f"pool_mode = transaction\ndefault_pool_size = 4\n{more}\n"
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
