"""Alembic environments of hosts: autogenerate sees all tables of host and server."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect
from sqlalchemy.schema import CreateSchema

from tests.hosts.site import HostSite

pytestmark = pytest.mark.slow

ALEMBIC = """
[alembic]
script_location = {folder}/migrations
path_separator = os
"""
BY_APPLICATION = """
from alembic import context
from pyramid.paster import bootstrap

with bootstrap(context.config.config_file_name) as env:
    metadata = env["request"].oauth.models.metadata
    engine = env["registry"]["engine"]
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            version_table_schema=metadata.schema,
            include_schemas=metadata.schema is not None,
            include_name=lambda name, kind, parents: (
                kind != "schema" or name == metadata.schema
            ),
        )
        with context.begin_transaction():
            context.run_migrations()
"""
BY_SETTINGS = """
from alembic import context
from pyramid.paster import get_appsettings
from sqlalchemy import engine_from_config

from pyramid_oauth.config.build import declared

settings = get_appsettings(context.config.config_file_name)
metadata = declared(settings).models.metadata
with engine_from_config(settings).connect() as connection:
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True
    )
    with context.begin_transaction():
        context.run_migrations()
"""
HOSTS = {
    "application_by_ini": BY_SETTINGS,
    "application_by_directive": BY_APPLICATION,
    "own_tables": BY_APPLICATION,
}


@pytest.fixture(params=HOSTS)
def empty_site(request, database_url, tmp_path):
    """The host on an empty database."""
    site = HostSite(request.param, database_url, tmp_path)
    schema = site.models.metadata.schema
    if schema and site.engine.dialect.name == "postgresql":
        with site.engine.begin() as connection:
            connection.execute(CreateSchema(schema))
    yield site
    site.close()


@pytest.fixture
def alembic(empty_site, tmp_path):
    """The Alembic configuration after `alembic init` and an edit of env.py."""
    empty_site.ini.write_text(
        empty_site.ini.read_text() + ALEMBIC.format(folder=tmp_path)
    )
    config = Config(str(empty_site.ini))
    command.init(config, str(tmp_path / "migrations"))
    name = empty_site.host.__name__.rpartition(".")[2]
    (tmp_path / "migrations/env.py").write_text(HOSTS[name])
    return config


def tables(site):
    inspector = inspect(site.engine)
    return set(inspector.get_table_names(site.models.metadata.schema))


def test_autogenerate_sees_exactly_the_tables_of_host_and_server(
    empty_site, alembic, tmp_path
):
    metadata = empty_site.models.metadata
    table_names = {table.name for table in metadata.tables.values()}

    command.revision(alembic, "The first tables", autogenerate=True)
    (migration,) = (tmp_path / "migrations/versions").glob("*.py")
    text = migration.read_text()
    assert text.count("op.create_table(") == len(table_names)
    assert "pyramid_oauth" not in text

    command.upgrade(alembic, "head")
    assert tables(empty_site) == {*table_names, "alembic_version"}
    command.check(alembic)

    client = empty_site.client()
    form = {"grant_type": "client_credentials", "scope": "read", **client}
    token = empty_site.post("token", form).json["access_token"]
    empty_site.call(token, status=200)

    command.downgrade(alembic, "base")
    assert tables(empty_site) == {"alembic_version"}
