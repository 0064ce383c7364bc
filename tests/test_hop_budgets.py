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
        "GET authorize, consent needed": 58,
        "GET consent page": 52,
        "POST consent page, allow": 64,
        "GET authorize, remembered consent": 68,
        "POST token, code": 55,
        "POST token, refresh": 57,
        "POST token, client_credentials": 37,
        "GET protected view, bearer check": 23,
        "POST introspect": 34,
    },
    "OpenID": {
        "GET authorize, consent needed": 64,
        "GET consent page": 53,
        "POST consent page, allow": 71,
        "GET authorize, remembered consent": 77,
        "POST token, code": 70,
        "POST token, refresh": 72,
        "GET protected view, bearer check": 23,
        "GET userinfo": 30,
    },
}

FILES = {
    "POST token, code": 25,
    "POST token, refresh": 23,
    "POST token, client_credentials": 21,
}
"""Files that a token request at a server without OpenID passes through."""

OF_THE_MEASURED_HOST = {"cookies.py", "models/columns.py"}
"""The cookie that its policy reads for pyramid_tm, and the times of its SQLite."""


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
    files = set(walks["OAuth"][flow].files) - OF_THE_MEASURED_HOST
    assert len(files) <= FILES[flow]
