"""What the login page shows of the requesting client."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.standalone.conftest import SITE, log_in


def register_and_open_login_page(site, **metadata):
    """Register a client; returns the login page of its authorization request."""
    metadata_sent = {"redirect_uris": ["https://client.example/cb"], **metadata}
    client = site.post_json("/oauth/register", metadata_sent, status=201).json
    return open_login_page(
        site,
        client_id=client["client_id"],
        redirect_uri="https://client.example/cb",
    )


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
def test_the_login_page_shows_the_requesting_client(site):
    links = {
        name: f"https://client.example/{name}"
        for name in ("logo_uri", "policy_uri", "tos_uri")
    }
    page = register_and_open_login_page(site, client_name="Shop <1>", **links)
    for login_page in (page, page.forms["login"].submit(status=403)):
        # From this site, so that the client does not learn who looks at the page.
        logo = urlsplit(login_page.html.find(id="client-logo")["src"])
        assert (logo.netloc, logo.path) == ("", "/oauth/client_logos")
        assert dict(parse_qsl(logo.query))["url"] == links["logo_uri"]
        assert login_page.html.find(id="client-policy")["href"] == links["policy_uri"]
        assert login_page.html.find(id="client-tos")["href"] == links["tos_uri"]
        assert "Shop &lt;1&gt;" in login_page.text
        policy = login_page.headers["Content-Security-Policy"]
        assert "img-src 'self' data:;" in policy


def test_the_login_page_warns_of_a_self_registered_client(site):
    page = register_and_open_login_page(site, client_name="Shop")
    for login_page in (page, page.click(linkid="login-sign-up")):
        warning = login_page.html.find(id="oauth-unchecked")
        assert "Nobody here has checked who is behind Shop" in warning.text
    configured = open_login_page(site)
    assert "Playground" in configured.html.find(id="client-name").text
    assert configured.html.find(id="oauth-unchecked") is None


def open_login_page(site, **changes):
    """The login page of an authorization request of the playground."""
    parameters = {
        "client_id": "playground",
        "redirect_uri": f"{SITE}/playground",
        "response_type": "code",
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
        **changes,
    }
    return site.get("/oauth/authorize", parameters).follow(status=200)


@pytest.mark.parametrize("path", ["/login", "/sign-up"])
def test_a_login_page_without_a_pending_request_shows_no_client(site, path):
    register_and_open_login_page(site, client_name="Your Bank")
    parameters = {"client_id": "playground"}
    for query in (
        parameters,
        {**parameters, "next": "/playground"},
        {"next": "/oauth/authorize?client_id=playground"},
        {"next": "/oauth/authorize/" + "x" * 43},
    ):
        page = site.get(path, query, status=200)
        assert page.html.find(id="client-name") is None
        assert "img-src 'self' data:;" in page.headers["Content-Security-Policy"]


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_no_page_of_an_authorization_sends_an_opener_policy(site):
    """`display=popup`: Cross-Origin-Opener-Policy would set `window.opener` to null."""
    log_in(site)
    for prompt in ("login", "select_account", "create"):
        parameters = {"prompt": prompt, "display": "popup", "scope": "openid"}
        page = open_login_page(site, **parameters)
        (form,) = (
            page.forms[name]
            for name in ("login", "account", "sign_up")
            if name in page.forms
        )
        answers = [page, form.submit(status="*")]
        if prompt == "select_account":
            answers.append(page.click(linkid="account-other"))
        for answer in answers:
            assert "Cross-Origin-Opener-Policy" not in answer.headers
    assert "Cross-Origin-Opener-Policy" in site.get("/").headers
