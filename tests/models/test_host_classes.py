"""Model classes of hosts: suitable ones, and the errors of unsuitable ones."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import DateTime, ForeignKey, String
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    mapped_column,
    registry,
    relationship,
)

from pyramid_oauth.config.build import declared
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractConsent,
    AbstractGrant,
)


def test_table_arguments_of_the_base_apply_to_every_table() -> None:
    class Base(DeclarativeBase):
        __table_args__ = {"schema": "auth"}

    class Client(AbstractApplication, Base):
        __tablename__ = "client"

    models = declared({"pyramid_oauth.application_factory": Client}).models
    assert {table.schema for table in models.tables} == {"auth"}


def test_the_consent_table_is_always_unique_by_user_and_client() -> None:
    class Base(DeclarativeBase):
        pass

    class Permission(AbstractConsent, Base):
        __table_args__ = {"schema": "auth"}
        user_id: Mapped[str] = mapped_column("person", String(40))

    settings = {"pyramid_oauth.consent_factory": Permission}
    for _ in range(2):
        declared(settings)
        (unique,) = (
            constraint
            for constraint in Permission.__table__.constraints
            if constraint.__visit_name__ == "unique_constraint"
        )
        assert [column.name for column in unique.columns] == ["person", "client_id"]


def test_a_class_mapped_by_a_registry_needs_no_base() -> None:
    mapped = registry()

    @mapped.mapped
    class Client(AbstractApplication):
        pass

    models = declared({"pyramid_oauth.application_factory": Client}).models
    assert {table.metadata for table in models.tables} == {mapped.metadata}
    assert (
        models.Grant
        is declared({"pyramid_oauth.application_factory": Client}).models.Grant
    )
    assert Client(name="Shop").name == "Shop"
    with pytest.raises(TypeError, match="nmae"):
        Client(nmae="Shop")


def test_a_plain_base_can_share_the_registry_of_a_dataclass_base() -> None:
    class Base(MappedAsDataclass, DeclarativeBase):
        pass

    class Person(Base):
        __tablename__ = "person"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Plain(DeclarativeBase):
        registry = Base.registry

    class Client(AbstractApplication, Plain):
        owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
        owner: Mapped[Person | None] = relationship()

    models = declared({"pyramid_oauth.application_factory": Client}).models
    assert models.metadata is Base.metadata
    assert Client(owner=Person(id=1)).owner.id == 1


UNSUITABLE = {
    "id must hold a UUID": (
        "grant_factory",
        AbstractGrant,
        {"id": (Mapped[int], mapped_column(primary_key=True))},
    ),
    "digest must be unique by itself": (
        "access_token_factory",
        AbstractAccessToken,
        {"digest": (Mapped[str], mapped_column("token_hash", String(43)))},
    ),
    "expires_at loses its time zone; use pyramid_oauth.models.UtcDateTime": (
        "access_token_factory",
        AbstractAccessToken,
        {"expires_at": (Mapped[datetime], mapped_column(DateTime))},
    ),
    r"revision must count every change.*onupdate=text\('version \+ 1'\)": (
        "application_factory",
        AbstractApplication,
        {"revision": (Mapped[int], mapped_column("version", default=1))},
    ),
    "the column shop requires a default or server_default": (
        "access_token_factory",
        AbstractAccessToken,
        {"shop": (Mapped[str], mapped_column(String(9)))},
    ),
    "the column id requires a default": (
        "access_token_factory",
        AbstractAccessToken,
        {"id": (Mapped[UUID], mapped_column(primary_key=True))},
    ),
    "the default class for Grant cannot be mapped.*class MyGrant": (
        "application_factory",
        AbstractApplication,
        {"__tablename__": (str, "oauth_grant")},
    ),
}


@pytest.mark.parametrize(
    "message",
    UNSUITABLE,
    ids=[
        "id",
        "digest",
        "expires_at",
        "revision",
        "column-without-default",
        "id-without-default",
        "table-name",
    ],
)
def test_an_unsuitable_class_stops_the_start(message: str) -> None:
    class Base(DeclarativeBase):
        pass

    setting, mixin, members = UNSUITABLE[message]
    names = {name: value for name, (_, value) in members.items()}
    kinds = {name: kind for name, (kind, _) in members.items()}
    mapped = type("Mine", (mixin, Base), {**names, "__annotations__": kinds})
    with pytest.raises(ConfigurationError, match=message):
        declared({f"pyramid_oauth.{setting}": mapped})
