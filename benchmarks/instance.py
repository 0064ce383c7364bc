"""Scratch instances of what is measured: a database and an ini each.

The ini files beside this module are templates; the database and the issuer are filled
in here.
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


@dataclass(frozen=True)
class Product:
    """What is measured.

    Attributes:
        name: what the table calls it.
        template: the ini file.
        commands: what `pyramid-oauth` does before it is served, and with which options.
        session: of the host: `transaction`, as the README makes it, or `fast_session`.
    """

    name: str
    template: str
    commands: tuple[tuple[str, ...], ...]
    session: str = ""


HOST = Product("host", "host.ini", (("keys", "rotate"),), "transaction")
"""A host application as the README makes it (`host.py`)."""

FAST_HOST = Product("fast host", "host.ini", (("keys", "rotate"),), "fast_session")
"""The same, with `config.include("pyramid_oauth.fast_session")`."""

SERVER = Product("server", "benchmark.ini", (("init", "--demo"),))
"""The ready-made server."""

PRODUCTS = (HOST, FAST_HOST, SERVER)


@dataclass(frozen=True)
class Instance:
    """Where the instance's ini lies and where it is to be served."""

    ini: str
    address: Address


@contextmanager
def instance(url: URL, product: Product = SERVER) -> Iterator[Instance]:
    """Write the ini of a product for a database, and prepare the database."""
    address = free_address()
    values = {
        "@DATABASE@": url.render_as_string(hide_password=False),
        "@ORIGIN@": f"http://{address[0]}:{address[1]}",
        "@SESSION@": product.session,
    }
    text = Path(__file__).with_name(product.template).read_text()
    for name, value in values.items():
        text = text.replace(name, value)
    with tempfile.TemporaryDirectory() as directory:
        ini = Path(directory) / "benchmark.ini"
        ini.write_text(text)
        for arguments in product.commands:
            command(*arguments, str(ini))
        yield Instance(str(ini), address)
