"""Members that an extension adds to introspection answers (RFC 7662 section 2.2)."""

from __future__ import annotations

from tests.support.host import tokens


def add_region(request, found):
    return {
        "region": "north",
        "client_id": "other",
        "asked_by": request.client.client_id,
    }


def test_a_contribution_adds_members_and_changes_none_of_ours(new_host):
    host = new_host(lambda c: c.add_oauth_introspection("region", add_region))
    client = host.application()
    made = tokens(host, client)
    for kind in ("access_token", "refresh_token"):
        form = {"token": made[kind], **client}
        told = host.browser().post("/oauth/introspect", form).json
        assert (told["region"], told["client_id"]) == ("north", "web")
        assert (told["sub"], told["asked_by"]) == ("alice", "web")
