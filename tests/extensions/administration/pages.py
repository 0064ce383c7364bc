"""Operations of an administrator on the pages."""

from __future__ import annotations

from tests.extensions.administration.conftest import ROOT


def open_page(browser, name, status=200, **query):
    return browser.get(f"{ROOT}/{name}", query, status=status)


def find_form(page, label, within=None):
    """Return the first form with a button of this label in the element `within`."""
    place = page.html.find(id=within) if within else page.html
    for index, form in enumerate(page.html.find_all("form")):
        button = form.find("button")
        is_there = form in place.find_all("form")
        if is_there and button and button.get_text(strip=True).startswith(label):
            return page.forms[index]
    raise AssertionError(f"no button {label!r}")


def press(page, label, within=None):
    """Press a button, confirm if that is asked, and return the page that follows."""
    answer = find_form(page, label, within).submit("action")
    if answer.status_int == 200:
        answer = answer.forms["oauth-confirm"].submit()
    return answer.follow(status=200)


def read_notice(page):
    return page.html.find(id="oauth-notice").get_text(strip=True)


def read_list(page, element):
    """Return the texts of the rows of a list."""
    rows = page.html.find(id=element).select(".entry")
    return [" ".join(row.get_text(" ", strip=True).split()) for row in rows]
