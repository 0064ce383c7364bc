"""The generated reference pages list all that the source declares."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import pyramid_oauth
from docs._ext.generated import (
    checks,
    client_metadata,
    commands,
    directives,
    errors,
    events,
    models,
    modules,
    probe_rules,
    profiles,
    server_probe_rules,
    settings,
    templates,
)

PACKAGE = Path(pyramid_oauth.__file__).parent
DOCS = PACKAGE.parent / "docs"
MODULES = (
    *(checks, client_metadata, commands, directives, errors),
    *(events, models, modules, probe_rules, settings, templates),
    *(profiles, server_probe_rules),
)


def classes():
    """Each class of the package, as it stands in the source."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield node


def bases(node):
    return {base.id for base in node.bases if isinstance(base, ast.Name)}


def source(pattern, glob="*.py"):
    """What the group of `pattern` matches in the files of the package."""
    files = (path.read_text(encoding="utf-8") for path in PACKAGE.rglob(glob))
    return {match for text in files for match in re.findall(pattern, text)}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_a_page_shows_each_generated_text(module):
    name = module.__name__.rpartition(".")[2]
    pages = DOCS.glob("*/*.rst")
    including = [
        page for page in pages if f".. generated:: {name}\n" in page.read_text()
    ]
    assert len(including) == 1


def test_every_row_of_every_settings_section_is_listed():
    text = settings.text()
    declared = {
        item.target.id
        for node in classes()
        if "Section" in bases(node)
        for item in node.body
        if isinstance(item, ast.AnnAssign)
        and isinstance(item.value, ast.Call)
        and getattr(item.value.func, "id", "") == "setting"
    }
    assert len(declared) > 100
    assert not {name for name in declared if f".{name}\n\n" not in text}
    for part in text.split(".. confval:: ")[1:]:
        sentences = part.split("\n\n")[1]
        assert len(re.findall(r"\bdefault: ", sentences, re.IGNORECASE)) == 1, part
        assert "object at" not in sentences
        assert not re.search(r"``[A-Z]\w+\(", sentences), part
    assert ".. confval:: standalone.session_secret\n" in text
    assert ".. confval:: pyramid_oauth.application_factory\n" in text


def test_every_directive_of_the_source_is_listed():
    text = directives.text()
    defined = source(r"\ndef ((?:add|set|require)_oauth_\w+)\(\s*config\b")
    assert len(defined) > 30
    assert not {name for name in defined if f".{name}\n" not in f"{text}\n"}


def test_every_event_is_listed_with_its_attributes():
    text = events.text()
    declared = [node for node in classes() if "OAuthEvent" in bases(node)]
    assert len(declared) >= 14
    for node in declared:
        _, _, part = text.partition(f"\n{node.name}\n---")
        part = re.split(r"\n-+\n", part)[0]
        attributes = [i.target.id for i in node.body if isinstance(i, ast.AnnAssign)]
        assert part, node.name
        assert all(f"* - ``{name}``" in part for name in attributes)
        if "- Meaning" in part:
            assert not re.search(r"\n     -\n", part), (
                "say in its docstring what it means"
            )
        else:
            sentences = part.partition("* - Attribute")[0]
            assert all(f"``{name}``" in sentences for name in attributes), node.name


def test_every_mixin_is_listed_with_its_columns():
    text = models.text()
    mixins = [
        node
        for node in classes()
        if node.name.startswith("Abstract")
        and any("__tablename__" in ast.unparse(each) for each in node.body)
    ]
    assert len(mixins) >= 8
    for node in mixins:
        _, _, part = text.partition(f".{node.name}``")
        part = part.partition(":Mixin:")[0]
        columns = [i.target.id for i in node.body if isinstance(i, ast.AnnAssign)]
        assert part, node.name
        assert not [name for name in columns if f"* - ``{name}``" not in part]
        assert "\n     -\n" not in part, "say in its docstring what the column means"


def test_every_template_is_listed_with_its_blocks():
    text = templates.text()
    files = list(PACKAGE.rglob("*.oauth"))
    assert len(files) >= 15
    for path in files:
        asset = f"pyramid_oauth:{path.relative_to(PACKAGE).as_posix()}"
        _, _, part = text.partition(f"\n``{asset}``\n")
        assert part, asset
        blocks = re.findall(r"{%-? block (\w+)", path.read_text(encoding="utf-8"))
        listed = part.partition("\nBlocks\n")[2].partition("\n\n")[0]
        assert all(f"``{name}``" in listed for name in blocks)


def told(path):
    """What the comments of a template say, and those of what it extends."""
    source = path.read_text(encoding="utf-8")
    (comment,) = re.findall(r"\A{#(.*?)#}", source, re.DOTALL)
    above = re.findall(r'{% extends "pyramid_oauth:(.+?)"', source)
    return comment + "".join(told(PACKAGE / name) for name in above)


@pytest.mark.parametrize("path", templates.templates(), ids=lambda path: path.name)
def test_the_comment_of_a_template_names_its_variables(path):
    tree = templates.environment().parse(path.read_text(encoding="utf-8"))
    words = set(re.findall(r"\w+", told(path)))
    assert templates.variables_of(tree) - words == set()


def test_every_command_is_listed_with_its_options():
    text = commands.text()
    names = source(r"@\w+\.command\(\s*\"([\w-]+)\"")
    commands_by_path = dict(commands.walk())
    assert names <= {path.rpartition(" ")[2] for path in commands_by_path}
    for path, command in commands_by_path.items():
        assert f"    {path} " in text
        for parameter in command.params:
            if parameter.param_type_name == "option" and not parameter.hidden:
                assert parameter.opts[0] in text


def test_every_error_of_ours_is_listed_with_its_status():
    text = errors.text()
    declared = (
        source(r"\n    error = \"(\w+)\"")
        | source(r"\nERROR = \"(\w+)\"")
        | source(r"\"error\": \"(\w+)\"")
    )
    assert len(declared) >= 8
    assert "CustomOAuth2Error(" not in source(r"\b(\w+\()")
    assert not {name for name in declared if f"* - ``{name}``" not in text}
    for code, status in {
        "temporarily_unavailable": "429",
        "invalid_client": "401",
    }.items():
        _, _, part = text.partition(f"* - ``{code}``\n")
        assert status in part.partition("* -")[0]


def test_every_check_is_listed_with_its_number():
    text = checks.text()
    numbers = source(r"\"([EWN]\d{3})\"")
    assert len(numbers) > 30
    assert not {number for number in numbers if f"* - {number}\n" not in text}


def test_every_member_of_client_metadata_is_listed():
    text = client_metadata.text()
    for name in ("redirect_uris", "require_pushed_authorization_requests", "logo_uri"):
        assert f"* - ``{name}``\n" in text


def test_every_module_and_extension_is_listed():
    text = modules.text()
    top = {path.name.removesuffix(".py") for path in PACKAGE.iterdir()}
    top -= {"__init__", "__pycache__", "locale", "py.typed", "static", "templates"}
    top -= {"migrations"}
    assert not {name for name in top if f"* - ``{name}``" not in text}
    extensions = {path.parent.name for path in PACKAGE.glob("extensions/*/__init__.py")}
    assert not {name for name in extensions if f"* - ``{name}``" not in text}
