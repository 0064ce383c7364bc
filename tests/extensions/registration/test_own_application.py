"""Registration with an Application class of the host."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import JSON, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, validates

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.client_metadata_fields import Field, several, words
from tests.support.host import Host, build_authorization_request
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


class ShopBase(DeclarativeBase):
    """The declarative base of another host."""


class Shop(AbstractApplication, ShopBase):
    """An application whose columns store members of the client metadata."""

    __tablename__ = "shop"

    logo: Mapped[str | None] = mapped_column(
        String(200), info={"client_metadata": "logo_uri"}
    )
    agree: Mapped[bool] = mapped_column(info={"client_metadata": "terms_accepted"})
    seats: Mapped[int] = mapped_column(default=1, info={"client_metadata": "seats"})
    partner: Mapped[str | None] = mapped_column(
        info={"client_metadata": "partner", "set_by": "administrator"}
    )
    crew: Mapped[str] = mapped_column(
        default="",
        info={
            "client_metadata": Field(
                name="crew", shape=several(words), is_list=True, read_by="the shop"
            )
        },
    )


@pytest.fixture
def shops(new_registry):
    """A registration endpoint whose Application is a Shop."""
    return new_registry(application_factory=Shop)


LOGO = "https://shop.example/logo.png"


@pytest.mark.spec("RFC 7591", "2")
def test_members_reach_the_columns_that_name_them(shops):
    registration = shops.create_client(
        logo_uri=LOGO, **{"logo_uri#fr": f"{LOGO}?fr"}, terms_accepted=True, crew=["bo"]
    )
    shop = shops.load_application(registration["client_id"])
    assert (shop.logo, shop.agree, shop.seats, shop.crew) == (LOGO, True, 1, "bo")
    assert shop.client_metadata["logo_uri#fr"] == f"{LOGO}?fr"
    assert "logo_uri" not in shop.client_metadata
    assert shop.declared("logo_uri") == LOGO
    described = shops.manage("GET", registration, status=200).json
    members = ("logo_uri", "terms_accepted", "seats", "crew")
    assert [described[name] for name in members] == [LOGO, True, 1, ["bo"]]


@pytest.mark.spec("RFC 7592", "2.2")
def test_an_update_without_a_member_empties_its_column(shops):
    registration = shops.create_client(logo_uri=LOGO, terms_accepted=True, seats=7)
    changed = build_update_request(registration, logo_uri=..., seats=..., crew=...)
    answer = shops.manage("PUT", registration, changed, status=200).json
    shop = shops.load_application(registration["client_id"])
    assert (shop.logo, shop.seats) == (None, 1)
    assert "logo_uri" not in answer
    refused = build_update_request(answer, terms_accepted=...)
    description = shops.manage("PUT", answer, refused, status=400).json
    assert description["error_description"] == "terms_accepted: is required"


@pytest.mark.spec("RFC 7591", "3.2.2")
@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({}, "terms_accepted: is required"),
        ({"terms_accepted": "yes"}, "terms_accepted: is neither true nor false"),
        ({"terms_accepted": True, "logo_uri": "javascript:x"}, "logo_uri: is not"),
        ({"terms_accepted": True, "seats": 2**31}, "seats: is too large a number"),
        ({"terms_accepted": True, "crew": "bo"}, "crew: is not an array"),
    ],
    ids=["required", "boolean", "url", "number", "list"],
)
def test_a_member_with_a_column_is_validated(shops, members, problem):
    assert problem in shops.registration_error(**members)


def test_pages_show_the_logo_of_the_column(database_url):
    host = Host(database_url, application_factory=Shop)
    host.register_client(logo=LOGO, agree=True)
    browser = host.browser()
    browser.get("/login?name=alice")
    page = browser.get("/oauth/authorize", build_authorization_request()).follow()
    assert page.html.find(id="oauth-logo")["src"] == LOGO
    host.engine.dispose()


@pytest.mark.parametrize(
    ("info", "message"),
    [
        ("jwks_uri", "the server itself reads 'jwks_uri'"),
        (7, "is neither the name of a member"),
        ("openings", "JSON.* does not tell what the member may be; give a Field"),
    ],
)
def test_a_column_that_cannot_store_its_member_stops_the_start(
    new_registry, info, message
):
    class Own(DeclarativeBase):
        pass

    class Office(AbstractApplication, Own):
        extra: Mapped[dict[str, Any] | None] = mapped_column(
            JSON, info={"client_metadata": info}
        )

    with pytest.raises(ConfigurationError, match=message):
        new_registry(application_factory=Office)


def test_a_column_of_administrators_is_neither_set_nor_removed_by_a_client(shops):
    registration = shops.create_client(
        terms_accepted=True, partner="gold", logo_uri=LOGO
    )
    client_id = registration["client_id"]
    assert shops.load_application(client_id).partner is None
    shops.host.update_application(client_id, partner="silver")
    body = build_update_request(registration, terms_accepted=True, partner="gold")
    shown = shops.manage("PUT", registration, body, status=200).json
    assert shops.load_application(client_id).partner == "silver"
    assert shown["partner"] == "silver"
