"""A host with a commit veto of its own, which looks at the status alone."""

from __future__ import annotations

from tests.hosts import plain

SERVER = "/oauth"
INI = """
pyramid_oauth.prefix = /oauth
tm.commit_veto = tests.hosts.own_veto.by_status
"""

main = plain.main


def by_status(request, response):
    return response.status_int >= 400
