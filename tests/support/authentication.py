"""Authentication requests of a browser, and where the answers lead."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from webtest import TestApp, TestResponse

from tests.support.host import asked, query_of, redemption
from tests.support.provider import NONCE, Provider, enters, sign_in
from tests.support.types import Claims, Credentials

CORE = "OpenID Connect Core"


def asks(browser: TestApp, **changes: str | None) -> TestResponse:
    """Send an authentication request; the answer."""
    parameters = asked(**{"scope": "openid", "nonce": NONCE, **changes})
    return browser.get("/oauth/authorize", parameters, expect_errors=True)


def sent_to_login(answer: TestResponse) -> tuple[str, str]:
    """The reason and the way back, where `answer` sends the browser to log in."""
    parts = urlsplit(answer.location)
    assert answer.status_int == 303
    assert (parts.netloc, parts.path) == ("as.example", "/login")
    query = parse_qs(parts.query)
    return query.get("reason", ["login"])[0], query["next"][0]


def is_sent_to_login(answer: TestResponse) -> bool:
    return answer.status_int == 303 and "as.example/login?" in answer.location


def comes_back(browser: TestApp, answer: TestResponse) -> TestResponse:
    """Follow the way back from the login page, through consent where it is asked."""
    answer = browser.get(sent_to_login(answer)[1], expect_errors=True)
    if answer.status_int == 303 and "/authorize/" in answer.location:
        answer = answer.follow()
    if answer.status_int == 200 and "oauth-consent" in answer.forms:
        answer = answer.forms["oauth-consent"].submit("decision", value="allow")
    return answer


def error_of(answer: TestResponse) -> str | None:
    return query_of(answer)["error"]


def claims_of(host: Provider, client: Credentials, answer: TestResponse) -> Claims:
    """The claims of the ID Token that the code in `answer` brings."""
    form = redemption(query_of(answer)["code"], client)
    return host.verified(host.browser().post("/oauth/token", form).json["id_token"])


__all__ = ["NONCE", "asked", "enters", "query_of", "redemption", "sign_in"]
