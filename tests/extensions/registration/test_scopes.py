"""The scopes of clients that register themselves."""

from __future__ import annotations

import pytest

from tests.support.registry import OPENID, Registry, ignore_open_registration

STANDARD = ("openid", "profile", "email", "address", "phone", "offline_access")
SCOPES = {"scopes": "openid\nprofile\nread\nwrite"}


@pytest.fixture
def new_scoped_registry(new_registry):
    """Make a registration endpoint with scopes of its own beside those of OpenID."""

    def new(scopes):
        return new_registry(**OPENID | SCOPES, registration_scopes=scopes)

    return new


@pytest.mark.spec("RFC 7591", "3.2.1")
def test_by_default_clients_get_no_scope_of_the_host(new_host):
    with ignore_open_registration():
        registry = Registry(new_host(registration="open", **OPENID | SCOPES))
    assert registry.create_client(scope="openid read write")["scope"] == "openid"
    assert set(registry.create_client()["scope"].split()) == set(STANDARD)
    assert "scope" in registry.registration_error(scope="write")


def test_a_setting_names_the_scopes_of_registered_clients(new_scoped_registry):
    registry = new_scoped_registry("openid read")
    assert (
        registry.create_client(scope="openid read write other")["scope"]
        == "openid read"
    )
    assert registry.create_client()["scope"] == "openid read"
    assert "scope" in registry.registration_error(scope="write")


def test_the_setting_asterisk_allows_every_scope(new_scoped_registry):
    registry = new_scoped_registry("*")
    assert registry.create_client(scope="openid write")["scope"] == "openid write"
    assert set(registry.create_client()["scope"].split()) == {
        *STANDARD,
        "read",
        "write",
    }


def test_the_empty_setting_allows_no_scope(new_scoped_registry):
    registry = new_scoped_registry("")
    registration = registry.create_client()
    assert "scope" not in registration
    assert registry.load_application(registration["client_id"]).allowed_scopes == ""
    assert "scope" in registry.registration_error(scope="openid")


@pytest.mark.spec("RFC 7591", "3.2.1")
def test_a_setting_gives_all_scopes_to_clients_that_name_fewer(new_registry):
    registry = new_registry(
        **OPENID | SCOPES,
        registration_scopes="openid read write",
        registration_all_scopes="true",
    )
    registration = registry.create_client(scope="read")
    assert set(registration["scope"].split()) == {"openid", "read", "write"}
    changed = registry.create_client(scope="unknown")
    assert set(changed["scope"].split()) == {"openid", "read", "write"}
