"""The pages of a host whose applications refer to its users by foreign keys."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.extensions.applications.conftest import (
    PAGE,
    Policy,
    edit,
    names,
    problems,
    register,
    stored,
)
from tests.models.test_user_key import USER_KEY, People, User, _new_host
from tests.support.provider import log_in_browser


@pytest.fixture
def user_key_pages_host(database_url):
    """A host with `user_key`; alice is number 7, and root an administrator."""
    host = _new_host(
        database_url,
        lambda config: config.include("pyramid_oauth.extensions.applications"),
        policy=Policy(),
        user_key=USER_KEY,
        accounts=People,
        administrators="group:admins",
    )
    with Session(host.engine) as session:
        session.add_all([User(id=7, name="alice"), User(id=8, name="root")])
        session.commit()
    yield host
    host.engine.dispose()


def test_the_owner_is_a_user_of_the_host(user_key_pages_host):
    alice, root = (
        log_in_browser(user_key_pages_host),
        log_in_browser(user_key_pages_host, "root"),
    )
    client = register(alice)
    assert stored(user_key_pages_host, client["client_id"]).user_id == 7
    assert names(alice.get(PAGE)) == names(root.get(PAGE, {"search": "7"})) == ["Shop"]
    for nobody in ("9", "nobody", "\N{SUPERSCRIPT TWO}"):
        assert "user_id" in problems(edit(root, client, user_id=nobody))
    edit(root, client, user_id="8").follow(status=200)
    assert stored(user_key_pages_host, client["client_id"]).user_id == 8
    assert names(alice.get(PAGE)) == []
