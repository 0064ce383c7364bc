"""The error page: its reason for people, a way on, and a reference to the log."""

from __future__ import annotations

import logging

import pytest

from tests.support.host import build_authorization_request


@pytest.fixture
def read_references(caplog):
    """A function that returns the references in the log since the last call."""
    caplog.set_level(logging.INFO, "pyramid_oauth")

    def read():
        lines = [
            record.getMessage()
            for record in caplog.records
            if record.name.startswith("pyramid_oauth")
        ]
        caplog.clear()
        return [line.rpartition("(reference ")[2].rstrip(")") for line in lines]

    return read


def get_title(page):
    return page.html.find(id="oauth-error-title").text


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"client_id": "nobody"}, "This application is not known here"),
        ({"redirect_uri": "https://evil.example/"}, "The application wants its answer"),
        ({"response_mode": "x"}, "This request cannot be followed"),
    ],
)
def test_an_error_page_begins_with_the_reason(
    host, client, read_references, changes, title
):
    request = build_authorization_request(**changes)
    page = host.browser().get("/oauth/authorize", request, status=400)
    assert get_title(page).startswith(title)
    (reference,) = read_references()
    assert page.html.find(id="oauth-reference").text == reference


def test_two_errors_have_different_references(host, client, read_references):
    for _ in range(2):
        host.browser().get("/oauth/authorize?client_id=nobody", status=400)
    one, other = read_references()
    assert one != other
    assert len(one) == len(other) == 8  # short enough to be read to somebody


def test_a_request_that_cannot_be_answered_says_why(
    host, client, browser, read_references
):
    page = browser.get("/oauth/authorize", build_authorization_request()).follow()
    form = page.forms["oauth-consent"]
    stranger = host.browser()
    stranger.get("/login?name=alice")
    assert get_title(stranger.get(page.request.path, status=404)) == (
        "This request is over"
    )
    browser.get("/login?name=bob")
    other = browser.get(page.request.path, status=403)
    assert get_title(other) == "You are logged in with another account"
    browser.get("/login?name=alice")
    form["csrf_token"] = "forged"
    forged = form.submit("decision", value="allow", status=403)
    assert get_title(forged) == "This form is out of date"
    form = browser.get(page.request.path).forms["oauth-consent"]
    form.submit("decision", value="allow", status=303)
    again = form.submit("decision", value="allow", status=(404, 409))
    assert get_title(again) in (
        "This request is over",
        "You have answered this request already",
    )
    assert len(read_references()) == 4
