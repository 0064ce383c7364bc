"""Forms of a page, read where the page has them.

WebTest writes each form as text and parses that again, which takes as long as the page.
"""

from __future__ import annotations

from typing import Any

import pytest
import webtest.forms
import webtest.response
from bs4 import BeautifulSoup, Tag


class FormText(str):
    """The text of a form, with the element of the page that it comes from."""

    __slots__ = ("element",)
    element: Tag


class FormPart:
    """The part of a page that is a form, as `webtest.forms.Form` asks for it."""

    def __init__(self, element: Tag) -> None:
        self._element = element

    def __call__(self, name: str) -> list[Tag]:
        return [self._element, *self._element(name)]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._element, name)


def parse_forms_once(patch: pytest.MonkeyPatch) -> None:
    """Let the forms of a response be parts of its page."""
    patch.setattr(webtest.forms, "BeautifulSoup", _find_or_parse)
    patch.setattr(webtest.response.TestResponse, "_parse_forms", _parse_forms)


def _find_or_parse(text: str, features: str) -> FormPart | BeautifulSoup:
    if isinstance(text, FormText):
        return FormPart(text.element)
    return BeautifulSoup(text, features)


def _parse_forms(response: Any) -> None:
    found = response._forms_indexed = {}
    for number, element in enumerate(response.html("form")):
        text = FormText(element)
        text.element = element
        form = found[number] = webtest.forms.Form(response, text)
        if form.id:
            found[form.id] = form
