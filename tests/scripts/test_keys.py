"""`pyramid-oauth keys`, `init` and `check` on the ini of a provider."""

from __future__ import annotations

import json
import warnings

import pytest
from pyramid.paster import get_app
from webtest import TestApp

from pyramid_oauth import clock
from pyramid_oauth.jose.jwk import private_jwk
from tests.support.command_line import STANDALONE
from tests.support.key_material import private_key
from tests.support.secret import SECRET

NEW_SECRET = SECRET[::-1]
OPENID = "pyramid_oauth.openid = true\npyramid_oauth.signing_algorithms = RS256 ES256\n"
DAY = 86400


@pytest.fixture
def keyless_ini(write_ini, sqlite_url, run):
    """The ini of a provider with tables and no key."""
    path = write_ini(STANDALONE, sqlite_url, OPENID)
    run("upgrade", path)
    return path


@pytest.fixture
def read_published_keys(keyless_ini):
    """A function that starts the server and returns its published keys."""

    def read():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            app = get_app(str(keyless_ini))
        keys = TestApp(app).get("/oauth/jwks").json["keys"]
        app.registry["fast_session.database"].dispose()
        return {key["kid"]: key["alg"] for key in keys}

    return read


def listed_keys(run, ini):
    lines = run("keys", "list", ini).stdout.splitlines()
    return [line.split()[:3] for line in lines]


def test_init_makes_the_first_keys_once(run, keyless_ini, read_published_keys):
    """The demo starts with its keys."""
    output = run("init", keyless_ini).stdout
    assert "Made a key for RS256." in output
    assert "Made a key for ES256." in output
    assert {(alg, state) for _, alg, state in listed_keys(run, keyless_ini)} == {
        ("RS256", "active"),
        ("ES256", "active"),
    }
    before = read_published_keys()
    assert "Made a key" not in run("init", keyless_ini).stdout
    assert read_published_keys() == before


@pytest.mark.slow
@pytest.mark.spec("OpenID Connect Core", "10.1.1")
def test_a_key_is_published_before_and_after_it_signs(
    run, keyless_ini, read_published_keys
):
    """The whole life of a key, by the daily command."""
    with clock.frozen() as time:
        run("keys", "rotate", keyless_ini)
        (old,) = (
            kid for kid, alg, _ in listed_keys(run, keyless_ini) if alg == "RS256"
        )
        assert run("keys", "rotate", keyless_ini).stdout == "nothing is due\n"
        time.advance(90 * DAY - 1800)
        assert (
            "made a key for RS256 (next)" in run("keys", "rotate", keyless_ini).stdout
        )
        assert list(read_published_keys().values()).count("RS256") == 2
        time.advance(DAY)
        assert f"supersede {old}" in run("keys", "rotate", keyless_ini).stdout
        assert old in read_published_keys()
        time.advance(2 * DAY)
        assert f"retire {old}" in run("keys", "rotate", keyless_ini).stdout
        assert old not in read_published_keys()


def test_keys_are_generated_imported_and_retired(
    run, keyless_ini, tmp_path, read_published_keys
):
    """Generate, import, use at once, retire."""
    generated = run("keys", "generate", keyless_ini, "--alg", "EdDSA").stdout.split()[0]
    path = tmp_path / "key.json"
    path.write_text(json.dumps(private_jwk(private_key("ES256"))))
    imported = run("keys", "import", keyless_ini, path).stdout.split()[0]
    assert read_published_keys() == {generated: "EdDSA", imported: "ES256"}
    run("keys", "rotate", keyless_ini, "--at-once", "ES256")
    assert [imported, "ES256", "active"] in listed_keys(run, keyless_ini)
    run("keys", "retire", keyless_ini, generated, "--compromised")
    assert generated not in read_published_keys()


def test_reseal_moves_keys_from_the_secret_to_a_key_encryption_key(
    run, write_ini, sqlite_url, keyless_ini
):
    """`reseal` encrypts them again with the new key."""
    run("keys", "rotate", keyless_ini)
    more = f"pyramid_oauth.key_encryption_keys =\n    {NEW_SECRET}\n    {SECRET}\n"
    both = write_ini(STANDALONE, sqlite_url, OPENID + more, "both.ini")
    assert run("keys", "reseal", both).stdout == "2 resealed\n"
    assert run("keys", "reseal", both).stdout == "0 resealed\n"


def test_check_reports_missing_keys(run, keyless_ini, write_ini, sqlite_url):
    """No key, an overdue rotation, a key that cannot be decrypted."""

    def check_numbers(path, code):
        findings = json.loads(run("check", path, "--json", code=code).stdout)
        return {finding["number"] for finding in findings}

    assert "E211" in check_numbers(keyless_ini, 1)
    with clock.frozen() as time:
        run("keys", "rotate", keyless_ini)
        assert not check_numbers(keyless_ini, 0) & {"E211", "E212", "W311"}
        time.advance(92 * DAY)
        assert "W311" in check_numbers(keyless_ini, 0)
    more = f"{OPENID}pyramid_oauth.key_encryption_keys = {NEW_SECRET}\n"
    assert "E212" in check_numbers(
        write_ini(STANDALONE, sqlite_url, more, "other.ini"), 1
    )


def test_no_database_key_is_made_for_an_algorithm_with_a_key_file(
    run, write_ini, sqlite_url, tmp_path, keyless_ini
):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [private_jwk(private_key("RS256"))]}))
    more = f"pyramid_oauth.openid = true\npyramid_oauth.signing_key_files = {path}\n"
    with_file = write_ini(STANDALONE, sqlite_url, more, "file.ini")
    assert "Made a key" not in run("init", with_file).stdout
    assert run("keys", "rotate", with_file).stdout == "nothing is due\n"
    assert listed_keys(run, with_file) == []


def test_a_key_whose_kid_begins_with_a_dash_can_be_named(run, keyless_ini):
    """One thumbprint in 64 does; here no key has it, which the error says."""
    assert "-_6uf5F5" in run("keys", "retire", keyless_ini, "-_6uf5F5", code=1).stderr
