"""Settings of foreign keys to the users of the host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to


@dataclass(frozen=True, kw_only=True)
class UserKeySettings(Section):
    """To which users the columns refer, and what deleting one of them does."""

    user_key: Any = setting(
        to.optional_dotted,
        None,
        "The attribute of your mapped class of users that identifies them, such as "
        "`mypackage.models.User.id`: every column that holds a user becomes a foreign "
        "key of its type. The accounts adapter returns it, as text, for `subject`.",
    )
    user_ondelete: str = setting(
        to.choice("cascade", "restrict"),
        "cascade",
        "With `user_key`, what happens to grants, tokens, consents and other rows of a "
        "user who is deleted: `cascade` deletes them, `restrict` refuses the deletion.",
    )
    owner_ondelete: str = setting(
        to.choice("set null", "cascade", "restrict"),
        "set null",
        "With `user_key`, what happens to applications that a deleted user owns: they "
        "lose their owner (`set null`), are deleted with their tokens (`cascade`), or "
        "prevent the deletion (`restrict`).",
    )
