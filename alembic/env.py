"""Runs the migrations of the standalone server; a host writes an env.py of its own.

`pyramid-oauth upgrade INI` comes through here, and so does `alembic -c INI`.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import engine_from_config, pool

from pyramid_oauth.scripts.migrations import VERSION_TABLE, target_metadata

OPTIONS = {
    "target_metadata": target_metadata(),
    "version_table": VERSION_TABLE,
    "compare_type": True,
}


def run_offline() -> None:
    """Write the SQL instead of running it."""
    context.configure(
        url=context.config.get_main_option("sqlalchemy.url"),
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        **OPTIONS,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """Run in one transaction; SQLite rebuilds tables where it cannot alter them."""
    section = context.config.get_section(context.config.config_ini_section) or {}
    engine = engine_from_config(section, poolclass=pool.NullPool)
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
