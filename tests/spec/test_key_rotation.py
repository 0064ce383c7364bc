"""The server's keys are rotated while clients go on (OpenID Connect Core 10.1.1)."""

from __future__ import annotations

import time

import pytest

pytestmark = pytest.mark.slow


def kids(suite):
    keys = suite.http.get(suite.metadata["jwks_uri"]).json()["keys"]
    return {key["kid"] for key in keys if key["alg"] == "RS256"}


@pytest.mark.module("oidcc-server-rotate-keys")
@pytest.mark.spec("OpenID Connect Core", "10.1.1")
def test_after_a_rotation_there_is_a_new_key_and_the_old_one(suite):
    before = kids(suite)
    suite.provider.run("keys", "rotate", str(suite.provider.ini), "--begin")
    for _ in range(50):
        if kids(suite) != before:
            break
        time.sleep(0.2)
    assert kids(suite) > before
    client = suite.register()
    assert suite.login(client)["claims"]["sub"]
