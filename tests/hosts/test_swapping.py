"""Model classes of hosts replace the default classes everywhere."""

from __future__ import annotations

from uuid import UUID

import pytest
from pyramid.paster import get_app
from sqlalchemy import inspect, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, column_property

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models import AbstractApplication, AbstractGrant
from tests.hosts import application_by_directive, application_by_ini, own_tables
from tests.hosts.site import INI
from tests.support.command_line import run_command
from tests.support.host import CALLBACK, build_code_exchange, parse_redirect
from tests.support.secret import SECRET


def test_the_default_models_are_used_without_configuration(sites):
    models = sites("plain", "sqlite").models
    assert models.Application.__module__.startswith("pyramid_oauth.")
    assert {table.metadata for table in models.tables} == {models.metadata}


@pytest.mark.parametrize("host", [application_by_ini, application_by_directive])
def test_the_application_class_of_the_host_is_used(site_of, host):
    site = site_of(host.__name__.rpartition(".")[2])
    assert site.models.Application is host.MyApplication
    assert site.models.metadata is host.Base.metadata
    client = site.client()
    consent_page = site.open_consent_page(site.browser(), client)
    assert consent_page.html.find("img", class_="avatar")["src"] == "/static/shop.png"
    form = {"grant_type": "client_credentials", "scope": "read", **client}
    site.post("token", form, status=200)
    _update_application(site, client, agree=False)
    site.post("token", form, status=401)


def _update_application(site, client, **fields):
    model = site.models.Application
    with Session(site.engine) as session:
        row = session.query(model).filter_by(client_id=client["client_id"]).one()
        for name, value in fields.items():
            setattr(row, name, value)
        session.commit()


def test_tables_have_the_names_and_schema_of_the_host(site_of):
    site = site_of("own_tables")
    inspector = inspect(site.engine)
    assert set(inspector.get_table_names(own_tables.SCHEMA)) == {
        table.name for table in site.models.metadata.tables.values()
    }
    assert {"person", "client", "ticket", "renewal"} <= set(
        inspector.get_table_names(own_tables.SCHEMA)
    )
    assert inspector.get_table_names() == []


def test_tokens_have_a_foreign_key_to_the_user_table_of_the_host(site_of):
    site = site_of("own_tables")
    client = site.client()
    tokens = site.tokens(client)
    ticket, person = own_tables.Ticket, own_tables.Person
    with Session(site.engine) as session:
        token = session.scalars(
            select(ticket).where(ticket.client_id == client["client_id"])
        ).one()
        alice = session.scalars(select(person).where(person.name == "alice")).one()
        assert token.user_id == alice.id
        assert isinstance(token.id, UUID)
        assert (token.shift, token.scope) == ("day", "read write")
        assert token.printed_at is not None
        subject = str(alice.id)
    assert site.call(tokens["access_token"]).json["sub"] == subject


def test_the_owner_of_an_application_is_given_by_command_as_a_key_of_the_host(site_of):
    site = site_of("own_tables")
    with Session(site.engine) as session:
        query = select(own_tables.Person).where(own_tables.Person.name == "bob")
        bob_id = session.scalars(query).one().id
    options = ("--redirect-uri", CALLBACK, "--public", "--user")
    run_command("application", "create", site.ini, *options, str(bob_id))
    assert site.count("Application", user_id=bob_id) == 1
    with pytest.raises(AssertionError, match="user_id: "):
        run_command("application", "create", site.ini, *options, "bob")


def test_tokens_of_a_disabled_user_are_refused(site_of):
    site = site_of("own_tables")
    client = site.client()
    tokens = site.tokens(client, scope="read")
    code = site.code(site.browser(), client)
    try:
        _deactivate(site, True)
        site.call(tokens["access_token"], status=401)
        site.refresh(client, tokens["refresh_token"], status=400)
        site.post("token", build_code_exchange(code, client), status=400)
        form = {"token": tokens["access_token"], **client}
        assert site.post("introspect", form).json == {"active": False}
    finally:
        _deactivate(site, False)
    site.call(tokens["access_token"], status=200)
    site.post("token", build_code_exchange(code, client), status=200)


def _deactivate(site, barred):
    person = own_tables.Person
    with Session(site.engine) as session:
        session.execute(
            update(person).where(person.name == "alice").values(is_barred=barred)
        )
        session.commit()


def test_two_hosts_in_one_process_are_independent(site_of):
    """Each step is taken in both hosts before the next; their classes differ."""
    both = [site_of("own_tables"), site_of("application_by_ini")]
    clients = [site.client(client_id="the-same", name=site.server) for site in both]
    browsers = [site.browser() for site in both]
    pairs = list(zip(both, browsers, clients, strict=True))
    forms = [
        site.open_consent_page(*arguments).forms["oauth-consent"]
        for site, *arguments in pairs
    ]
    answers = [form.submit("decision", value="allow") for form in forms]
    token_responses = [
        site.post(
            "token", build_code_exchange(parse_redirect(answer)["code"], client)
        ).json
        for (site, _, client), answer in zip(pairs, answers, strict=True)
    ]
    for site, other in (both, reversed(both)):
        own_tokens, other_tokens = (
            token_responses[both.index(site_)] for site_ in (site, other)
        )
        client = clients[both.index(site)]
        site.call(own_tokens["access_token"], status=200)
        site.call(other_tokens["access_token"], status=401)
        site.refresh(client, other_tokens["refresh_token"], status=400)
        site.refresh(client, own_tokens["refresh_token"], status=200)
        assert site.count("Application", client_id="the-same") == 1


def test_a_base_class_may_add_key_and_columns_to_every_table(site_of):
    site = site_of("opinionated_base")
    client = site.client()
    tokens = site.tokens(client)
    renewed = site.refresh(client, tokens["refresh_token"], status=200).json
    site.post("revoke", {"token": renewed["refresh_token"], **client}, status=200)
    site.call(renewed["access_token"], status=401)
    assert site.count("Consent", client_id=client["client_id"]) == 1
    assert site.count("Grant", key="kept", at="kept", code="kept") == 1
    assert site.count("RefreshToken", until="kept") == 1
    metadata = {"client_name": "Shop", "redirect_uris": ["https://shop.example/cb"]}
    for _ in range(2):
        registration = site.browser().post_json(
            f"{site.server}/register", metadata, status=201
        )
    with Session(site.engine) as session:
        query = select(site.models.Application).filter_by(
            client_id=registration.json["client_id"]
        )
        assert session.scalars(query).one().slug == "shop"


class Base(DeclarativeBase):
    """A base for unsuitable classes."""


class Incomplete(AbstractApplication, Base):
    """An Application with a property in place of a column."""

    redirect_uris: Mapped[str] = column_property(select(1).scalar_subquery())


class OtherBase(DeclarativeBase):
    """Another base than that of the Application."""


class GrantOnOtherBase(AbstractGrant, OtherBase):
    """A Grant on the other base."""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "application_factory = shop.models.Application",
            "application_factory: cannot import 'shop.models.Application'",
        ),
        (
            "application_factory = tests.hosts.own_tables.Clinet",
            "application_factory: cannot import 'tests.hosts.own_tables.Clinet'",
        ),
        (
            "application_factory = tests.hosts.own_tables.Person",
            r"is not an AbstractApplication; write "
            r"`class MyApplication\(AbstractApplication, Base\)`",
        ),
        (
            "access_token_factory = tests.hosts.own_tables.Client",
            "is not an AbstractAccessToken; write `class MyAccessToken",
        ),
        (
            "application_factory = tests.hosts.test_swapping.Incomplete",
            r"has no mapped column redirect_uris of AbstractApplication; "
            "each must be a column",
        ),
        (
            "application_factory = tests.hosts.own_tables.Client\n"
            "pyramid_oauth.grant_factory = tests.hosts.test_swapping.GrantOnOtherBase",
            "have different declarative bases",
        ),
    ],
    ids=[
        "missing-module",
        "missing-class",
        "no-application",
        "no-access-token",
        "missing-column",
        "other-base",
    ],
)
def test_an_unsuitable_class_stops_the_start_with_a_remedy(tmp_path, line, message):
    ini = tmp_path / "wrong.ini"
    ini.write_text(
        INI.format(
            name="plain",
            url="sqlite://",
            issuer="https://as.example/oauth",
            secret=SECRET,
            more=f"pyramid_oauth.prefix = /oauth\npyramid_oauth.{line}",
        )
    )
    with pytest.raises(ConfigurationError, match=message):
        get_app(str(ini))
