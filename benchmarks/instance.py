"""A scratch instance of the server under test: a database and an ini.

benchmark.ini is a template; the database and the issuer are filled in here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL

from benchmarks.prepare import command
from benchmarks.servers import free_address
from benchmarks.wire import Address

TEMPLATE = Path(__file__).with_name("benchmark.ini")


@dataclass(frozen=True)
class Instance:
    """Where the instance's ini lies and where it is to be served."""

    ini: str
    address: Address


@contextmanager
def instance(url: URL) -> Iterator[Instance]:
    """Write an ini for a database, migrate it and load the demo data."""
    address = free_address()
    values = {
        "@DATABASE@": url.render_as_string(hide_password=False),
        "@ORIGIN@": f"http://{address[0]}:{address[1]}",
    }
    text = TEMPLATE.read_text()
    for name, value in values.items():
        text = text.replace(name, value)
    with tempfile.TemporaryDirectory() as directory:
        ini = Path(directory) / "benchmark.ini"
        ini.write_text(text)
        command("init", "--demo", str(ini))
        yield Instance(str(ini), address)
