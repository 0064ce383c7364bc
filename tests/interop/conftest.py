"""The provider of tests/oidf and the ready-made server, and browsers for both."""

from __future__ import annotations

import pytest

from tests.interop.ready_made import Person, Program, ReadyMadeServer
from tests.oidf.browser import Browser
from tests.support.ports import free_port

ORIGIN = "https://rp.example"


class PersonOfTheSuite:
    """Alice at her browser; she logs in, allows and confirms by the suite's steps."""

    def __init__(self, certificates, configuration):
        self.browser = Browser(certificates)
        self.steps = configuration["browser"]

    def follow(self, url, arrival):
        """Go to `url` and answer the pages until the browser is sent to `arrival`."""
        entry = next(entry for entry in self.steps if entry["match"].rstrip("*") in url)
        tasks = [*entry["tasks"][:-1], {"task": "Arrived", "match": f"{arrival}*"}]
        return self.browser.run([{"match": "*", "tasks": tasks}], url).url


@pytest.fixture
def suite_user(ca_file, configurations):
    return PersonOfTheSuite(ca_file, configurations["basic-dynamic"])


@pytest.fixture(scope="session")
def ready_made(tmp_path_factory):
    """The ready-made server with its defaults."""
    made = ReadyMadeServer(tmp_path_factory.mktemp("ready_made"))
    yield made
    made.stop()


@pytest.fixture
def person(ready_made):
    """Somebody whose browser is new."""
    return Person(ready_made)


@pytest.fixture
def client_port():
    """Where the client listens."""
    return free_port()


@pytest.fixture
def start(client_port, tmp_path):
    """Start a client on `port` by a command; it ends with the test."""
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
    """Start a client by a command, with the credentials of a registration."""

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
