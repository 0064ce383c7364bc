"""`user_key`: the columns that hold a user are foreign keys to the host's users."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from pyramid.config import Configurator
from sqlalchemy import ForeignKey, String, create_engine, delete, event, inspect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from pyramid_oauth.accounts import Account, Accounts
from pyramid_oauth.config.build import declared
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models import AbstractApplication, AbstractGrant
from tests.support.host import Host, call_api, obtain_tokens, refresh_tokens


class Base(DeclarativeBase):
    """The declarative base of a host with users."""


class User(Base):
    """A user of the host, with a number for a key."""

    __tablename__ = "shop_user"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    town: Mapped[str] = mapped_column(String(40), default="")


class Client(AbstractApplication, Base):
    """An Application of the host; its owner is a user."""


class People(Accounts):
    """The subject is the key, as text."""

    def current(self, request: Any) -> Account | None:
        user = request.dbsession.query(User)
        found = user.filter_by(name=request.authenticated_userid).one_or_none()
        return found and Account(subject=str(found.id), display_name=found.name)


USER_KEY = f"{__name__}.User.id"

HOLDERS = {
    "oauth_application": "SET NULL",
    "oauth_grant": "CASCADE",
    "oauth_access_token": "CASCADE",
    "oauth_refresh_token": "CASCADE",
    "oauth_consent": "CASCADE",
    "oauth_authorization_request": "CASCADE",
}


def _new_host(url: str, *arguments: Any, **settings: Any) -> Host:
    """Return a host whose database enforces foreign keys."""
    host = Host(url, *arguments, **settings)
    if host.engine.dialect.name == "sqlite":
        enforce = "PRAGMA foreign_keys = ON"
        event.listen(host.engine, "connect", lambda raw, _: raw.execute(enforce))
        host.engine.dispose()
    return host


@pytest.fixture
def host_with_users(database_url: str) -> Iterator[Host]:
    """A host with `user_key`, and alice (number 7) among its users."""
    host = _new_host(database_url, user_key=USER_KEY, accounts=People)
    with Session(host.engine) as session:
        session.add(User(id=7, name="alice"))
        session.commit()
    yield host
    host.engine.dispose()


def _delete_alice(host: Host) -> None:
    with Session(host.engine) as session:
        session.execute(delete(User).where(User.id == 7))
        session.commit()


def test_every_column_with_a_user_is_a_foreign_key_of_the_type_of_the_key(
    host_with_users: Host,
) -> None:
    inspector = inspect(host_with_users.engine)
    found = {
        table: key["options"]["ondelete"]
        for table in inspector.get_table_names()
        for key in inspector.get_foreign_keys(table)
        if key["referred_table"] == "shop_user"
    }
    assert found == HOLDERS
    for table in HOLDERS:
        columns = {each["name"]: each["type"] for each in inspector.get_columns(table)}
        assert columns["user_id"].python_type is int
        firsts = [index["column_names"][0] for index in inspector.get_indexes(table)]
        firsts += [
            each["column_names"][0] for each in inspector.get_unique_constraints(table)
        ]
        assert "user_id" in firsts


def test_deleting_a_user_deletes_what_they_allowed_and_keeps_their_application(
    host_with_users: Host,
) -> None:
    client = host_with_users.register_client(user_id=7)
    tokens = obtain_tokens(host_with_users, client)
    tokens = refresh_tokens(host_with_users, client, tokens["refresh_token"]).json
    assert call_api(host_with_users, tokens["access_token"]) == 200

    _delete_alice(host_with_users)

    assert call_api(host_with_users, tokens["access_token"]) == 401
    assert (
        refresh_tokens(host_with_users, client, tokens["refresh_token"]).status_int
        == 400
    )
    for role in ("Grant", "AccessToken", "RefreshToken", "Consent"):
        assert host_with_users.count(role) == 0
    with Session(host_with_users.engine) as session:
        assert session.query(host_with_users.models.Application).one().user_id is None


def test_a_deletion_is_refused_where_the_directive_says_restrict(
    database_url: str,
) -> None:
    class Own(DeclarativeBase):
        pass

    class Member(Own):
        __tablename__ = "member"
        id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)

    def configure(config: Configurator) -> None:
        config.set_oauth_user_key(
            Member.id, ondelete="restrict", owner_ondelete="restrict"
        )

    host = _new_host(database_url, configure)
    with Session(host.engine) as session:
        member = Member()
        session.add(member)
        session.commit()
        host.register_client(user_id=member.id)
        session.delete(member)
        with pytest.raises(IntegrityError):
            session.commit()
    host.engine.dispose()


def test_autogenerate_sees_the_foreign_keys_and_nothing_after_the_migration(
    host_with_users: Host, database_url: str
) -> None:
    metadata = host_with_users.models.metadata
    with create_engine(database_url).connect() as connection:
        context = MigrationContext.configure(connection)
        assert not produce_migrations(context, metadata).upgrade_ops.ops
        metadata.drop_all(connection)
        written = render_python_code(
            produce_migrations(context, metadata).upgrade_ops  # type: ignore[arg-type]
        )
        connection.rollback()
    assert written.count("['shop_user.id']") == len(HOLDERS)
    assert "ondelete='SET NULL'" in written


class Elsewhere(DeclarativeBase):
    """Another base than that of the users."""


class ForeignClient(AbstractApplication, Elsewhere):
    """An Application on another base."""


class Worded(DeclarativeBase):
    """A base with users, and a class whose user has another type."""


class Wordy(Worded):
    """A user with a number."""

    __tablename__ = "wordy"
    id: Mapped[int] = mapped_column(primary_key=True)


class WordyGrant(AbstractGrant, Worded):
    """A Grant that keeps the user as text."""

    user_id: Mapped[str] = mapped_column(String(40))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"user_key": "tests.models.test_user_key.Usr.id"}, "user_key: cannot import"),
        ({"user_key": "tests.models.test_user_key.User"}, "not a column attribute"),
        ({"user_key": User.town}, "shop_user.town is not unique"),
        (
            {"user_key": User.id, "application_factory": ForeignClient},
            "User and ForeignClient must share one MetaData",
        ),
        (
            {"user_key": Wordy.id, "grant_factory": WordyGrant},
            r"user_id is String\(length=40\), but wordy.id is Integer",
        ),
        ({"user_key": User.id, "user_ondelete": "set null"}, "user_ondelete: "),
    ],
    ids=["missing", "no-column", "not-unique", "other-base", "other-type", "ondelete"],
)
def test_an_unsuitable_key_stops_the_start_with_a_remedy(
    settings: dict[str, Any], message: str
) -> None:
    named = {f"pyramid_oauth.{name}": value for name, value in settings.items()}
    with pytest.raises(ConfigurationError, match=message):
        declared(named)


def test_a_foreign_key_that_the_host_declared_stays_as_it_is() -> None:
    class Own(DeclarativeBase):
        pass

    class Member(Own):
        __tablename__ = "member"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Approval(AbstractGrant, Own):
        user_id: Mapped[int] = mapped_column(
            ForeignKey("member.id", ondelete="NO ACTION")
        )

    models = declared({"pyramid_oauth.user_key": Member.id}).models
    assert models.Grant is Approval
    (key,) = Approval.__table__.c.user_id.foreign_keys
    assert key.ondelete == "NO ACTION"
    (token_key,) = models.AccessToken.__table__.c.user_id.foreign_keys
    assert token_key.column is Member.__table__.c.id
