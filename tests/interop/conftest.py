"""Fixtures: the provider of tests/oidf, the ready-made server, and their browsers."""

from __future__ import annotations

import pytest

from tests.interop.machine import Machine
from tests.interop.ready_made import Person, Program, ReadyMadeServer
from tests.oidf.browser import Browser
from tests.support.ports import free_port

ORIGIN = "https://rp.example"


class PersonOfTheSuite:
    """The user Alice, who logs in, consents and confirms by the steps of tests/oidf."""

    def __init__(self, certificates, configuration):
        self.browser = Browser(certificates)
        self.steps = configuration["browser"]

    def follow(self, url, arrival):
        """Open `url` and answer the pages until the browser arrives at `arrival`."""
        entry = next(entry for entry in self.steps if entry["match"].rstrip("*") in url)
        tasks = [*entry["tasks"][:-1], {"task": "Arrived", "match": f"{arrival}*"}]
        return self.browser.run([{"match": "*", "tasks": tasks}], url).url


@pytest.fixture
def suite_user(ca_file, configurations):
    return PersonOfTheSuite(ca_file, configurations["basic-dynamic"])


@pytest.fixture(scope="session")
def ready_made(tmp_path_factory):
    """Return the ready-made server with its default settings."""
    made = ReadyMadeServer(tmp_path_factory.mktemp("ready_made"))
    yield made
    made.stop()


@pytest.fixture
def person(ready_made):
    """Return a user with a new browser."""
    return Person(ready_made)


@pytest.fixture
def client_port():
    """Return the port on which the client listens."""
    return free_port()


@pytest.fixture
def start(client_port, tmp_path):
    """Return a function that starts a client on `client_port` and stops it later."""
    started = []

    def run(*command, **variables):
        log = tmp_path / "client.log"
        started.append(Program(command, client_port, log, **variables))
        return started[-1]

    yield run
    for program in started:
        program.stop()


@pytest.fixture
def start_client(ready_made, start, client_port, tmp_path):
    """Return a function that starts a client with its registered credentials."""

    def run(client, *command, **variables):
        return start(
            *command,
            ISSUER=ready_made.issuer,
            CLIENT_ID=client["client_id"],
            CLIENT_SECRET=client["client_secret"],
            PORT=str(client_port),
            FOLDER=str(tmp_path),
            **variables,
        )

    return run


@pytest.fixture
def api_client(ready_made):
    """Return the credentials with which a resource server introspects."""
    return ready_made.register(
        *("--name", "An API", "--introspection", "any"), grants=("client_credentials",)
    )


@pytest.fixture
def machine(ready_made):
    """Return a client that gets tokens for itself, and calls APIs."""
    client = ready_made.register("--name", "Robot", grants=("client_credentials",))
    return Machine(ready_made, client)
