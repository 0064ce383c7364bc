"""The server's keys are rotated while clients go on (OpenID Connect Core 10.1.1)."""

from __future__ import annotations

import time

import pytest

pytestmark = pytest.mark.slow


def signing_keys(suite):
    """What the module compares: the keys that are for signing, by their names."""
    keys = suite.http.get(suite.metadata["jwks_uri"]).json()["keys"]
    return {key["kid"]: key for key in keys if key.get("use", "sig") == "sig"}


@pytest.mark.module("oidcc-server-rotate-keys")
@pytest.mark.spec("OpenID Connect Core", "10.1.1")
def test_a_rotation_publishes_a_new_key_beside_the_old_one(suite):
    before = signing_keys(suite)
    suite.provider.run("keys", "rotate", str(suite.provider.ini), "--begin")
    for _ in range(300):
        if signing_keys(suite) != before:
            break
        time.sleep(0.2)
    after = signing_keys(suite)
    assert {kid: after.get(kid) for kid in before} == before
    new = [key for kid, key in after.items() if kid not in before]
    assert "RS256" in {key["alg"] for key in new}
    # The module ends in an error at a new key of any other type.
    values = {"RSA": "n", "EC": "x"}
    assert {key["kty"] for key in new} <= set(values)
    for key in new:
        name = values[key["kty"]]
        assert key[name] not in {old.get(name) for old in before.values()}
    client = suite.register()
    assert suite.login(client)["claims"]["sub"]
