"""Client metadata: one table of every standard member, and what must hold of it.

RFC 7591 section 2, OpenID Connect Dynamic Client Registration 1.0 section 2.
"""

from __future__ import annotations

from pyramid_oauth.models.client_metadata import MEMBERS, client_metadata, member_named
from pyramid_oauth.models.client_metadata_fields import Member

__all__ = ["MEMBERS", "Member", "client_metadata", "member_named"]
