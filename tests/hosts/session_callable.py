"""A host whose session is returned by a function."""

from __future__ import annotations

from tests.hosts import plain

SERVER = "/oauth"
INI = """
pyramid_oauth.prefix = /oauth
pyramid_oauth.session = tests.hosts.session_callable.session_of
host.session_attribute = database_of_the_host
"""

main = plain.main


def session_of(request):
    return request.database_of_the_host
