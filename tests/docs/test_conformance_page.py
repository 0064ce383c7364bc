"""docs/reference/conformance.md matches the marks of the tests."""

from __future__ import annotations

import tomllib

import pytest

from docs.conformance_matrix import PAGE, PLANS, TITLES, covered, page


@pytest.mark.slow
def test_the_page_is_up_to_date():
    text = PAGE.read_text(encoding="utf-8")
    assert page(text, covered()) == text, "run `make matrix`"


def test_marks_of_tests_and_of_modules_are_collected(tmp_path, monkeypatch):
    monkeypatch.setattr("docs.conformance_matrix.ROOT", tmp_path)
    (tmp_path / "test_it.py").write_text(
        "FIRST = 'RFC 1'\n"
        "pytestmark = pytest.mark.spec(FIRST, '2.10')\n"
        "@pytest.mark.module('oidcc-a', 'oidcc-b')\n"
        "def test_it_works(): ...\n"
        "CASES = [pytest.param(1, marks=pytest.mark.module('oidcc-c'))]\n"
        "@pytest.mark.parametrize('case', CASES)\n"
        "def test_it_works(case): ...\n"
    )
    marks = covered(tmp_path)
    assert [(mark.mark, mark.words) for mark in marks] == [
        ("spec", ("RFC 1", "2.10")),
        ("module", ("oidcc-a", "oidcc-b")),
        ("spec", ("RFC 1", "2.10")),
        ("module", ("oidcc-c",)),
    ]
    assert {mark.test for mark in marks} == {"it works"}


def test_every_module_of_the_conformance_suite_is_in_a_plan_and_rehearsed():
    plans = tomllib.loads(PLANS.read_text(encoding="utf-8"))
    listed = {name for names in plans.values() for name in names}
    rehearsed = {
        name
        for mark in covered()
        # Those tests talk to a running server by HTTPS, as the suite does.
        if mark.mark == "module" and mark.file.startswith("tests/oidf/")
        for name in mark.words
    }
    assert rehearsed == listed
    elsewhere = {
        name for mark in covered() if mark.mark == "module" for name in mark.words
    }
    assert elsewhere <= listed


def test_a_fapi_plan_lists_a_module_once():
    plans = tomllib.loads(PLANS.read_text(encoding="utf-8"))
    names = [name for plan in plans if "fapi2" in plan for name in plans[plan]]
    assert len(set(names)) == len(names) == 70


def test_a_specification_has_one_name():
    titles = tomllib.loads(TITLES.read_text(encoding="utf-8"))
    marked = {mark.words[0] for mark in covered() if mark.mark == "spec"}
    assert marked <= set(titles), (
        "add it to docs/section_titles.toml, or spell it alike"
    )
