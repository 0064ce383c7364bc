"""`pyramid-oauth application update`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pyramid_oauth.models import KERNEL_MODELS
from pyramid_oauth.models.application import ADMINISTRATOR, OWNER
from pyramid_oauth.scripts.application_options import OPTIONS, UPDATE_OPTIONS
from tests.scripts.test_applications import WEB, load_application

pytestmark = pytest.mark.slow


def test_update_changes_what_is_named_and_nothing_else(
    standalone_ini: Path, run_json: Any
) -> None:
    application = run_json("application", "create", standalone_ini, *WEB)
    client_id = application["client_id"]

    changed = run_json(
        *("application", "update", standalone_ini, client_id, "--no-pkce"),
        *("--redirect-uri", "https://b.example/cb", "--allowed-scope", "read"),
        *("--client-metadata", '{"tos_uri": "https://a.example/tos"}', "--disabled"),
    )
    assert changed["redirect_uris"] == "https://b.example/cb"
    assert (changed["pkce_required"], changed["allowed_scopes"]) == (False, "read")
    assert changed["name"] == "Web"
    assert changed["disabled_at"] is not None
    assert "client_secret" not in changed
    assert load_application(standalone_ini, client_id).client_secret_matches(
        application["client_secret"]
    )

    updated = run_json(
        *("application", "update", standalone_ini, client_id, "--clear", "pkce"),
        *("--clear", "allowed-scope", "--clear", "disabled", "--introspection", "any"),
        *("--client-metadata", '{"tos_uri": null, "software_id": "web"}'),
    )
    assert (updated["pkce_required"], updated["allowed_scopes"]) == (None, None)
    assert (updated["disabled_at"], updated["introspection"]) == (None, "any")
    assert updated["client_metadata"] == {"software_id": "web"}


def test_an_owner_cannot_enable_what_the_command_has_disabled(
    standalone_ini: Path, run_json: Any
) -> None:
    created = run_json("application", "create", standalone_ini, *WEB, "--disabled")
    assert created["disabled_by"] == ADMINISTRATOR
    update = ("application", "update", standalone_ini, created["client_id"])
    enabled = run_json(*update, "--clear", "disabled")
    assert (enabled["disabled_at"], enabled["disabled_by"]) == (None, None)
    by_owner = run_json(*update, "--disabled", "--set", f"disabled_by={OWNER}")
    assert by_owner["disabled_by"] == OWNER
    overruled = run_json(*update, "--disabled")
    assert overruled["disabled_by"] == ADMINISTRATOR


def spellings_of(options: Any) -> dict[str, list[str]]:
    """The command-line spellings of `options`, by parameter."""

    def command(**_: object) -> None:
        """A command with the options alone."""

    for option in options:
        option(command)
    parameters = command.__click_params__  # type: ignore[attr-defined]
    return {parameter.name: parameter.opts for parameter in parameters}


def test_update_takes_every_option_of_create() -> None:
    assert set(spellings_of(OPTIONS)) - set(spellings_of(UPDATE_OPTIONS)) == {
        "client_id"
    }


def test_every_option_is_described() -> None:
    page = (Path(__file__).parents[2] / "docs/how_to/clients.rst").read_text()
    for options in spellings_of((*OPTIONS, *UPDATE_OPTIONS)).values():
        assert f"``{options[0]}``" in page


def test_update_of_the_method_creates_or_removes_the_secret(
    standalone_ini: Path, run_json: Any
) -> None:
    application = run_json("application", "create", standalone_ini, *WEB)
    update = ("application", "update", standalone_ini, application["client_id"])

    assert "client_secret" not in run_json(*update, "--public")
    assert (
        load_application(standalone_ini, application["client_id"]).client_secret is None
    )
    updated = run_json(*update, "--client-type", "confidential")
    assert updated["token_endpoint_auth_method"] == "client_secret_basic"
    assert load_application(
        standalone_ini, application["client_id"]
    ).client_secret_matches(updated["client_secret"])


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (("--public", "--no-pkce"), 1, "must not be false for a public client"),
        (("--redirect-uri", "http://a.example/cb"), 1, "redirect_uris: http://a"),
        (("--clear", "pkce", "--pkce"), 2, "pkce_required: set and cleared at once"),
        (("--client-metadata", '{"scope": null}'), 2, "scope: is null; use --clear"),
        (("--clear", "name", "--set", "name=x"), 2, "name: set and cleared"),
    ],
    ids=["public-without-pkce", "http", "pkce-twice", "null-scope", "name-twice"],
)
def test_update_refuses_what_create_refuses(
    standalone_ini: Path, run: Any, run_json: Any, more: Any, code: int, message: str
) -> None:
    application = run_json("application", "create", standalone_ini, *WEB)
    before = run_json("application", "show", standalone_ini, application["client_id"])

    refused = run(
        "application",
        "update",
        standalone_ini,
        application["client_id"],
        *more,
        code=code,
    )
    assert message in refused.stderr
    assert (
        run_json("application", "show", standalone_ini, application["client_id"])
        == before
    )


def test_every_column_of_the_mixin_has_an_option() -> None:
    """The columns that the server itself maintains are the only exceptions."""
    server_columns = {"id", "created_at", "updated_at", "revision"}
    server_columns |= {"retiring_client_secret", "retiring_client_secret_expires_at"}
    server_columns |= {"sealed_client_secret", "registration_token_digest", "source"}
    server_columns |= {"disabled_by"}

    options = set(spellings_of(OPTIONS))
    assert set(KERNEL_MODELS[0].columns) - server_columns - options == set()
