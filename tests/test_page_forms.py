"""The forms of a page are what WebTest finds by parsing each of them again."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from webtest import TestApp
from webtest.forms import Form

PAGE = """<!doctype html><title>Forms</title>
<form id="named" method="post" action="/named">
  <input name="word" value="a &amp; b"><textarea name="text">
first</textarea>
  <input type="radio" name="one" value="1"><input type="radio" name="one" value="2"
  checked><input type="checkbox" name="box" value="yes" checked>
  <select name="many" multiple><option selected>x</option>
  <option value="y" selected>Y</option></select>
  <button name="decision" value="allow">Allow</button>
</form>
<input name="outside" value="o" form="named">
<form action="/other" enctype="multipart/form-data"><input name="plain"></form>
"""


@pytest.fixture
def form_page():
    """The response with the page."""

    def answer(environ, start):
        start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [PAGE.encode()]

    return TestApp(answer, lint=False).get("/")


@pytest.mark.parametrize("key", ["named", 0, 1])
def test_a_form_is_the_same_as_one_that_is_parsed_again(form_page, key):
    form = form_page.forms[key]
    again = Form(form_page, str(form.text))
    assert isinstance(again.html, BeautifulSoup)
    assert (form.id, form.method, form.action, form.enctype, form.text) == (
        *(again.id, again.method, again.action, again.enctype),
        again.text,
    )
    assert form.submit_fields() == again.submit_fields()
    assert [name for name, field in form.field_order] == [
        name for name, field in again.field_order
    ]


def test_fields_have_the_values_of_the_page(form_page):
    fields = form_page.forms["named"].submit_fields("decision")
    # Old releases of WebTest leave out a field that stands outside of its form.
    assert [field for field in fields if field[0] != "outside"] == [
        ("word", "a & b"),
        ("text", "first"),
        ("one", "2"),
        ("box", "yes"),
        ("many", "x"),
        ("many", "y"),
        ("decision", "allow"),
    ]
