"""A host whose session is `request.db`."""

from __future__ import annotations

from tests.hosts import plain

SERVER = "/oauth"
INI = """
pyramid_oauth.prefix = /oauth
pyramid_oauth.session = db
host.session_attribute = db
"""

main = plain.main
