"""A host project with its own models and its own Alembic environment."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

MODELS = """
from sqlalchemy import Boolean, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pyramid_oauth.models import AbstractApplication


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "shop_user"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))


class MyApplication(AbstractApplication, Base):
    __tablename__ = "shop_application"

    logo: Mapped[str | None] = mapped_column(String(200))
    agree: Mapped[bool] = mapped_column(Boolean, default=False)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("shop_user.id"))
"""

ENV = """
from alembic import context
from sqlalchemy import create_engine

from pyramid_oauth.config.build import declared
from shop.models import Base

declared({"pyramid_oauth.application_factory": "shop.models.MyApplication"})

with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as link:
    context.configure(
        connection=link,
        target_metadata=Base.metadata,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()
"""

INI = """
[alembic]
script_location = {folder}/migrations
prepend_sys_path = {folder}
path_separator = os
sqlalchemy.url = {url}
"""


@dataclass
class HostProject:
    """The folder of a host project, and its Alembic command line."""

    folder: Path
    url: str

    def alembic(self, *arguments: str) -> str:
        result = subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout + result.stderr

    @property
    def migration(self) -> str:
        (path,) = (self.folder / "migrations" / "versions").glob("*.py")
        return path.read_text()


@pytest.fixture
def shop_project(tmp_path: Path, database_url: str) -> HostProject:
    folder = tmp_path / "host"
    folder.mkdir()
    host = HostProject(folder, database_url)
    host.alembic("init", "migrations")
    (folder / "shop").mkdir()
    (folder / "shop" / "__init__.py").touch()
    (folder / "shop" / "models.py").write_text(MODELS)
    (folder / "migrations" / "env.py").write_text(ENV)
    url = database_url.replace("%", "%%")
    (folder / "alembic.ini").write_text(INI.format(folder=folder, url=url))
    return host
