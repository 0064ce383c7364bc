"""What a token is called in access control lists.

For hosts that decide with Pyramid's ACLHelper; no RFC knows of it.
"""

from __future__ import annotations

from pyramid.authorization import Authenticated, Everyone

from pyramid_oauth.resource.token_identity import TokenIdentity

_RESERVED = ("client:", "scope:", "system.")


def token_principals(identity: TokenIdentity) -> list[str]:
    """The user id, `client:<id>`, `scope:<name>` for each scope, and Pyramid's own.

    `Authenticated` is a user: a client that acts for itself does not have it. A user
    id that reads like another principal (`scope:admin`) is left out, so that nobody
    gains a scope by choosing a name.
    """
    found = [Everyone, f"client:{identity.client_id}"]
    found += [f"scope:{scope}" for scope in sorted(identity.scopes)]
    if identity.user_id is not None:
        found.append(Authenticated)
        if not identity.user_id.startswith(_RESERVED):
            found.append(identity.user_id)
    return found
