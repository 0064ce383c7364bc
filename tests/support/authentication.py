"""Authentication requests of a browser, and where the answers lead."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from webtest import TestApp, TestResponse

from tests.support.host import (
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
)
from tests.support.provider import NONCE, Provider
from tests.support.types import Claims, Credentials

CORE = "OpenID Connect Core"


def request_authentication(browser: TestApp, **changes: str | None) -> TestResponse:
    """Send an authentication request; the answer."""
    parameters = build_authorization_request(
        **{"scope": "openid", "nonce": NONCE, **changes}
    )
    return browser.get("/oauth/authorize", parameters, expect_errors=True)


def parse_login_redirect(answer: TestResponse) -> tuple[str, str]:
    """The reason and the way back, where `answer` sends the browser to log in."""
    parts = urlsplit(answer.location)
    assert answer.status_int == 303
    assert (parts.netloc, parts.path) == ("", "/login")
    query = parse_qs(parts.query)
    return query.get("reason", ["login"])[0], query["next"][0]


def is_login_redirect(answer: TestResponse) -> bool:
    location: str = answer.location
    return answer.status_int == 303 and location.startswith("/login?")


def return_from_login(browser: TestApp, answer: TestResponse) -> TestResponse:
    """Follow the way back from the login page, through consent where it is asked."""
    answer = browser.get(parse_login_redirect(answer)[1], expect_errors=True)
    if answer.status_int == 303 and "/authorize/" in answer.location:
        answer = answer.follow()
    if answer.status_int == 200 and "oauth-consent" in answer.forms:
        answer = answer.forms["oauth-consent"].submit("decision", value="allow")
    return answer


def redeem_after_login(
    provider: Provider, browser: TestApp, answer: TestResponse
) -> Claims:
    """The claims of the ID Token for `provider.web`, once the browser has logged in."""
    return redeem_id_token(provider, provider.web, return_from_login(browser, answer))


def parse_error(answer: TestResponse) -> str | None:
    return parse_redirect(answer)["error"]


def redeem_id_token(
    host: Provider, client: Credentials, answer: TestResponse
) -> Claims:
    """The claims of the ID Token that the code in `answer` brings."""
    form = build_code_exchange(parse_redirect(answer)["code"], client)
    return host.verify_id_token(
        host.browser().post("/oauth/token", form).json["id_token"]
    )
