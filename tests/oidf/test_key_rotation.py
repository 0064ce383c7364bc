"""The server's keys are rotated while clients go on (OpenID Connect Core 10.1.1)."""

from __future__ import annotations

import time

import pytest

pytestmark = pytest.mark.slow


def fetch_signing_keys(suite):
    """The signing keys by their kid, which the module compares."""
    keys = suite.http.get(suite.metadata["jwks_uri"]).json()["keys"]
    return {key["kid"]: key for key in keys if key.get("use", "sig") == "sig"}


@pytest.mark.module("oidcc-server-rotate-keys")
@pytest.mark.spec("OpenID Connect Core", "10.1.1")
def test_a_rotation_publishes_a_new_key_beside_the_old_one(suite):
    old_keys = fetch_signing_keys(suite)
    suite.provider.run("keys", "rotate", str(suite.provider.ini), "--begin")
    for _ in range(300):
        if fetch_signing_keys(suite) != old_keys:
            break
        time.sleep(0.2)
    new_key_set = fetch_signing_keys(suite)
    assert {kid: new_key_set.get(kid) for kid in old_keys} == old_keys
    added_keys = [key for kid, key in new_key_set.items() if kid not in old_keys]
    assert "RS256" in {key["alg"] for key in added_keys}
    # The module ends in an error at a new key of any other type.
    values = {"RSA": "n", "EC": "x"}
    assert {key["kty"] for key in added_keys} <= set(values)
    for key in added_keys:
        name = values[key["kty"]]
        assert key[name] not in {old.get(name) for old in old_keys.values()}
    client = suite.register()
    assert suite.log_in(client)["claims"]["sub"]
