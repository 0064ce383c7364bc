"""The recipes of docs/how_to/recipes.rst as processes beside the ready-made server."""

from __future__ import annotations

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.interop.ready_made import ROOT

RECIPES = ROOT / "docs/examples/recipes"
pytestmark = [pytest.mark.slow, pytest.mark.spec("RFC 6750", "3.1")]


@pytest.fixture
def start_recipe(start_client, api_client, recipe_python):
    """Return a function that starts a recipe, which introspects as `api_client`."""

    def run(name):
        program = RECIPES / f"{name}.py"
        return start_client(api_client, recipe_python, program, PYTHONPATH=str(ROOT))

    return run


@pytest.mark.parametrize(
    "name", ["pyramid_api", "cornice_service", "openapi_service", "fastapi_service"]
)
def test_an_api_accepts_tokens_with_its_scope_until_they_are_revoked(
    start_recipe, machine, name
):
    api, token = start_recipe(name), machine.token("read")
    answer = machine.call(api, "notes", token)
    assert answer.status_code == 200, answer.text
    assert answer.json()["notes"]
    refused = {None: 401, "unknown": 401, machine.token("write"): 403}
    for other, status in refused.items():
        answer = machine.call(api, "notes", other)
        assert answer.status_code == status, answer.text
        assert 'scope="read"' in answer.headers["WWW-Authenticate"]


@pytest.mark.spec("RFC 9470", "3")
def test_fastapi_asks_for_a_recent_login(start_recipe, machine):
    api, token = start_recipe("fastapi_service"), machine.token("write")
    answer = machine.call(api, "notes", token, "DELETE")
    assert answer.status_code == 401, answer.text
    challenge = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_user_authentication"' in challenge
    assert 'max_age="300", scope="write"' in challenge


def test_the_api_of_pyramid_requires_another_scope_for_writing(start_recipe, machine):
    api = start_recipe("pyramid_api")
    post = {"path": "notes", "method": "POST", "data": "Buy bread"}
    assert machine.call(api, token=machine.token("read"), **post).status_code == 403
    answer = machine.call(api, token=machine.token("write"), **post)
    assert answer.json() == {
        "client": machine.client_id,
        "notes": ["Buy milk", "Buy bread"],
    }
    assert answer.headers["RateLimit-Policy"] == '"each";q=100;w=60'


def test_cornice_throttles_and_keeps_our_refusals(start_recipe, machine):
    api, token = start_recipe("cornice_service"), machine.token("write")
    post = {"path": "notes", "method": "POST", "data": "Buy bread", "token": token}
    found = [machine.call(api, **post).status_code for _ in range(11)]
    assert found == [200] * 10 + [429]


def test_openapi_validates_after_the_token(start_recipe, machine):
    api = start_recipe("openapi_service")
    assert machine.call(api, "notes?limit=0").status_code == 401
    token = machine.token("read")
    assert machine.call(api, "notes?limit=0", token).status_code == 400
    assert machine.call(api, "notes?limit=1", token).json() == {"notes": ["Buy milk"]}


def test_a_long_poll_waits_for_news(start_recipe, machine):
    api, token = start_recipe("long_polling"), machine.token("read write")
    assert machine.call(api, "news/0").status_code == 401
    with ThreadPoolExecutor(1) as threads:
        began = time.monotonic()
        waiting = threads.submit(machine.call, api, "news/0", token)
        time.sleep(1)
        machine.call(api, "news/0", token, "POST", data="The cat is back")
        answer = waiting.result(20).json()
    assert answer == {"news": ["The cat is back"], "known": 1}
    assert 1 <= time.monotonic() - began < 10


CALL = """
from celery.contrib.testing.worker import start_worker
from docs.examples.recipes import celery_worker as recipe

with start_worker(recipe.app, pool="solo", perform_ping_check=False):
    print(recipe.count_notes.delay().get(timeout=30))
    recipe.machine().token = {"access_token": "revoked", "token_type": "Bearer"}
    print(recipe.add_note.delay("Buy bread").get(timeout=30))
"""


@pytest.mark.spec("RFC 6749", "4.4")
def test_a_celery_worker_calls_the_api_with_its_own_tokens(
    start_recipe, machine, recipe_python, ready_made
):
    api = start_recipe("pyramid_api")
    client_id, secret = machine.auth
    variables = {
        "API": api.origin,
        "ISSUER": ready_made.issuer,
        "CLIENT_ID": client_id,
        "CLIENT_SECRET": secret,
        "OAUTHLIB_INSECURE_TRANSPORT": "1",
    }
    done = subprocess.run(
        [recipe_python, "-c", CALL],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["1", "['Buy milk', 'Buy bread']"]
