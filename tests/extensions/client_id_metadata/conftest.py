"""Fixtures of the tests of client ID metadata documents."""

from __future__ import annotations

import warnings

import pytest

from pyramid_oauth.errors import InsecureSettingWarning
from tests.support.metadata_documents import EXTENSION, PublishedClient


@pytest.fixture
def published(client_site):
    return PublishedClient(client_site)


@pytest.fixture
def new_document_host(new_host, client_site):
    """Make a host that fetches metadata documents, with further settings."""

    def new(configure=None, **settings):
        def include(config):
            config.include(EXTENSION)
            if configure is not None:
                configure(config)

        defaults = {"client_id_metadata_scopes": "*", **client_site.settings}
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", "pyramid_oauth.outbound_allow", InsecureSettingWarning
            )
            return new_host(include, **{**defaults, **settings})

    return new


@pytest.fixture
def document_host(new_document_host):
    return new_document_host()
