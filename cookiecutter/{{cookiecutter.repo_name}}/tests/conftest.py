"""The application on an empty SQLite database, with ada among its users."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyramid.paster import get_appsettings
from pyramid_oauth.config.build import declared
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from webtest import TestApp

from {{ cookiecutter.repo_name }} import main
from {{ cookiecutter.repo_name }}.models import Application, User

INI = Path(__file__).parents[1] / "development.ini"


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """The settings of development, without the toolbar, on a database of the test."""
    settings = dict(get_appsettings(str(INI)))
    del settings["pyramid.includes"], settings["debugtoolbar.includes"]
    return {**settings, "sqlalchemy.url": f"sqlite:///{tmp_path}/test.sqlite"}


@pytest.fixture
def database(settings: dict[str, str]) -> Iterator[Session]:
    """A session on that database."""
    engine = create_engine(settings["sqlalchemy.url"])
    declared(settings).models.metadata.create_all(engine)
    with Session(engine) as session:
        ada = User(name="ada")
        ada.set_password("analytical engine")
        session.add(ada)
        session.commit()
        yield session
    engine.dispose()


@pytest.fixture
def browser(settings: dict[str, str], database: Session) -> TestApp:
    """A browser at the application."""
    environ = {"HTTP_HOST": "localhost:6543"}
    return TestApp(main({}, **settings), extra_environ=environ)


@pytest.fixture
def client(database: Session) -> dict[str, str]:
    """The credentials of an application of somebody else."""
    application = Application(
        client_id="web",
        name="Web",
        redirect_uris="https://client.example/cb",
        token_endpoint_auth_method="client_secret_post",
        allowed_scopes="notes.read notes.write",
    )
    secret = application.new_client_secret()
    application.validate()
    database.add(application)
    database.commit()
    return {"client_id": "web", "client_secret": secret}
