"""The language of the pages, and the message catalogs."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from time import process_time

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from webtest import TestApp

from pyramid_oauth.standalone.demo.playground import MESSAGES
from tests.standalone.conftest import CHALLENGE, ROOT, SITE, log_in
from tests.support.repetitions import repeat_after

PACKAGE = ROOT / "pyramid_oauth"
LOCALE = PACKAGE / "locale"
LANGUAGES = sorted(path.parts[-3] for path in LOCALE.glob("*/LC_MESSAGES/*.po"))


def open_page(site: TestApp, **more: str):
    """The login or consent page of an authorization request."""
    parameters = {
        "response_type": "code",
        "client_id": "playground",
        "redirect_uri": f"{SITE}/playground",
        "scope": "openid read",
        "state": "s",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "prompt": "consent",
        **more,
    }
    return site.get("/oauth/authorize", parameters, status=303).follow()


def test_ui_locales_chooses_among_the_supported_languages(site):
    page = open_page(site, ui_locales="nl-BE de-AT")
    assert page.html.html["lang"] == "de"
    assert page.html.find(id="login-submit").text == "Anmelden"
    form = page.forms["login"]
    form["username"], form["password"] = "alice", "wrong"
    page = form.submit(status=403)
    assert "passen nicht zusammen" in page.html.find(id="problem").text
    form = page.forms["login"]
    form["password"] = "wonderland"
    page = form.submit().follow().follow()
    assert page.html.find(id="oauth-allow").text == "Erlauben"
    assert "Wissen, wer Sie sind" in page.text
    other = page.html.find(id="oauth-other-account")["href"]
    assert "Konto" in site.get(other).html.h1.text


def test_without_ui_locales_accept_language_decides(site):
    headers = {"Accept-Language": "nl, de-CH;q=0.9, en;q=0.5"}
    page = site.get("/", headers=headers)
    assert page.html.html["lang"] == "de"
    assert "Hier läuft" in page.html.h1.text
    assert "Hier gibt es nichts" in site.get("/nothing", headers=headers, status=404)


@pytest.mark.parametrize("accept_language", ["nl", "tlh, *;q=0.1", "\xff", ";;q=x", ""])
def test_an_unknown_language_falls_back_to_english(site, accept_language):
    page = site.get("/login", headers={"Accept-Language": accept_language})
    assert page.html.html["lang"] == "en"
    assert page.html.find(id="login-submit").text == "Log in"
    log_in(site)
    page = open_page(site, ui_locales="nl")
    assert page.html.find(id="oauth-allow").text == "Allow"


ALLOW = {
    "ar": "السماح",
    "de": "Erlauben",
    "es": "Permitir",
    "fr": "Autoriser",
    "ja": "許可する",
    "pt": "Permitir",
    "zh": "允许",
}


@pytest.mark.parametrize("language", repeat_after(2, LANGUAGES))
def test_the_consent_page_is_there_in_every_language(site, language):
    log_in(site)
    page = open_page(site, ui_locales=f"{language}-XX")
    assert page.html.html["lang"] == language
    assert page.html.html["dir"] == ("rtl" if language == "ar" else "ltr")
    assert page.html.find(id="oauth-allow").text == ALLOW[language]


def template():
    return read_po(io.BytesIO((LOCALE / "pyramid_oauth.pot").read_bytes()))


@pytest.mark.slow
def test_the_catalogue_template_has_every_text_of_the_pages():
    methods = [("**.py", "python"), ("**.oauth", "jinja2")]
    messages = extract_from_dir(
        str(PACKAGE),
        methods,
        {},
        {"_": None, "gettext": None, "ngettext": (1, 2), "Problem": None},
    )
    assert {text for *_, text, _, _ in messages} == {
        m.id for m in template() if m.id
    }, "run: make translations"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_complete_and_compiled(language):
    folder = LOCALE / language / "LC_MESSAGES"
    catalogue = read_po(io.BytesIO((folder / "pyramid_oauth.po").read_bytes()))
    translated = {forms(m.id): forms(m.string) for m in catalogue if m.id}
    assert not [m.id for m in catalogue if m.id and m.fuzzy]
    assert translated.keys() == {forms(m.id) for m in template() if m.id}
    for text, translation in translated.items():
        for form in translation:
            assert form, text
            assert placeholders(form) == placeholders(text[0]), text
    # Not byte by byte: the header depends on the version of Babel.
    compiled = read_mo(io.BytesIO((folder / "pyramid_oauth.mo").read_bytes()))
    assert {forms(m.id): forms(m.string) for m in compiled if m.id} == translated, (
        "run: make translations"
    )


def forms(message: str | Iterable[str]) -> tuple[str, ...]:
    """The singular and the plurals of a message, or its only text."""
    return (message,) if isinstance(message, str) else tuple(message)


def placeholders(text: str) -> list[str]:
    """The placeholders and HTML elements of a message."""
    return sorted(re.findall(r"%\(\w+\)s|\$?\{\w+\}|</?\w+[^>]*>", text))


def test_the_texts_of_the_playground_script_are_translatable():
    script = (PACKAGE / "standalone/static/playground.js").read_text()
    texts = set(re.findall(r'translate\("([^"]+)"', script))
    texts |= set(re.findall(r'"(\w[^"]*: \{title\})"', script))
    assert texts == {str(word) for word in MESSAGES}


def test_only_the_first_eight_well_formed_languages_are_read(site):
    assert open_page(site, ui_locales="x" * 9 + " de").html.html["lang"] == "de"
    ninth = " ".join(["nl"] * 8 + ["de"])
    assert open_page(site, ui_locales=ninth).html.html["lang"] == "en"


@pytest.mark.parametrize(
    "tag",
    ["-" * 30_000, "a-" * 15_000, "de" + "-x" * 15_000],
    ids=["hyphens", "subtags", "extensions"],
)
def test_a_long_language_tag_is_read_quickly(site, tag):
    began = process_time()
    site.get("/oauth/end_session", {"ui_locales": tag})
    site.get("/login", {"ui_locales": tag})
    assert process_time() - began < 0.5
