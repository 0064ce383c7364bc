"""The tutorial, command by command, as docs/tutorials/tutorial.rst shows them."""

from __future__ import annotations

import shlex
import shutil
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner
from pyramid.paster import get_app
from webtest import TestApp

from pyramid_oauth.scripts.main import commands
from tests.docs.test_examples import EXAMPLES, example

PAGE = (EXAMPLES.parent / "tutorials/tutorial.rst").read_text()


def shown(start):
    """The lines of the page that begin with `start`, as a shell splits them."""
    lines = [line.strip() for line in PAGE.splitlines()]
    return [shlex.split(line) for line in lines if line.startswith(start)]


def curl(browser, command, **given):
    """What such a command does, without a network."""
    words = [given.get(word, word) for word in command]
    pairs = list(pairwise(words))
    (url,) = (word for word in words if word.startswith("http://localhost"))
    for flag, value in pairs:
        if flag == "-u":
            user, _, secret = value.partition(":")
            browser.authorization = ("Basic", (user, given[secret]))
        if flag == "-H":
            kind, token = value.removeprefix("Authorization: ").split()
            browser.authorization = (kind, given[token])
    form = dict(value.split("=", 1) for flag, value in pairs if flag == "-d")
    form = {name: given.get(value, value) for name, value in form.items()}
    path = urlsplit(url).path
    answer = browser.post(path, form) if form else browser.get(path)
    browser.authorization = None
    return answer.json


@pytest.fixture
def tutorial_browser(tmp_path):
    example("tutorial")
    ini = shutil.copy(EXAMPLES / "tutorial.ini", tmp_path)
    browser = TestApp(get_app(str(ini)), extra_environ={"HTTP_HOST": "localhost:6543"})
    browser.ini = str(ini)
    return browser


def test_the_commands_of_the_tutorial_lead_to_a_working_token(tutorial_browser):
    ((_, *words),) = shown("env/bin/pyramid-oauth")
    words = [tutorial_browser.ini if word == "tutorial.ini" else word for word in words]
    result = CliRunner().invoke(commands, words)
    assert result.exit_code == 0, result.output
    (secret,) = (
        line.split(": ")[1]
        for line in result.stdout.splitlines()
        if line.startswith("client_secret:")
    )
    own, call, redemption = shown("curl")
    tutorial_browser.get("/api/hello", status=401)
    token = curl(tutorial_browser, own, SECRET=secret)["access_token"]
    assert curl(tutorial_browser, call, TOKEN=token) == {"user": None, "client": "web"}

    ((address,),) = shown("http://localhost:6543/oauth/authorize")
    path = address.removeprefix("http://localhost:6543")
    form = tutorial_browser.get(path, status=303).follow().form
    form["username"], form["password"] = "alice", "wonderland"
    page = form.submit(status=303).follow(status=303).follow(status=200)
    answer = page.forms["oauth-consent"].submit("decision", value="allow")
    code = parse_qs(urlsplit(answer.location).query)["code"][0]
    token = curl(tutorial_browser, redemption, SECRET=secret, CODE=code)["access_token"]
    assert curl(tutorial_browser, call, TOKEN=token) == {
        "user": "alice",
        "client": "web",
    }
    again = tutorial_browser.get(path, status=303).location
    assert again.startswith("http://127.0.0.1/callback?code=")
