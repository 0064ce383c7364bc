"""Runs the migrations of the standalone server; a host writes an env.py of its own.

`pyramid-oauth upgrade INI` comes through here, and so does `alembic -c INI`.
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
    """The URL that was set, else that of the application in the ini file."""
    config = context.config
    url = config.get_main_option("sqlalchemy.url")
    if url is None and config.config_file_name:
        url = app_section(config.config_file_name).get("sqlalchemy.url")
    return url


def run_offline() -> None:
    """Write the SQL instead of running it."""
    context.configure(
        url=database_url(),
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        **OPTIONS,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """Run in one transaction; SQLite rebuilds tables where it cannot alter them."""
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
