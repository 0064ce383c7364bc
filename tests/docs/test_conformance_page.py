"""docs/reference/conformance.md matches the marks of the tests."""

from __future__ import annotations

import tomllib

from docs.conformance_matrix import PAGE, PLANS, TITLES, covered, page


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


def test_every_module_of_the_conformance_suite_is_in_one_plan():
    plans = tomllib.loads(PLANS.read_text(encoding="utf-8"))
    names = [name for listed in plans.values() for name in listed]
    assert len(set(names)) > 70
    unknown = {
        name for mark in covered() if mark.mark == "module" for name in mark.words
    } - set(names)
    assert not unknown


def test_a_specification_has_one_name():
    titles = tomllib.loads(TITLES.read_text(encoding="utf-8"))
    marked = {mark.words[0] for mark in covered() if mark.mark == "spec"}
    assert marked <= set(titles), (
        "add it to docs/section_titles.toml, or spell it alike"
    )
