"""Text of clients, users and hosts is isolated from the direction of the page.

Unicode Standard Annex 9 section 6.3. A name in Hebrew or Arabic must not change the
order of the words around it, nor may one in English within a page in Hebrew.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import pyramid_oauth
from tests.support.host import build_authorization_request
from tests.support.people import People

PACKAGE = Path(pyramid_oauth.__file__).parent
TEMPLATES = sorted(PACKAGE.rglob("*.oauth"))

NAME = "\u05d7\u05e0\u05d5\u05ea (\u05d0\u05d1\u05d2)"
"""A name with brackets, which are mirrored in text from right to left."""

SERVER_EXPRESSIONS = {
    "address(issuer)",
    "address(url)",
    "advice",
    "asked(item, item.is_new and known_items)",
    "browser",
    "client_secret",
    "code",
    "count",
    "row.limit",
    "message.attempts",
    "device.system",
    "device.browser",
    "codes_left",
    "counter.attempts",
    "counter.kind",
    "device.browser or device.system",
    "entry.event",
    "entry.outcome",
    "far_reaching(item)",
    "field.hint",
    "fields(item.data)",
    "fields(value)",
    "figure.label",
    "figure.number",
    "field.inputs[0]",
    "field.label",
    "heading()",
    "input",
    "key.alg",
    "key.state",
    "label",
    "least",
    "left",
    "limit",
    "made",
    "message",
    "message.kind",
    "moment",
    "more",
    "notice",
    "paragraph",
    "part | join",
    "password",
    "picture",
    "picture(item.icon)",
    "problem",
    "question",
    "registered",
    "remember_days",
    "shown(each)",
    "shown(value)",
    "since",
    "super()",
    "system",
    "text",
    "title",
    "until",
    "used",
    "word",
    "wording(item)",
    'value.strftime("%Y-%m-%d %H:%M UTC")',
}
"""Expressions whose value comes from the server: translated texts, times, paths."""

MACROS = (
    "about",
    "action",
    "button",
    "lines",
    "moment",
    "search",
    "show",
    "turn",
    "used",
)
"""Macros of our templates; what they print is examined where they are defined."""

MACRO_TEMPLATES = {"field.oauth"}
"""Templates that consist of macros, which print their arguments."""

NAMES_OF_THE_SERVER = {"audit.oauth", "frame.oauth", "landing.oauth"}
"""Templates whose `name` is not one of a client or user."""

COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
STATEMENT = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
TRANS = re.compile(r"\{%-?\s*trans\b(.*?)-?%\}(.*?)\{%-?\s*endtrans", re.DOTALL)
PRINTED = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)


def is_text(source, position):
    """Whether `position` is between tags, not within one."""
    before = STATEMENT.sub("", source[:position])
    return before.rfind("<") <= before.rfind(">")


def is_isolated(expression, bound=""):
    """Whether the value of an expression cannot change the order of other text."""
    match = re.search(rf"\b{re.escape(expression)}=([^,]*)", bound)
    value = match[1].strip() if match else expression
    is_literal = value.startswith(("'", "("))
    return (
        is_literal
        or value in SERVER_EXPRESSIONS
        or value.startswith("request.route_path(")
        or value.partition("(")[0] in MACROS
        or re.search(r"\| isolated(_host|_plain)?$", value) is not None
    )


def exposed_expressions(source):
    """The expressions that print text of others without isolation."""
    source = COMMENT.sub("", source)
    for bound, text in TRANS.findall(source):
        for expression in PRINTED.findall(text):
            if not is_isolated(expression, bound):
                yield expression
    plain = TRANS.sub(lambda match: " " * len(match[0]), source)
    for match in PRINTED.finditer(plain):
        if is_text(plain, match.start()) and not is_isolated(match[1]):
            yield match[1]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_template_isolates_the_text_of_others(path):
    if path.name in MACRO_TEMPLATES:
        return
    source = path.read_text(encoding="utf-8")
    allowed = {"name"} if path.name in NAMES_OF_THE_SERVER else set()
    exposed = {
        expression
        for expression in exposed_expressions(source)
        # The macro `address` of the landing page and the display class of the body.
        if not expression.startswith(("(url | e)", "' display-'"))
    }
    assert exposed - allowed == set()


class PageTexts(HTMLParser):
    """The texts of a page, each with the elements around it."""

    EMPTY = frozenset({"meta", "link", "input", "img", "br", "wbr"})

    def __init__(self, page):
        super().__init__()
        self.elements, self.texts = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag not in self.EMPTY:
            self.elements.append(tag)

    def handle_endtag(self, tag):
        while self.elements and self.elements.pop() != tag:
            pass

    def handle_data(self, data):
        self.texts.append((data, tuple(self.elements)))


def unisolated(page):
    """The texts that have `NAME` without isolation; the page must show it."""
    naming = [
        (text, elements) for text, elements in PageTexts(page).texts if NAME[:4] in text
    ]
    assert naming, "the page does not show the name"
    return [
        text
        for text, elements in naming
        if "bdi" not in elements and f"\u2068{NAME}\u2069" not in text
    ]


def open_hebrew_browser(new_host):
    """A browser at a host with a scope, a client and a user named in Hebrew."""
    host = new_host(scopes=f"read = {NAME}\nwrite = Write things", ui_locales="en he")
    host.register_client(name=NAME)
    browser = host.browser()
    browser.get("/login", {"name": NAME})
    return browser


@pytest.mark.parametrize("locale", ["en", "he"])
def test_the_consent_page_isolates_names_and_texts_of_scopes(new_host, locale):
    browser = open_hebrew_browser(new_host)
    answer = browser.get("/oauth/authorize", build_authorization_request(), status=303)
    page = browser.get(answer.location, {"_LOCALE_": locale}, status=200)
    assert unisolated(page.text) == []
    assert page.html.find(id="oauth-destination").bdi["dir"] == "ltr"
    assert page.html.html["dir"] == {"en": "ltr", "he": "rtl"}[locale]


@pytest.mark.parametrize(
    ("locale", "direction"),
    [
        ("ar", "rtl"),
        ("fa_IR", "rtl"),
        ("az_Arab_IR", "rtl"),
        ("ur_Latn", "ltr"),
        ("de_AT", "ltr"),
        ("arn", "ltr"),
    ],
)
def test_the_direction_of_a_page_follows_its_language(browser, locale, direction):
    parameters = {"_LOCALE_": locale, "client_id": "unknown"}
    page = browser.get("/oauth/authorize", parameters, expect_errors=True)
    assert page.html.html["lang"] == locale.replace("_", "-")
    assert page.html.html["dir"] == direction


def test_the_logout_pages_isolate_the_names_of_user_and_client(
    new_logout_provider,
):
    provider = new_logout_provider(people=People)
    provider.update_application(name=NAME)
    browser = provider.browser()
    browser.get("/login", {"name": NAME})
    page = browser.get("/oauth/end_session", {"client_id": "web"})
    assert unisolated(page.text) == []
