"""Client assertions at the ready-made server, with and without a transaction.

Introspection and client credentials have none; the use of the assertion is committed.
"""

from __future__ import annotations

import json
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Barrier

import pytest
from pyramid.paster import get_app
from webtest import TestApp

from pyramid_oauth.errors import InsecureSettingWarning
from tests.standalone.conftest import ROOT, SITE
from tests.support.client_keys import (
    METHODS,
    TYPE,
    build_assertion_claims,
    key_set,
    sign_claims,
)
from tests.support.command_line import run_command
from tests.support.postgresql import empty_postgresql

CALLERS = 6
JWT = {"token_endpoint_auth_method": "private_key_jwt", "jwks": key_set("ES256")}


@contextmanager
def start_server(folder, url):
    """The server with the client `robot`, which authenticates by its key."""
    text = (ROOT / "development.ini").read_text()
    text = text.replace("sqlite:///%(here)s/var/development.sqlite", url)
    text = text.replace("%(here)s/alembic", str(ROOT / "alembic"))
    more = f"pyramid_oauth.token_endpoint_auth_methods = {METHODS}\n\n[alembic]"
    ini = folder / "site.ini"
    ini.write_text(text.replace("[alembic]", more, 1))
    run_command("init", ini)
    run_command(
        *("application", "create", ini, "--client-id", "robot"),
        *("--grant-type", "client_credentials", "--introspection", "any"),
        *("--client-metadata", json.dumps(JWT)),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        app = get_app(str(ini))
    yield TestApp(app, extra_environ={"HTTP_HOST": "localhost:6543"})
    app.registry["fast_session.database"].dispose()


@pytest.fixture(scope="module")
def assertion_sites(tmp_path_factory):
    """A function that returns the server on an engine, one for all tests."""
    sites = {}

    def site(engine):
        if engine not in sites:
            folder = tmp_path_factory.mktemp(engine)
            url = f"sqlite:///{folder}/site.sqlite"
            if engine == "postgresql":
                url = stack.enter_context(empty_postgresql())
            sites[engine] = stack.enter_context(start_server(folder, url))
        return sites[engine]

    with ExitStack() as stack:
        yield site


@pytest.fixture
def assertion_site(database_engine, assertion_sites):
    return assertion_sites(database_engine)


def build_assertion():
    return sign_claims(build_assertion_claims(aud=f"{SITE}/oauth"), "ES256")


def post_assertion(site, endpoint, assertion, **more):
    """The status and the response of a request with the assertion `proof`."""
    form = {"client_assertion_type": TYPE, "client_assertion": assertion, **more}
    answer = site.post(f"/oauth/{endpoint}", form, expect_errors=True)
    return answer.status_int, answer.json


@pytest.fixture
def access_token(assertion_site):
    status, answer = post_assertion(
        assertion_site,
        "token",
        build_assertion(),
        grant_type="client_credentials",
        scope="read",
    )
    assert status == 200
    return answer["access_token"]


@pytest.mark.slow
@pytest.mark.spec("RFC 7523", "3")
@pytest.mark.parametrize("endpoint", ["introspect", "revoke", "token"])
def test_an_assertion_is_accepted_once_at_every_endpoint(
    assertion_site, access_token, endpoint
):
    more = {"grant_type": "client_credentials"} if endpoint == "token" else {}
    assertion = build_assertion()
    status, _ = post_assertion(
        assertion_site, endpoint, assertion, token=access_token, **more
    )
    assert status == 200
    for other in ("introspect", "revoke", "token"):
        status, answer = post_assertion(
            assertion_site,
            other,
            assertion,
            token=access_token,
            grant_type="client_credentials",
        )
        assert (status, answer["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("endpoint", ["introspect", "revoke", "token"])
def test_an_assertion_sent_concurrently_is_accepted_once(
    assertion_site, access_token, endpoint
):
    assertion, barrier = build_assertion(), Barrier(CALLERS)
    more = {"grant_type": "client_credentials"} if endpoint == "token" else {}

    def call(_):
        barrier.wait()
        browser = TestApp(
            assertion_site.app, extra_environ=assertion_site.extra_environ
        )
        return post_assertion(browser, endpoint, assertion, token=access_token, **more)[
            0
        ]

    with ThreadPoolExecutor(CALLERS) as pool:
        statuses = sorted(pool.map(call, range(CALLERS)))
    assert statuses == [200] + [401] * (CALLERS - 1)


def test_a_revoked_token_is_inactive_at_introspection(assertion_site, access_token):
    assert (
        post_assertion(
            assertion_site, "introspect", build_assertion(), token=access_token
        )[1]["active"]
        is True
    )
    assert (
        post_assertion(assertion_site, "revoke", build_assertion(), token=access_token)[
            0
        ]
        == 200
    )
    assert post_assertion(
        assertion_site, "introspect", build_assertion(), token=access_token
    )[1] == {"active": False}
