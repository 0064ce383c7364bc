"""`pyramid-oauth keys` on a database with keys alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from sqlalchemy.orm import Session

from pyramid_oauth.jose.jwk import generate, private_jwk
from pyramid_oauth.keystore import repository
from pyramid_oauth.keystore.repository import KeyStore
from pyramid_oauth.keystore.settings import KeystoreSettings
from pyramid_oauth.scripts.keys import get_keys, keys
from pyramid_oauth.settings import PREFIX, Settings
from tests.support.key_database import SigningKey, open_key_database
from tests.support.key_material import private_key

Run = Callable[..., Result]


def settings_with(*key_encryption_keys: str) -> Settings:
    """The settings of an OpenID Provider with an ES256 key."""
    values = {
        "key_encryption_keys": "\n".join(key_encryption_keys),
        "jwks_max_age": "3600",
        "key_token_lifetime": "3600",
        "signing_algorithms": "ES256",
    }
    settings = Settings.parse({PREFIX + name: value for name, value in values.items()})
    settings.add(KeystoreSettings)
    return settings


def request_on(session: Session) -> Any:
    """A request of an application with keys in the database."""
    settings = settings_with("k" * 32)
    models = SimpleNamespace(SigningKey=SigningKey)
    oauth = SimpleNamespace(settings=settings, models=models, session=session)
    return SimpleNamespace(oauth=oauth)


@pytest.fixture
def keys_request() -> Iterator[Any]:
    """The request behind the ini file."""
    with open_key_database() as session:
        yield request_on(session)


@pytest.fixture
def store(keys_request: Any) -> KeyStore:
    """The server's keys."""
    return get_keys(keys_request).store


@pytest.fixture
def run_keys(keys_request: Any, tmp_path: Path) -> Run:
    """Run one `keys` command on the server."""
    ini = tmp_path / "server.ini"
    ini.touch()

    @contextmanager
    def opened(path: str) -> Iterator[Any]:
        assert path == str(ini)
        yield keys_request

    def invoke(command: str, *arguments: str) -> Result:
        line = [command, str(ini), *arguments]
        return CliRunner().invoke(keys, line, obj=opened)

    return invoke


def successful_output(result: Result) -> str:
    """The output of a command, which must have succeeded."""
    assert result.exit_code == 0, result.output
    return result.output


def test_the_first_rotation_makes_the_configured_keys(run_keys: Run) -> None:
    """The second rotation has nothing to do."""
    assert successful_output(run_keys("rotate")) == "made a key for ES256 (active)\n"
    assert successful_output(run_keys("rotate")) == "nothing is due\n"
    assert " active " in successful_output(run_keys("list"))


def test_a_rotation_can_be_started_manually(run_keys: Run, store: KeyStore) -> None:
    """The next key is published; it signs later, or at once with `--at-once`."""
    run_keys("rotate")
    assert (
        successful_output(run_keys("rotate", "--begin"))
        == "made a key for ES256 (next)\n"
    )
    first, second = sorted(store.records(), key=lambda key: key.state)
    assert (
        successful_output(run_keys("rotate", "--at-once", "ES256"))
        == f"{second.kid} signs now\n"
    )
    assert (first.state, second.state) == ("retiring", "active")


def test_no_generated_kid_reads_like_an_option(
    run_keys: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `kid` that begins with a hyphen could not be given to `keys retire`."""
    made = (generate("EdDSA") for _ in count())
    like_an_option = next(key for key in made if key.thumbprint()[0] == "-")
    other = next(key for key in made if key.thumbprint()[0] != "-")
    keys_to_make = iter((like_an_option, other))
    monkeypatch.setattr(repository, "generate", lambda *_, **__: next(keys_to_make))
    kid = successful_output(run_keys("generate", "--alg", "EdDSA")).split()[0]
    assert kid == other.thumbprint()


def test_a_kid_may_begin_with_a_hyphen(run_keys: Run, store: KeyStore) -> None:
    """An imported key can have such a `kid`, whatever letters follow."""
    made = (generate("EdDSA") for _ in count())
    is_like_help = re.compile("-.*h").match
    key = next(key for key in made if is_like_help(key.thumbprint()))
    kid = store.add(key, "EdDSA").kid
    assert successful_output(run_keys("retire", kid)) == f"{kid} retired\n"


def test_a_key_is_generated_and_retired(run_keys: Run, store: KeyStore) -> None:
    """An unused key is retired at once; a compromised key is marked in the list."""
    kid = successful_output(run_keys("generate", "--alg", "EdDSA")).split()[0]
    assert successful_output(run_keys("retire", kid)) == f"{kid} retired\n"
    run_keys("rotate")
    active = next(key.kid for key in store.records() if key.alg == "ES256")
    run_keys("retire", active, "--compromised")
    line = next(
        x
        for x in successful_output(run_keys("list")).splitlines()
        if x.startswith(active)
    )
    assert "retired" in line
    assert line.endswith("compromised")


def test_keys_are_imported(run_keys: Run, store: KeyStore, tmp_path: Path) -> None:
    """From an encrypted PEM file and from a JWK set."""
    native = private_key("RS256").private_key
    pem = native.private_bytes(  # type: ignore[union-attr]
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open")
    )
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "password").write_text("open\n")
    password = ["--password-file", str(tmp_path / "password")]
    successful_output(
        run_keys("import", str(tmp_path / "key.pem"), "--alg", "PS256", *password)
    )
    jwks = {"keys": [private_jwk(private_key(alg)) for alg in ("ES256", "EdDSA")]}
    (tmp_path / "jwks.json").write_text(json.dumps(jwks))
    assert (
        successful_output(run_keys("import", str(tmp_path / "jwks.json"))).count("next")
        == 2
    )
    algs = sorted(key.alg for key in store.records())
    assert algs == ["ES256", "EdDSA", "PS256"]


def test_reseal_encrypts_private_keys_with_the_new_key(
    run_keys: Run, keys_request: Any
) -> None:
    """After a change of the key-encryption key in the settings."""
    run_keys("rotate")
    keys_request.oauth.settings = settings_with("n" * 32, "k" * 32)
    assert successful_output(run_keys("reseal")) == "1 resealed\n"
    assert successful_output(run_keys("reseal")) == "0 resealed\n"


@pytest.mark.parametrize(
    "line",
    [
        ("retire", "no-such-key"),
        ("generate", "--alg", "HS256"),
        ("generate", "--alg", "RS256", "--rsa-bits", "1024"),
        ("rotate", "--at-once", "none"),
        ("import", "/dev/null"),
    ],
    ids=" ".join,
)
def test_a_usage_error_is_reported_without_a_traceback(
    run_keys: Run, line: tuple[str, ...]
) -> None:
    """Exit code 1 or 2, and no traceback."""
    result = run_keys(*line)
    assert result.exit_code in (1, 2)
    assert "Error: " in result.output
    assert isinstance(result.exception, SystemExit)


def test_the_output_has_no_private_member(run_keys: Run, store: KeyStore) -> None:
    """Neither `generate` nor `list` prints private members."""
    output = successful_output(
        run_keys("generate", "--alg", "ES256")
    ) + successful_output(run_keys("list"))
    assert all(key.sealed and key.sealed not in output for key in store.records())
    assert '"d"' not in output
