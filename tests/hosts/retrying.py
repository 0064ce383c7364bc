"""A host with pyramid_retry and a commit veto for 4xx."""

from __future__ import annotations

from pyramid.config import Configurator

SERVER = "/oauth"
INI = """
pyramid_oauth.prefix = /oauth
tm.commit_veto = pyramid_tm.default_commit_veto
retry.attempts = 3
"""


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        config.include("pyramid_retry")
        config.include("tests.hosts.database")
        config.include("tests.hosts.people")
        config.include("pyramid_oauth")
        config.include("tests.hosts.api")
        return config.make_wsgi_app()
