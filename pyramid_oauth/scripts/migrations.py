"""The Alembic configuration of an ini file, and the folder of the migrations.

A wheel has them as the package `pyramid_oauth.migrations`, a checkout as the top-level
folder `alembic`.
"""

from __future__ import annotations

import importlib
import logging
from importlib.util import find_spec
from pathlib import Path

import plaster
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData

import pyramid_oauth
from pyramid_oauth.config.build import declared
from pyramid_oauth.errors import ConfigurationError

VERSION_TABLE = "pyramid_oauth_alembic_version"

STANDALONE_TABLES = "pyramid_oauth.standalone.models"

FACTORIES = ("egg:pyramid_oauth", "egg:pyramid-oauth", "call:pyramid_oauth:main")


def script_location() -> Path:
    """Return the folder of env.py; raise ConfigurationError where there is none."""
    package = Path(pyramid_oauth.__file__).parent
    for folder in (package / "migrations", package.parent / "alembic"):
        if (folder / "env.py").is_file():
            return folder
    raise ConfigurationError("the migrations are not installed; reinstall the package")


INCLUDED = (
    "pyramid_oauth.extensions.client_id_metadata",
    "pyramid_oauth.extensions.audit",
    "pyramid_oauth.extensions.consent_ledger",
)
"""The extensions with tables that the ready-made server includes on its own."""


def target_metadata() -> list[MetaData]:
    """Return the metadata of the library's tables and of the standalone server's."""
    ours = declared({}, *INCLUDED).models.metadata
    if find_spec("pyramid_oauth.standalone") is None or not find_spec(
        STANDALONE_TABLES
    ):
        return [ours]
    theirs: MetaData = importlib.import_module(STANDALONE_TABLES).Base.metadata
    return [ours] if theirs is ours else [ours, theirs]


def app_section(ini: str) -> dict[str, str]:
    """Return the settings of the application in `ini`, as the server reads them."""
    loader = plaster.get_loader(ini, protocols=["wsgi"])
    return dict(loader.get_wsgi_app_settings(None))


def is_standalone(ini: str) -> bool:
    """Whether `ini` runs the ready-made server, not a host application."""
    loader = plaster.get_loader(ini)
    section = plaster.parse_uri(ini).fragment or "main"
    for name in (f"app:{section}", f"composite:{section}", section):
        use = loader.get_settings(name).get("use", "")
        if use:
            return use.partition("#")[0] in FACTORIES
    return False


def configuration(ini: str) -> Config:
    """Return the Alembic configuration for the database of the standalone server."""
    url = app_section(ini).get("sqlalchemy.url")
    if not url:
        raise ConfigurationError(
            f"{ini}: the application section has no sqlalchemy.url"
        )
    return configuration_for(url)


def configuration_for(url: str) -> Config:
    """Return the Alembic configuration for the database at `url`."""
    config = Config()
    config.set_main_option("script_location", str(script_location()).replace("%", "%%"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(config: Config, revision: str = "head") -> None:
    """Upgrade the database to `revision`."""
    command.upgrade(config, revision)


def revisions(connection: Connection) -> tuple[set[str], set[str]]:
    """Return the revisions of the database and those of the installed package."""
    log = logging.getLogger("alembic.runtime.migration")
    level = log.level
    log.setLevel(logging.WARNING)  # Alembic logs every look at the database.
    try:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE}
        )
    finally:
        log.setLevel(level)
    scripts = ScriptDirectory(str(script_location()))
    return set(context.get_current_heads()), set(scripts.get_heads())
