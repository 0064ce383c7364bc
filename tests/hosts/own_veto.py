"""A host with its own commit veto, which reads the status only."""

from __future__ import annotations

import warnings

from pyramid_oauth.errors import InsecureSettingWarning
from tests.hosts import plain

SERVER = "/oauth"
INI = """
pyramid_oauth.prefix = /oauth
tm.commit_veto = tests.hosts.own_veto.by_status
"""


def main(global_config, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        return plain.main(global_config, **settings)


def by_status(request, response):
    return response.status_int >= 400
