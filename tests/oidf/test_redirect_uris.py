"""Redirect URIs are compared as they stand (OpenID Connect Core section 3.1.2.1)."""

from __future__ import annotations

import pytest

from tests.oidf.flow import CODE, FEW, HYBRID, Kind, kinds

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("OpenID Connect Core", "3.1.2.1"),
]
DYNAMIC = Kind("code", "dynamic")


def read_error_page(suite, request, module):
    """The error is on a page of ours, of which the suite takes a picture."""
    page = suite.visit(request, module=module)
    assert page.url.startswith(suite.provider.issuer)
    assert page.status == 400
    assert suite.browser.screenshots
    return page.element("id", "oauth-error-code").get_text()


@pytest.mark.module("oidcc-ensure-registered-redirect-uri")
@kinds(*FEW)
def test_an_unregistered_redirect_uri_gets_an_error_page(flow):
    suite = flow.suite
    request = suite.build_request(
        flow.client, flow.response_type, redirect_uri=f"{suite.callback}/other"
    )
    module = "oidcc-ensure-registered-redirect-uri"
    assert read_error_page(suite, request, module)


@pytest.mark.module("oidcc-ensure-redirect-uri-in-authorization-request")
@kinds(*CODE, HYBRID)
def test_a_redirect_uri_is_required(flow):
    request = flow.suite.build_request(
        flow.client, flow.response_type, redirect_uri=None
    )
    module = "oidcc-ensure-redirect-uri-in-authorization-request"
    assert read_error_page(flow.suite, request, module)


@pytest.mark.module("oidcc-redirect-uri-query-OK")
@kinds(DYNAMIC, HYBRID)
def test_a_registered_query_is_kept(flow):
    uri = f"{flow.suite.callback}?foo=bar"
    flow.client = flow.new_client("client", redirect_uris=[uri])
    login = flow.log_in(redirect_uri=uri)
    assert login["claims"]["sub"]
    assert "foo=bar" in flow.suite.browser.page.url


@pytest.mark.parametrize(
    ("registered_query", "requested_query", "module"),
    [
        pytest.param(
            "?foo=bar",
            "?bar=foo",
            "oidcc-redirect-uri-query-mismatch",
            marks=pytest.mark.module("oidcc-redirect-uri-query-mismatch"),
        ),
        pytest.param(
            "",
            "?foo=bar",
            "oidcc-redirect-uri-query-added",
            marks=pytest.mark.module("oidcc-redirect-uri-query-added"),
        ),
    ],
)
def test_another_query_gets_an_error_page(
    suite, registered_query, requested_query, module
):
    client = suite.register(redirect_uris=[suite.callback + registered_query])
    request = suite.build_request(client, redirect_uri=suite.callback + requested_query)
    assert read_error_page(suite, request, module)


@pytest.mark.module("oidcc-redirect-uri-regfrag")
@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
def test_a_redirect_uri_with_a_fragment_is_not_registered(suite):
    refusal = suite.post_registration(redirect_uris=[f"{suite.callback}#foobar"])
    assert refusal.status_code == 400
    assert refusal.json()["error"] in (
        "invalid_redirect_uri",
        "invalid_client_metadata",
    )
