"""Client metadata that a host adds: registration checks, keeps and returns it."""

from __future__ import annotations

import pytest

from docs.examples import client_metadata
from tests.support.registry import build_update_request


@pytest.fixture
def billing(new_registry):
    """The host of docs/how_to/registration.rst, "Members of your own"."""
    return new_registry(lambda config: config.include(client_metadata))


@pytest.mark.spec("RFC 7591", "2")
def test_a_member_of_a_host_is_stored_and_returned(billing):
    made = billing.create_client(service_tier="gold", audited=True)
    assert made["service_tier"] == "gold"
    read = billing.manage("GET", made, status=200).json
    assert (read["service_tier"], read["audited"]) == ("gold", True)
    changed = billing.manage(
        "PUT", made, build_update_request(made, service_tier="iron")
    ).json
    assert changed["service_tier"] == "iron"
    assert (
        billing.load_application(made["client_id"]).declared("service_tier") == "iron"
    )


@pytest.mark.spec("RFC 7591", "3.2.2")
@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("service_tier", {"service_tier": 7}),
        ("service_tier", {"service_tier": "x" * 11}),
        ("audited", {"audited": "yes"}),
        ("audited: is needed for gold", {"service_tier": "gold"}),
        ("is not sold by https://as.example", {"service_tier": "platinum"}),
    ],
    ids=str,
)
def test_a_member_of_a_host_is_validated(billing, name, members):
    assert name in billing.registration_error(**members)


@pytest.mark.spec("RFC 7591", "2")
def test_an_unregistered_member_is_ignored(registry):
    made = registry.create_client(
        service_tier="gold",
        subject_type="pairwise",
    )
    assert "service_tier" not in made
    assert "subject_type" not in made
