"""Starts the relying party of `tests.support.relying_party` and reads its log."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class RelyingPartyProcess:
    """The relying party in a process of its own, at `url`."""

    def __init__(self, url: str, log: Path) -> None:
        self.url, self._log = url, log

    @property
    def log(self) -> list[dict[str, Any]]:
        """The requests that it received, in order."""
        if not self._log.exists():
            return []
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def requests_at(self, place: str) -> list[dict[str, Any]]:
        return [entry for entry in self.log if entry.get("place") == place]


@contextmanager
def start_relying_party(
    folder: Path,
    issuer: str,
    jwks: object,
    certificate: Path | None = None,
    delay: float = 0,
) -> Iterator[RelyingPartyProcess]:
    """Run a relying party, over http without `certificate`; it writes into `folder`."""
    (folder / "jwks.json").write_text(json.dumps(jwks))
    config = {
        "issuer": issuer,
        "jwks": str(folder / "jwks.json"),
        "log": str(folder / "party.log"),
        "delay": delay,
        "certificate": certificate and str(certificate),
    }
    module = "tests.support.relying_party"
    process = subprocess.Popen(
        [sys.executable, "-m", module, json.dumps(config)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    try:
        scheme = "https" if certificate else "http"
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield RelyingPartyProcess(f"{scheme}://localhost:{port}", folder / "party.log")
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()
