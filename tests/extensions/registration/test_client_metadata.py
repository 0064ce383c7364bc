"""Client metadata members of a host: validated, stored and returned."""

from __future__ import annotations

import pytest

from docs.examples import client_metadata
from tests.support.registry import build_update_request


@pytest.fixture
def billing_registry(new_registry):
    """The host of docs/how_to/registration.rst, "Members of your own"."""
    return new_registry(lambda config: config.include(client_metadata))


@pytest.mark.spec("RFC 7591", "2")
def test_a_member_of_a_host_is_stored_and_returned(billing_registry):
    registration = billing_registry.create_client(service_tier="gold", audited=True)
    assert registration["service_tier"] == "gold"
    current = billing_registry.manage("GET", registration, status=200).json
    assert (current["service_tier"], current["audited"]) == ("gold", True)
    changed = billing_registry.manage(
        "PUT", registration, build_update_request(registration, service_tier="iron")
    ).json
    assert changed["service_tier"] == "iron"
    assert (
        billing_registry.load_application(registration["client_id"]).declared(
            "service_tier"
        )
        == "iron"
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
def test_a_member_of_a_host_is_validated(billing_registry, name, members):
    assert name in billing_registry.registration_error(**members)


@pytest.mark.spec("RFC 7591", "2")
def test_an_unregistered_member_is_ignored(registry):
    registration = registry.create_client(
        service_tier="gold",
        subject_type="pairwise",
    )
    assert "service_tier" not in registration
    assert "subject_type" not in registration
