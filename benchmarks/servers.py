"""Start a WSGI server with processes and threads, know its CPU, stop it.

One line per server: the command that serves a factory on a port.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import cpu, wsgi
from benchmarks.wire import Address, connect

#: Seconds a server may take until it answers.
START_LIMIT = 30.0


@dataclass(frozen=True)
class Layout:
    """Which server, with how many processes and threads in each."""

    server: str
    processes: int
    threads: int

    def __str__(self) -> str:
        return f"{self.server} {self.processes}p x {self.threads}t"


def _command(layout: Layout, factory: str, port: int) -> list[str]:
    processes, threads = layout.processes, layout.threads
    bind = f"127.0.0.1:{port}"
    commands = {
        "granian": f"granian --interface wsgi --factory --host 127.0.0.1 --port {port}"
        f" --workers {processes} --blocking-threads {threads} --runtime-threads 1"
        f" --log-level warning {factory}",
        "gunicorn-sync": f"gunicorn -k sync -w {processes} -b {bind}"
        f" --log-level warning {factory}()",
        "gunicorn": f"gunicorn -k gthread -w {processes} --threads {threads} -b {bind}"
        f" --keep-alive 30 --log-level warning {factory}()",
        "waitress": f"waitress-serve --listen={bind} --threads={threads}"
        f" --call {factory}",
        "uwsgi": f"uwsgi --http11-socket {bind} --http-keepalive --add-header"
        f" Connection:keep-alive --master --processes {processes} --threads {threads}"
        f" --lazy-apps --disable-logging --module {factory}()",
    }
    return commands[layout.server].split()


def search_path() -> str:
    """Return where server commands are looked for: this environment, then PATH."""
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"


def available(layout: Layout) -> bool:
    """Say whether the server of a layout is installed."""
    return shutil.which(_command(layout, "a:b", 0)[0], path=search_path()) is not None


def _environment(layout: Layout, extra: Mapping[str, str]) -> dict[str, str]:
    modules = os.pathsep.join([os.getcwd(), *filter(None, sys.path)])
    own = {"PATH": search_path(), "PYTHONPATH": modules}
    return {**os.environ, **own, **extra, wsgi.THREADS: str(layout.threads)}


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    address: Address
    process: subprocess.Popen[bytes]

    def pids(self) -> set[int]:
        """Return the server's processes, children included."""
        return cpu.tree(self.process.pid)


def free_address() -> Address:
    """Return a loopback address nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return ("127.0.0.1", probe.getsockname()[1])


@contextmanager
def serve(
    layout: Layout,
    factory: str,
    environment: Mapping[str, str],
    address: Address | None = None,
) -> Iterator[Running]:
    """Run a server until the block ends; its whole process group is stopped."""
    chosen = address or free_address()
    variables = _environment(layout, environment)
    command = _command(layout, factory, chosen[1])
    command[0] = shutil.which(command[0], path=variables["PATH"]) or command[0]
    process = subprocess.Popen(command, env=variables, start_new_session=True)
    try:
        _await_start(process, chosen)
        yield Running(chosen, process)
    finally:
        _stop(process)


def _await_start(process: subprocess.Popen[bytes], address: Address) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with status {process.returncode}")
        try:
            connect(address).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"no server on port {address[1]} after {START_LIMIT} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
