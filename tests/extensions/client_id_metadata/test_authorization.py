"""A client that nobody registered is authorized by its metadata document."""

from __future__ import annotations

import pytest

from tests.support.host import call_api, refresh_tokens

DRAFT = "OAuth Client ID Metadata Document"


@pytest.mark.spec(DRAFT, "5")
def test_the_server_says_that_it_fetches_documents(document_host, host):
    path = "/.well-known/oauth-authorization-server/oauth"
    member = "client_id_metadata_document_supported"
    assert document_host.browser().get(path).json[member] is True
    assert member not in host.browser().get(path).json


@pytest.mark.spec(DRAFT, "4")
def test_a_client_gets_tokens_by_its_document_alone(document_host, published):
    tokens = published.obtain_tokens(document_host)
    assert call_api(document_host, tokens["access_token"]) == 200
    fresh = refresh_tokens(
        document_host, {"client_id": published.client_id}, tokens["refresh_token"]
    )
    assert fresh.status_int == 200
    assert published.fetches == 1
