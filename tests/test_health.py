"""Liveness and readiness of a host, with and without a prefix."""

from __future__ import annotations

import pytest

from tests.support.host import Host


@pytest.mark.parametrize("prefix", ["", "/internal"])
def test_a_host_can_include_liveness_and_readiness(tables_url, prefix):
    host = Host(
        tables_url,
        lambda config: config.include(
            "pyramid_oauth.health", route_prefix=prefix or None
        ),
    )
    browser = host.browser()
    assert browser.get(f"{prefix}/healthz", status=200).json == {"status": "ok"}
    assert browser.get(f"{prefix}/readyz", status=200).json == {"status": "ok"}
    host.engine.dispose()


def test_a_host_has_no_health_paths_by_default(tables_url):
    host = Host(tables_url)
    host.browser().get("/healthz", status=404)
    host.engine.dispose()
