"""The files of deploy/: the systemd unit and the containers."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def read_unit():
    return (DEPLOY / "oauth.service").read_text()


def unit_command():
    (line,) = re.findall(
        r"^ExecStart=(.*)$", read_unit().replace("\\\n", " "), re.MULTILINE
    )
    return shlex.split(line)


def test_systemd_accepts_the_unit(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd")
    # The user and the program are not on this machine.
    local_unit = re.sub(r"ExecStart=\S+", f"ExecStart={sys.executable}", read_unit())
    (tmp_path / "oauth.service").write_text(local_unit)
    verified = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "oauth.service")],
        capture_output=True,
        text=True,
    )
    assert (verified.returncode, verified.stderr) == (0, "")


def test_compose_accepts_its_file(tmp_path):
    if shutil.which("docker-compose") is None:
        pytest.skip("no docker-compose")
    for file in DEPLOY.iterdir():
        if file.is_file():
            shutil.copy(file, tmp_path)
    (tmp_path / "environment").write_text("PYRAMID_OAUTH_SECRET=x\n")
    result = subprocess.run(
        ["docker-compose", "-f", str(tmp_path / "compose.yaml"), "config"],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    for service in ("database", "server", "proxy"):
        assert f"  {service}:" in result.stdout


def test_container_unit_and_documentation_start_the_same_command():
    options = unit_command()[1:]
    dockerfile = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    (command,) = re.findall(r"^CMD (\[.*\])$", dockerfile, re.MULTILINE)
    assert json.loads(command)[1:] == options
    documented = (ROOT / "docs/how_to/production.rst").read_text().replace("\\\n", " ")
    (line,) = re.findall(r"^    granian (.*)$", documented, re.MULTILINE)
    address = ["--host", "127.0.0.1", "--port", "8000"]
    assert shlex.split(line) == [option for option in options if option not in address]


def test_the_container_has_this_release_and_the_locked_server():
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    chosen = dict(re.findall(r"^ARG (\w+)=(\S+)$", dockerfile, re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lock = (ROOT / "requirements" / "browser.txt").read_text()
    (granian,) = re.findall(r"^granian==(\S+)", lock, re.MULTILINE)
    assert chosen == {"PYRAMID_OAUTH": project["version"], "GRANIAN": granian}


def test_the_stop_timeout_is_longer_than_that_of_the_workers():
    options = unit_command()
    limit = int(options[options.index("--workers-kill-timeout") + 1])
    assert limit < int(re.findall(r"TimeoutStopSec=(\d+)", read_unit())[0])
    compose = (DEPLOY / "compose.yaml").read_text()
    assert limit < int(re.findall(r"stop_grace_period: (\d+)s", compose)[0])
