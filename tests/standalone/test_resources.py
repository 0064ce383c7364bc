"""Resources of the ready-made server, by its ini file alone (RFC 8707)."""

from __future__ import annotations

import pytest
from pyramid.config import Configurator

from pyramid_oauth.server import SERVER
from tests.support.provider import ISSUER
from tests.support.secret import SECRET

SETTINGS = {
    "pyramid_oauth.issuer": ISSUER,
    "pyramid_oauth.prefix": "/oauth",
    "pyramid_oauth.secret": SECRET,
    "standalone.session_secret": SECRET,
}


@pytest.mark.parametrize(
    ("settings", "is_included"),
    [({}, False), ({"pyramid_oauth.resources": "https://api.example/ = API"}, True)],
)
def test_an_ini_file_with_resources_includes_the_extension(
    tmp_path, settings, is_included
):
    url = {"sqlalchemy.url": f"sqlite:///{tmp_path}/site.sqlite"}
    config = Configurator(settings={**SETTINGS, **url, **settings})
    config.include("pyramid_oauth.standalone")
    config.commit()
    known = config.registry[SERVER].parameters["token"].by_name
    assert ("resource" in known) is is_included
