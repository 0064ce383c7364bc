"""Names for the interactive shell `pshell` (Pyramid's `[pshell] setup`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyramid_oauth.transactions import transaction


def setup(env: dict[str, Any]) -> Iterator[None]:
    """Add `oauth`, `models`, `session` and `Application`; commit when the shell ends.

    In the ini file: ``[pshell]`` with ``setup = pyramid_oauth.scripts.pshell.setup``.

    Args:
        env: The names of the shell.
    """
    with transaction(env["request"]) as request:
        oauth = request.oauth
        env.update(
            oauth=oauth,
            models=oauth.models,
            session=oauth.session,
            Application=oauth.models.Application,
        )
        yield
