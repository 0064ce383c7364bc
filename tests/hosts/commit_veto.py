"""A host that commits no request that ends in 4xx or 5xx."""

from __future__ import annotations

from tests.hosts import plain

SERVER = "/oauth"
INI = """
pyramid_oauth.prefix = /oauth
tm.commit_veto = pyramid_tm.default_commit_veto
"""

main = plain.main
