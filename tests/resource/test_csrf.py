"""CSRF checks of views that bearer tokens can call."""

from __future__ import annotations

import pytest
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory

from pyramid_oauth.resource import (
    needs_csrf_check,
    refusal,
)


def whoami(request):
    return Response(f"{request.authenticated_userid} {type(request.identity).__name__}")


def require_csrf_tokens(config, **options):
    config.set_session_factory(SignedCookieSessionFactory("a test's secret"))
    config.set_default_csrf_options(require_csrf=True, **options)
    config.add_exception_view(lambda exc, request: refusal(request, "invalid_request"))


def test_a_header_token_needs_no_csrf_token(memory_host, bearer):
    app = memory_host.app(require_csrf_tokens)
    app.post("/notes", headers=bearer("both"), status=200)
    app.post("/notes", status=401)


def test_a_form_token_needs_a_csrf_token(memory_host):
    with pytest.warns(UserWarning, match="access_token_in_body"):
        app = memory_host.app(require_csrf_tokens, access_token_in_body="true")
    app.post("/notes", {"access_token": "both"}, status=400)


def test_a_view_with_require_csrf_needs_a_csrf_token(memory_host, bearer):
    def configure(config):
        require_csrf_tokens(config)
        config.add_route("strict", "/strict")
        config.add_view(
            whoami, route_name="strict", oauth_scopes="read", require_csrf=True
        )

    memory_host.app(configure).post("/strict", headers=bearer("read"), status=400)


def test_other_views_check_csrf_unless_the_host_exempts_bearer_tokens(
    memory_host, bearer
):
    def configure(config, **options):
        require_csrf_tokens(config, **options)
        config.add_route("form", "/form")
        config.add_view(whoami, route_name="form")

    memory_host.app(configure).post("/form", headers=bearer("read"), status=400)
    app = memory_host.app(lambda config: configure(config, callback=needs_csrf_check))
    app.post("/form", headers=bearer("read"), status=200)
    app.post("/form", headers=bearer("unknown"), status=400)
    app.post("/form", status=400)
