"""What including the package does to a host, and what it leaves alone."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pyramid.config import Configurator
from pyramid.csrf import CookieCSRFStoragePolicy
from pyramid.interfaces import (
    IDefaultCSRFOptions,
    IDefaultPermission,
    IRootFactory,
    ISecurityPolicy,
    ISessionFactory,
    ITweens,
)

from pyramid_oauth.server import SERVER
from tests.support.host import SETTINGS

POLICIES = (
    IDefaultCSRFOptions,
    IDefaultPermission,
    IRootFactory,
    ISecurityPolicy,
    ISessionFactory,
)


def include(**settings):
    """A host that includes the package and configures nothing more."""
    config = Configurator(settings={**SETTINGS, **settings})
    # The consent page needs CSRF tokens.
    config.set_csrf_storage_policy(CookieCSRFStoragePolicy())
    config.include("pyramid_oauth")
    config.commit()
    return config


def test_policies_and_tweens_of_the_host_are_left_alone():
    bare = Configurator()
    bare.commit()
    found = include().registry
    for interface in POLICIES:
        assert found.queryUtility(interface) is bare.registry.queryUtility(interface)
    tweens, before = found.getUtility(ITweens), bare.registry.getUtility(ITweens)
    assert tweens.implicit() == before.implicit()


def test_neither_engine_nor_ready_made_server_is_imported():
    """In a process of its own: the tests import both."""
    program = (
        "import sys; before = {*sys.modules}  # those of coverage, if it measures\n"
        "from pyramid.config import Configurator\n"
        "from pyramid.csrf import CookieCSRFStoragePolicy\n"
        f"config = Configurator(settings={SETTINGS!r})\n"
        "config.set_csrf_storage_policy(CookieCSRFStoragePolicy())\n"
        "config.include('pyramid_oauth'); config.commit()\n"
        "names = ('pyramid_oauth.standalone', 'pyramid_oauth.scripts', 'sqlite3',\n"
        "         'psycopg', 'pyramid_tm', 'zope.sqlalchemy')\n"
        "print(*(name for name in names if name in sys.modules.keys() - before))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == []


@pytest.mark.parametrize("extensions", ["", "pkce"])
def test_an_extension_that_is_left_out_has_no_table(extensions):
    whole = include().registry[SERVER].models.metadata.tables
    found = include(**{"pyramid_oauth.extensions": extensions})
    tables = found.registry[SERVER].models.metadata.tables
    assert "oauth_initial_access_token" in whole
    assert set(tables) < set(whole)
    assert "oauth_initial_access_token" not in tables


def test_every_action_can_be_overridden_and_inspected():
    """Each has a discriminator, and an introspectable where a directive made it."""
    config = Configurator(settings=SETTINGS)
    config.include("pyramid_oauth")
    ours = [
        action
        for action in config.action_state.actions
        if getattr(action["callable"], "__module__", "").startswith("pyramid_oauth")
    ]
    assert len(ours) > 100
    for action in ours:
        assert action["discriminator"] is not None, action
    silent = {
        str(action["discriminator"]) for action in ours if not action["introspectables"]
    }
    # These register nothing: they check, build the server and note its end; one lets
    # templates of a host extend ours.
    assert silent == {
        "oauth original templates",
        "('oauth checks', 'run')",
        "('oauth directives', 'complete')",
        "('oauth protected resources', 'complete')",
        "('oauth request methods', 'checked')",
        "('oauth server', 'complete')",
        "('oauth settings', 'complete')",
        "pyramid_oauth.token_verifier required",
    }
