"""The pages with a host's own Application class, and with its security policy."""

from __future__ import annotations

import enum
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pyramid.authorization import Deny, Everyone
from pyramid.security import Allowed
from sqlalchemy import JSON, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models import AbstractApplication, UtcDateTime
from pyramid_oauth.models.application import REGISTRATION
from tests.extensions.applications.conftest import (
    CONFIDENTIAL,
    PAGE,
    Policy,
    edit,
    fill,
    names,
    open_application,
    open_form,
    problems,
    register,
    stored,
)
from tests.support.host import Host
from tests.support.provider import log_in_browser


class Base(DeclarativeBase):
    metadata = MetaData()


class Kind(enum.Enum):
    GAME = "a game"
    TOOL = "a tool"


class ShopApplication(AbstractApplication, Base):
    """A client with a logo, whose owner has to agree to the terms."""

    __tablename__ = "shop_pages_application"

    logo: Mapped[str | None] = mapped_column(
        String(200), info={"format": "url", "label": "Picture"}, doc="A square one."
    )
    agree: Mapped[bool] = mapped_column(default=False)
    label: Mapped[str] = mapped_column(String(20), unique=True)
    stars: Mapped[int] = mapped_column(default=3)
    kind: Mapped[Kind | None]
    price: Mapped[Decimal | None]
    story: Mapped[str] = mapped_column(Text, default="")
    born: Mapped[date | None]
    opens: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ticket: Mapped[UUID | None]
    options: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    rank: Mapped[int | None] = mapped_column(info={"set_by": "administrator"})
    score: Mapped[int] = mapped_column(default=7, info={"set_by": "nobody"})
    picture: Mapped[bytes | None]
    terms: Mapped[str | None] = mapped_column(info={"client_metadata": "tos_uri"})

    @property
    def __acl__(self):
        return [(Deny, Everyone, "delete_application"), *super().__acl__]

    def field_errors(self, *args):
        errors = super().field_errors(*args)
        if not self.agree:
            errors.setdefault("agree", []).append("Please agree to the terms.")
        return errors


def configure(config):
    config.set_oauth_application_factory(ShopApplication)


@pytest.fixture
def own_class_host(new_pages_host):
    return new_pages_host(configure)


def test_the_columns_of_the_host_appear_with_their_errors(own_class_host):
    form = open_form(log_in_browser(own_class_host))
    hidden = {"rank", "score", "picture", "metadata_tos_uri"}
    assert not hidden & form.fields.keys()
    refused = fill(
        form,
        **CONFIDENTIAL,
        logo="javascript:alert(1)",
        label="x" * 20,
        stars="many",
        price="free",
        born="yesterday",
        opens="later",
        ticket="1",
        options="{",
    ).submit(status=400)
    assert set(problems(refused)) == {
        *("logo", "agree", "stars", "price", "born", "opens", "ticket", "options")
    }
    assert problems(refused)["agree"] == "Please agree to the terms."
    label = refused.html.find("label", {"for": "application-logo"})
    assert label.text == "Picture"
    assert refused.html.find(id="application-logo-hint").text == "A square one."


def test_the_columns_of_the_host_are_stored_and_changed(own_class_host):
    alice = log_in_browser(own_class_host)
    client = register(
        alice,
        logo="https://a.example/logo.png",
        agree=True,
        label="first",
        stars="5",
        kind="GAME",
        price="1.50",
        story="Once",
        born="2026-05-04",
        opens="2026-05-04T10:30",
        ticket="12345678-1234-5678-1234-567812345678",
        options='{"a": [1]}',
        terms="https://a.example/terms",
    )
    row = stored(own_class_host, client["client_id"])
    assert (row.logo, row.agree) == ("https://a.example/logo.png", True)
    assert (row.stars, row.kind, row.price) == (5, Kind.GAME, Decimal("1.50"))
    assert row.born == date(2026, 5, 4)
    assert row.opens == datetime(2026, 5, 4, 10, 30, tzinfo=UTC)
    assert (row.options, row.score) == ({"a": [1]}, 7)
    assert row.declared("tos_uri") == "https://a.example/terms"
    edit(alice, client, stars="", kind="", story="", logo="", opens="").follow()
    row = stored(own_class_host, client["client_id"])
    assert (row.stars, row.kind, row.story, row.logo) == (5, None, "", None)
    assert (row.opens, row.price) == (None, Decimal("1.50"))
    assert "agree" in problems(edit(alice, client, agree=False))
    taken = fill(open_form(alice), **CONFIDENTIAL, agree=True, label="first")
    assert "label" in problems(taken.submit(status=400))


def test_a_column_says_who_sets_it(own_class_host):
    client = register(log_in_browser(own_class_host), agree=True, label="first")
    edit(log_in_browser(own_class_host, "root"), client, rank="1").follow(status=200)
    assert stored(own_class_host, client["client_id"]).rank == 1


def test_the_access_control_list_of_the_class_decides(own_class_host):
    alice = log_in_browser(own_class_host)
    client = register(alice, agree=True, label="first")
    page = open_application(alice, client, status=200)
    assert page.html.find(id="oauth-delete") is None
    alice.get(f"{PAGE}/{client['client_id']}/delete", status=403)
    assert page.html.find(id="oauth-edit")


class PermissivePolicy(Policy):
    """A policy that permits everything to logged-in users."""

    def permits(self, request, context, permission):
        return Allowed("logged in") if self.identity(request) else False


@pytest.mark.parametrize("administrators", ["", "group:admins"])
def test_the_policy_is_asked_only_if_the_settings_name_administrators(
    tables_url, administrators
):
    host = Host(
        tables_url,
        lambda config: config.include("pyramid_oauth.extensions.applications"),
        policy=PermissivePolicy(),
        administrators=administrators,
    )
    host.register_client(name="Robot", source=REGISTRATION)
    page = log_in_browser(host).get(PAGE, status=200)
    assert names(page) == (["Robot"] if administrators else [])
    host.engine.dispose()


def test_a_user_with_the_name_of_a_group_is_no_administrator(pages_host):
    pages_host.register_client(name="Robot", user_id="group:admins")
    pages_host.register_client(client_id="other", user_id="system.Authenticated")
    for name in ("group:admins", "system.Everyone"):
        browser = log_in_browser(pages_host, name)
        assert names(browser.get(PAGE)) == (["Robot"] if name[0] == "g" else [])
        open_application(browser, {"client_id": "other"}, status=404)


def test_administrators_are_required_if_they_alone_register(new_pages_host):
    with pytest.raises(ConfigurationError, match="nobody could register"):
        new_pages_host(application_registration="administrators", administrators="")
