"""Registration with an Application class of the host."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, validates

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models import AbstractApplication
from tests.support.registry import build_update_request


class Base(DeclarativeBase):
    """The declarative base of the host."""


class Member(AbstractApplication, Base):
    """An application with columns and rules of the host."""

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
    registration = registry.create_client(client_name="Shop", stars=5)
    application = registry.load_application(registration["client_id"])
    assert isinstance(application, Member)
    assert (application.stars, application.tier) == (3, "basic")
    description = registry.registration_error(client_name="a casino")
    assert description == "client_name: is not for members"
    answer = registry.manage(
        "PUT", registration, build_update_request(registration, client_name="casino")
    )
    assert answer.json["error_description"] == description
    assert registry.load_application(registration["client_id"]).name == "Shop"


class ApplicationWithUnfilledColumn(AbstractApplication, Base):
    """An application with a required column that registration cannot fill."""

    __tablename__ = "vague"

    agree: Mapped[bool]


def test_a_required_column_without_a_default_stops_the_start(new_registry):
    with pytest.raises(
        ConfigurationError, match=r"the column agree of .* requires a default"
    ):
        new_registry(application_factory=ApplicationWithUnfilledColumn)


def test_a_validator_of_a_host_class_refuses_a_value_by_its_field(new_registry):
    registry = new_registry(application_factory=Member)
    description = registry.registration_error(
        client_name="a name of over twenty letters"
    )
    assert description == "client_name: is too long for a badge"
    registration = registry.create_client()
    changed = build_update_request(
        registration, client_name="a name of over twenty letters"
    )
    answer = registry.manage("PUT", registration, changed, status=400)
    assert answer.json["error_description"] == description


def test_values_set_by_a_host_class_survive_an_update(new_registry):
    registry = new_registry(application_factory=Member)
    registration = registry.create_client()
    registry.host.update_application(
        registration["client_id"], tier="gold", access_token_lifetime=60
    )
    registry.manage("PUT", registration, build_update_request(registration), status=200)
    application = registry.load_application(registration["client_id"])
    assert (application.tier, application.access_token_lifetime) == ("gold", 60)
