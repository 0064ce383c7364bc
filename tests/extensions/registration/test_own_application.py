"""A host's own Application class takes part in registration."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, validates

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models import AbstractApplication
from tests.support.registry import build_update_request


class Base(DeclarativeBase):
    pass


class Member(AbstractApplication, Base):
    """One with columns and rules of its own."""

    __tablename__ = "member"

    stars: Mapped[int] = mapped_column(default=3)
    tier: Mapped[str] = mapped_column(String(20), default=lambda: "basic")

    @validates("name")
    def _is_short(self, key: str, value: str) -> str:
        if len(value) > 20:
            raise ValueError("is too long for a badge")
        return value

    def field_errors(self, *args: Any) -> dict[str, list[str]]:
        errors = super().field_errors(*args)
        if "casino" in self.name or self.tier.isupper():
            errors.setdefault("name", []).append("is not for members")
        return errors


def test_columns_of_a_host_class_get_defaults_and_its_rules_are_applied(new_registry):
    registry = new_registry(application_factory=Member)
    made = registry.create_client(client_name="Shop", stars=5)
    stored = registry.load_application(made["client_id"])
    assert isinstance(stored, Member)
    assert (stored.stars, stored.tier) == (3, "basic")
    told = registry.registration_error(client_name="a casino")
    assert told == "client_name: is not for members"
    answer = registry.manage(
        "PUT", made, build_update_request(made, client_name="casino")
    )
    assert answer.json["error_description"] == told
    assert registry.load_application(made["client_id"]).name == "Shop"


class ApplicationWithUnfilledColumn(AbstractApplication, Base):
    """One with a column that nobody fills when a client registers."""

    __tablename__ = "vague"

    agree: Mapped[bool]


def test_a_required_column_without_a_default_stops_the_start(new_registry):
    with pytest.raises(
        ConfigurationError, match=r"the column agree of .* requires a default"
    ):
        new_registry(application_factory=ApplicationWithUnfilledColumn)


def test_a_validator_of_a_host_class_refuses_by_field(new_registry):
    registry = new_registry(application_factory=Member)
    told = registry.registration_error(client_name="a name of over twenty letters")
    assert told == "client_name: is too long for a badge"
    made = registry.create_client()
    changed = build_update_request(made, client_name="a name of over twenty letters")
    answer = registry.manage("PUT", made, changed, status=400)
    assert answer.json["error_description"] == told


def test_values_set_by_a_host_class_survive_an_update(new_registry):
    registry = new_registry(application_factory=Member)
    made = registry.create_client()
    registry.host.update_application(
        made["client_id"], tier="gold", access_token_lifetime=60
    )
    registry.manage("PUT", made, build_update_request(made), status=200)
    stored = registry.load_application(made["client_id"])
    assert (stored.tier, stored.access_token_lifetime) == ("gold", 60)
