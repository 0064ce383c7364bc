"""The host of these tests, on SQLite and on PostgreSQL."""

from __future__ import annotations

from tests.flows.conftest import browser, client, host, new_host

__all__ = ["browser", "client", "host", "new_host"]
