"""Members that an extension adds to introspection answers (RFC 7662 section 2.2)."""

from __future__ import annotations

from tests.support.host import obtain_tokens


def add_region(request, token):
    return {
        "region": "north",
        "client_id": "other",
        "asked_by": request.client.client_id,
    }


def test_an_introspection_member_is_added_and_replaces_no_built_in_one(new_host):
    host = new_host(lambda c: c.add_oauth_introspection("region", add_region))
    client = host.register_client()
    tokens = obtain_tokens(host, client)
    for kind in ("access_token", "refresh_token"):
        form = {"token": tokens[kind], **client}
        introspection = host.browser().post("/oauth/introspect", form).json
        assert (introspection["region"], introspection["client_id"]) == ("north", "web")
        assert (introspection["sub"], introspection["asked_by"]) == ("alice", "web")
