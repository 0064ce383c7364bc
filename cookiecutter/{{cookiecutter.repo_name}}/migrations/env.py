"""Alembic environment: migrates your tables and those of the OAuth server."""

from alembic import context
from pyramid.paster import get_appsettings
from pyramid_oauth.config.build import declared
from sqlalchemy import engine_from_config, pool

settings = get_appsettings(context.config.config_file_name)

with engine_from_config(
    settings, "sqlalchemy.", poolclass=pool.NullPool
).connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=declared(settings).models.metadata,
        # SQLite rebuilds tables that it cannot alter.
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()
