"""Hop budgets: how often a request changes file inside the package.

The goal is at most 26 hops for a bearer check, 60 hops through 25 files for a token
request and 70 hops for an authorization request. A ceiling above its goal is what the
code reaches today, so that no change makes it worse unnoticed; lower it when the code
gets better. A response of ours takes one hop to send itself, a bearer check one for
the cookie that the policy of the host reads, since every path cleans the header.
With a transaction manager a refresh takes one to look at the time of its commit.
"""

from __future__ import annotations

import warnings

import pytest

from tests.support.hops import walk_flows

CEILINGS = {
    "OAuth": {
        "GET authorize, consent needed": 61,
        "GET consent page": 54,
        "POST consent page, allow": 75,
        "GET authorize, remembered consent": 70,
        "POST token, code": 63,
        "POST token, refresh": 63,
        "POST token, client_credentials": 39,
        "GET protected view, bearer check": 25,
        "POST introspect": 36,
    },
    "OpenID": {
        "GET authorize, consent needed": 67,
        "GET consent page": 55,
        "POST consent page, allow": 82,
        "GET authorize, remembered consent": 79,
        "POST token, code": 77,
        "POST token, refresh": 77,
        "GET protected view, bearer check": 25,
        "GET userinfo": 32,
    },
}

FILES = {
    "POST token, code": 28,
    "POST token, refresh": 26,
    "POST token, client_credentials": 23,
}
"""Files that a token request at a server without OpenID passes through."""


@pytest.fixture(scope="module")
def walks(tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return walk_flows(tmp_path_factory.mktemp("hops"))


@pytest.mark.parametrize(
    ("server", "flow"),
    [(server, flow) for server, ceilings in CEILINGS.items() for flow in ceilings],
)
def test_a_request_stays_within_its_hop_budget(walks, server, flow):
    assert walks[server][flow].hops <= CEILINGS[server][flow]


@pytest.mark.parametrize("flow", FILES)
def test_a_token_request_passes_through_no_more_files(walks, flow):
    assert len(walks["OAuth"][flow].files) <= FILES[flow]
