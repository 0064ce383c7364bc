"""Every code block of the documentation is run, or says why it is not.

The comment before a block is its mark. `.. run: python` (`ini`, `command`, `json`,
`make`, `sql`) is run here, `shell` and the like by `test_tutorial.py`, and `by PATH` by
the tests at that path; `.. not run: REASON` says why none does.
"""

from __future__ import annotations

import json
import linecache
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from configparser import ConfigParser
from pathlib import Path
from types import ModuleType, SimpleNamespace
from uuid import uuid4

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from docs._ext.generated import client_metadata
from pyramid_oauth.scripts.main import commands
from pyramid_oauth.standalone.mail.settings import MailSettings
from pyramid_oauth.standalone.settings import StandaloneSettings
from tests.docs.block_namespace import (
    SETTINGS,
    build_configurator,
    build_host_modules,
    build_namespace,
)
from tests.support.code_blocks import find_blocks, find_unlabelled_literals
from tests.support.command_line import STANDALONE, run_command
from tests.support.repetitions import repeat_after
from tests.support.secret import SECRET

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.rst")),
]
PAGES = [page for page in PAGES if "_build" not in page.parts]
BLOCKS = [block for page in PAGES for block in find_blocks(page)]
TUTORIAL_WAYS = {"shell", "server", "output", "browser"}
WAYS = {"python", "ini", "command", "json", "make", "sql"}

INCLUDED_EXTENSIONS = {"add_a_grant": "docs.examples.tenants"}
"""For each page, the extension that its host includes beside the library."""

TENANT_SETTINGS = {"pyramid_oauth.tenants": "acme"}
"""The settings of this extension."""


def find_blocks_to_run(way):
    return [
        pytest.param(block, id=str(block))
        for block in BLOCKS
        if (block.mark, block.words) == ("run", way)
    ]


def test_every_code_block_is_marked_as_run_or_not_run(capsys):
    assert [str(block) for block in BLOCKS if not block.mark] == []
    for page in PAGES:
        assert find_unlabelled_literals(page) == [], page
    kinds = Counter(block.words.split()[0] for block in BLOCKS if block.mark == "run")
    assert set(kinds) <= WAYS | TUTORIAL_WAYS | {"by"}
    skipped = sum(block.mark == "not run" for block in BLOCKS)
    with capsys.disabled():
        ways = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        print(f"\n{len(BLOCKS)} code blocks: {skipped} not run, {ways}")


def test_pages_with_shell_blocks_are_followed():
    pages = {block.page for block in BLOCKS if block.words in TUTORIAL_WAYS}
    tests = (ROOT / "tests/docs/test_tutorial.py").read_text(encoding="utf-8")
    assert not [
        page for page in pages if f"{page.parent.name}/{page.name}" not in tests
    ]


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.words.startswith("by ")], ids=str
)
def test_the_test_that_a_mark_names_exists(block):
    assert (ROOT / block.words.removeprefix("by ")).exists()
    if block.is_included:
        assert (ROOT / "docs" / block.language.lstrip("/")).resolve().is_file()


@pytest.fixture
def host_folder(monkeypatch, tmp_path):
    """The current folder; the modules that the pages import exist."""
    for name, module in build_host_modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def initialized_site(tmp_path_factory):
    """The folder of a ready-made server: its ini file, a database and a key file."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "your.ini").write_text(
        STANDALONE.format(
            url="sqlite:///%(here)s/site.sqlite",
            more="pyramid_oauth.openid = true\n"
            "pyramid_oauth.registration = initial_access_token\n"
            "standalone.sign_up = invitation\n"
            "standalone.mail.host = mail.example.org\n"
            "standalone.mail.sender = no-reply@example.org\n",
        )
    )
    run_command("init", folder / "your.ini")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder


@pytest.fixture
def your_ini(host_folder, initialized_site):
    """The ini file of a ready-made server of the test's own."""
    shutil.copytree(initialized_site, host_folder, dirs_exist_ok=True)
    return host_folder / "your.ini"


@pytest.mark.parametrize("block", find_blocks_to_run("python"))
def test_a_python_block_runs(block, host_folder, request, monkeypatch):
    names = build_namespace(block.page.stem)
    if "config_file_name" in block.text:
        path = str(request.getfixturevalue("your_ini"))
        names["context"] = SimpleNamespace(
            config=SimpleNamespace(config_file_name=path)
        )
    lines = block.text.splitlines(keepends=True)
    monkeypatch.setitem(linecache.cache, str(block), (0, None, lines, str(block)))
    module = ModuleType(names["__name__"])
    vars(module).update(names)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(block.text, str(block), "exec"), vars(module))
    if "config." in block.text and "context." not in block.text:
        names["config"].commit()


@pytest.mark.parametrize("block", find_blocks_to_run("ini"))
def test_the_server_starts_with_the_settings_of_a_block(block, host_folder):
    secret, keys = host_folder / "oauth.secret", host_folder / "other-jwks.json"
    secret.write_text(SECRET)
    keys.write_text('{"keys": []}')
    text = block.text.replace("/etc/myapp/oauth.secret", str(secret))
    text = text.replace("/etc/myapp/mail.password", str(secret))
    text = text.replace("/etc/oauth/other-jwks.json", str(keys))
    parser = ConfigParser(interpolation=None)
    parser.read_string(f"[app:main]\n{text}")
    settings = dict(parser["app:main"])
    if url := settings.pop("sqlalchemy.url", None):
        assert make_url(url).host
    session_secret = {"standalone.session_secret": SECRET}
    StandaloneSettings.parse(SETTINGS | session_secret | settings)
    MailSettings.parse(settings)
    has_tenants = block.page.stem in INCLUDED_EXTENSIONS or "tenants" in block.text
    config = build_configurator(settings | (TENANT_SETTINGS if has_tenants else {}))
    if block.page.stem in INCLUDED_EXTENSIONS:
        config.include(INCLUDED_EXTENSIONS[block.page.stem])
    config.commit()


@pytest.mark.parametrize("block", repeat_after(6, find_blocks_to_run("command")))
def test_the_commands_of_a_block_succeed(block, your_ini):
    text = block.text.replace("\\\n", " ").replace(".venv/bin/", "")
    for line in filter(None, text.splitlines()):
        name, *words = shlex.split(line, comments=True)
        assert name == "pyramid-oauth"
        arguments = [_replace_argument(word, your_ini) for word in words]
        result = CliRunner().invoke(commands, arguments, input="correct horse 7\n" * 2)
        assert result.exit_code == 0, f"{line}\n{result.output}"


def _replace_argument(word, ini):
    """Replace an ini file or key of the page by that of the test's server."""
    if word.endswith(".ini"):
        return str(ini)
    if word == "KID":
        lines = map(str.split, run_command("keys", "list", ini).splitlines())
        return next(kid for kid, _, state, *_ in lines if state == "active")
    return word


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("block", find_blocks_to_run("make"))
def test_the_targets_of_a_block_exist(block):
    """`make --dry-run` tells what it would do; .ci/run does it in a fresh clone."""
    for line in block.text.splitlines():
        name, *words = shlex.split(line, comments=True)
        assert name == "make"
        result = subprocess.run(
            ["make", "--dry-run", *words], cwd=ROOT, capture_output=True, text=True
        )
        assert result.returncode == 0, f"{line}\n{result.stderr}"


@pytest.mark.parametrize("block", find_blocks_to_run("json"))
def test_the_members_of_a_json_block_are_known(block):
    listed_metadata = client_metadata.text()
    assert all(f"``{name}``" in listed_metadata for name in json.loads(block.text))


@pytest.mark.postgresql
@pytest.mark.parametrize("block", find_blocks_to_run("sql"))
def test_postgresql_accepts_a_block(block, postgresql_url):
    engine = create_engine(postgresql_url, poolclass=NullPool)
    role = f"oauth_{uuid4().hex}"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role}")
        for statement in filter(str.strip, block.text.split(";")):
            statement_with_role = re.sub(r"\boauth\b", role, statement)
            connection.exec_driver_sql(statement_with_role)
        connection.rollback()
