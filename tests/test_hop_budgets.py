"""How often a request may change file inside the package.

The goal is at most 26 hops for a bearer check, 60 hops through 25 files for a token
request and 70 hops for an authorization request. A ceiling above its goal is what the
code reaches today, so that no change makes it worse unnoticed; lower it when the code
gets better. A redirect takes one hop to send its own Location, a bearer check one for
the cookie that the policy of the host reads, since every path cleans the header.
"""

from __future__ import annotations

import warnings

import pytest

from tests.support.hops import walk_flows

CEILINGS = {
    "OAuth": {
        "GET authorize, consent needed": 60,
        "GET consent page": 51,
        "POST consent page, allow": 64,
        "GET authorize, remembered consent": 68,
        "POST token, code": 57,
        "POST token, refresh": 59,
        "POST token, client_credentials": 39,
        "GET protected view, bearer check": 23,
        "POST introspect": 34,
    },
    "OpenID": {
        "GET authorize, consent needed": 69,
        "GET consent page": 52,
        "POST consent page, allow": 71,
        "GET authorize, remembered consent": 80,
        "POST token, code": 77,
        "POST token, refresh": 79,
        "GET protected view, bearer check": 23,
        "GET userinfo": 30,
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
