"""The pages on the way to the first second factor of an account, in a browser."""

from __future__ import annotations

import pytest

from tests.chromium.conftest import make_site, serve
from tests.chromium.test_accounts import MORE, link_in_mail
from tests.chromium.test_pages import log_in
from tests.chromium.test_protections import check
from tests.support.ports import free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OFF, ON = "confirm_first_factor = false", "confirm_first_factor = true"
SUBJECT = "Are you setting up a second step?"


@pytest.fixture(scope="module")
def confirming(tmp_path_factory):
    """The ini file and the origin of a server that confirms the first factor."""
    port = free_port()
    ini = make_site(tmp_path_factory.mktemp("confirming"), port, MORE)
    ini.write_text(ini.read_text().replace(OFF, ON))
    with serve(ini, port) as origin:
        yield ini, origin


def test_a_link_in_a_mail_leads_to_the_first_factor(look, confirming):
    ini, origin = confirming
    log_in(look, origin)
    look.goto(f"{origin}/two-step")
    look.click("#add-app button")
    look.wait_for_selector("#outcome")
    assert not look.is_visible("#app-secret")
    check(look, "first-factor-mail")
    look.goto(link_in_mail(ini, "alice@example.org", SUBJECT))
    check(look, "first-factor-confirmed")
    look.click("#outcome-on")
    look.click("#add-app button")
    look.wait_for_selector("#app-secret")
    check(look, "first-factor-app")
