"""A resource server with a scheme of its own and a view option beside the scopes."""

from collections.abc import Mapping

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.resource import InvalidToken, TokenIdentity, Unmet

NONCE = "n-1"


class Proven:
    """`Authorization: Proven TOKEN` with a header `Proof` that has our nonce."""

    name = "Proven"

    def confirm(self, request: Request, identity: TokenIdentity, token: str) -> None:
        if request.headers.get("Proof", "").partition(":")[2] != NONCE:
            raise InvalidToken(
                "the proof has no nonce of ours",
                error="use_proof_nonce",
                description="Send the nonce.",
                headers={"Proof-Nonce": NONCE},
            )

    def challenge(self, request: Request, error: str | None) -> Mapping[str, str]:
        return {"algs": "ES256"}


def is_key_proven(request: Request, value: str) -> bool:
    """Check the member `key` of a token's `cnf`."""
    return request.headers.get("Proof", "").partition(":")[0] == value


class GroupMembership:
    """What `oauth_group="staff"` asks of a token."""

    def __init__(self, group: str) -> None:
        self.group = group

    def unmet(self, request: Request, identity: TokenIdentity) -> Unmet | None:
        if self.group in identity.claims.get("groups", ()):
            return None
        return Unmet(
            "insufficient_group",
            status=403,
            description="The user is not in the group.",
            parameters={"group": self.group},
        )


def includeme(config: Configurator) -> None:
    config.add_oauth_token_scheme(Proven())
    config.add_oauth_confirmation("key", is_key_proven)
    config.add_oauth_view_option("oauth_group", GroupMembership)
