"""The counter of docs/how_to/throttling.rst, with the library `limits`."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.slow

CODE = """
import json
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from pyramid_oauth.resource import TokenIdentity, any_token

config = Configurator(settings={
    "counter.url": "memory://", "pyramid_oauth.throttle": "2/h client=100/h"
})
config.include("pyramid_oauth.resource")
config.include("docs.examples.recipes.shared_counter")
config.set_oauth_token_verifier(
    lambda request, token: TokenIdentity(client_id="app", user_id=token)
)
config.add_route("busy", "/busy")
view = lambda request: Response("done")
config.add_view(view, route_name="busy", oauth_scopes=any_token())
app = config.make_wsgi_app()
for user in ("alice", "alice", "alice", "bob"):
    request = Request.blank("/busy", headers={"Authorization": f"Bearer {user}"})
    answer = request.get_response(app)
    headers = answer.headers
    shown = [answer.status_int, headers["RateLimit"], headers.get("Retry-After")]
    print(json.dumps(shown))
"""


def test_requests_are_counted_in_the_store_of_the_host(run_in_recipes):
    answers = [json.loads(line) for line in run_in_recipes(CODE).splitlines()]
    assert [status for status, *_ in answers] == [200, 200, 429, 200]
    assert answers[0][1].startswith('"each";r=1;')
    assert answers[1][1].startswith('"each";r=0;')
    assert 0 < int(answers[2][2]) <= 3600
