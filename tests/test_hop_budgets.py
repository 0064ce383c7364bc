"""How often a request may change file inside the package.

The goal is at most 26 hops for a bearer check, 60 hops through 25 files for a token
request and 70 hops for an authorization request. A ceiling above its goal is what the
code reaches today, so that no change makes it worse unnoticed; lower it when the code
gets better.
"""

from __future__ import annotations

import warnings

import pytest

from tests.support.hops import walk_flows

CEILINGS = {
    "OAuth": {
        "GET authorize, consent needed": 66,
        "GET consent page": 62,
        "POST consent page, allow": 86,
        "GET authorize, remembered consent": 75,
        "POST token, code": 69,
        "POST token, refresh": 70,
        "POST token, client_credentials": 47,
        "GET protected view, bearer check": 26,
        "POST introspect": 42,
    },
    "OpenID": {
        "GET authorize, consent needed": 82,
        "GET consent page": 65,
        "POST consent page, allow": 98,
        "GET authorize, remembered consent": 98,
        "POST token, code": 101,
        "POST token, refresh": 102,
        "GET protected view, bearer check": 26,
        "GET userinfo": 37,
    },
}


@pytest.fixture(scope="module")
def walks(tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return walk_flows(tmp_path_factory.mktemp("hops"))


@pytest.mark.parametrize(
    ("server", "flow"),
    [(server, flow) for server, ceilings in CEILINGS.items() for flow in ceilings],
)
def test_a_request_changes_file_no_more_often(walks, server, flow):
    assert walks[server][flow].hops <= CEILINGS[server][flow]
