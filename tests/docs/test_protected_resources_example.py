"""The protected resources of the documentation, executed."""

from __future__ import annotations

import pytest
from webtest import TestApp

from tests.support.documented import example


@pytest.fixture(scope="module")
def two_resources():
    return TestApp(example("protected_resources").main({}))


@pytest.mark.parametrize(
    ("path", "accepted"),
    [("/notes", "t1 t2"), ("/photos", "t2"), ("/notes/album", "t2")],
)
def test_the_documented_resources_accept_their_own_tokens(
    two_resources, path, accepted
):
    for token in ("t1", "t2", "t3"):
        headers = {"Authorization": f"Bearer {token}"}
        status = 200 if token in accepted.split() else 401
        two_resources.get(path, headers=headers, status=status)


def test_the_documented_metadata_is_published(two_resources):
    well_known = "/.well-known/oauth-protected-resource"
    notes = two_resources.get(f"{well_known}/notes").json
    assert notes["resource_name#it"] == "Appunti"
    assert notes["authorization_servers"] == ["https://as.example"]
    assert two_resources.get(f"{well_known}/photos").json["scopes_supported"]
