"""The launch page, which starts a login at an application (Core section 4)."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from pyramid_oauth.server import SERVER


@pytest.mark.spec("OpenID Connect Core", "4")
def test_the_launch_page_links_to_the_login_of_a_client(site):
    server = site.app.registry[SERVER]
    uri = "https://client.example/begin"
    with Session(site.app.registry["fast_session.database"].writer) as session:
        application = server.models.Application(
            client_id="starter",
            redirect_uris="https://client.example/cb",
            client_metadata={"initiate_login_uri": uri},
        )
        application.new_client_secret()
        session.add(application)
        session.commit()
    page = site.get("/launch", {"client_id": "starter"})
    link = page.html.find(id="launch-continue")
    assert link["href"].startswith(f"{uri}?iss=http%3A%2F%2Flocalhost")
    site.get("/launch", {"client_id": "demo"}, status=404)
    site.get("/launch", status=404)
