"""Alembic environment of the ready-made server; a host has its own env.py.

`pyramid-oauth upgrade INI` and `alembic -c INI` use it.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import engine_from_config, pool

from pyramid_oauth.scripts.migrations import VERSION_TABLE, app_section, target_metadata

OPTIONS = {
    "target_metadata": target_metadata(),
    "version_table": VERSION_TABLE,
    "compare_type": True,
}


def database_url() -> str | None:
    """Return the configured URL, or that of the application in the ini file."""
    config = context.config
    url = config.get_main_option("sqlalchemy.url")
    if url is None and config.config_file_name:
        url = app_section(config.config_file_name).get("sqlalchemy.url")
    return url


def run_offline() -> None:
    """Print the SQL statements instead of executing them."""
    context.configure(
        url=database_url(),
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        **OPTIONS,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """Migrate in one transaction; SQLite rebuilds tables that it cannot alter."""
    options = {"sqlalchemy.url": database_url()}
    engine = engine_from_config(options, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            render_as_batch=connection.dialect.name == "sqlite",
            **OPTIONS,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
