"""Redirects of the ready-made server do not depend on the Host header."""

from __future__ import annotations

import pytest
from webtest import TestApp

from tests.standalone.conftest import log_in

FORGED = "forged.example"


@pytest.fixture
def forging_site(site):
    """A browser whose requests name another host than that of the issuer."""
    forged = {"HTTP_HOST": FORGED, "HTTP_X_FORWARDED_HOST": FORGED}
    return TestApp(site.app, extra_environ=forged)


def location(answer):
    assert answer.status_int in (301, 302, 303), answer.text
    return answer.location


@pytest.mark.spec("RFC 9110", "10.2.2")
def test_pages_that_need_a_login_redirect_to_a_path(forging_site):
    assert location(forging_site.get("/oauth/sessions")) == (
        "/login?next=%2Foauth%2Fsessions"
    )


def test_login_and_logout_redirect_to_a_path(forging_site):
    assert location(log_in(forging_site)) == "/"
    form = next(
        form
        for form in forging_site.get("/").forms.values()
        if form.action.endswith("/logout")
    )
    assert location(form.submit()).startswith("/")


def test_no_path_redirects_to_the_host_of_the_request(forging_site):
    routes = forging_site.app.registry.introspector.get_category("routes")
    patterns = [item["introspectable"]["pattern"] for item in routes]
    paths = {pattern.partition("{")[0].partition("*")[0] for pattern in patterns}
    ends = ("", "/", "//", "/.", "/nowhere", "/nowhere/..")
    for path in sorted(paths):
        for method in ("GET", "POST", "HEAD"):
            for end in ends:
                requested_path = f"/{path.strip('/')}{end}"
                answer = forging_site.request(requested_path, method=method, status="*")
                assert FORGED not in answer.headers.get("Location", ""), requested_path
