"""A secret for servers under test.

It is random: a server refuses secrets that stand in the repository.
"""

from __future__ import annotations

from secrets import token_urlsafe

SECRET = token_urlsafe(32)
