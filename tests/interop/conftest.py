"""The provider of tests/oidf, and browsers and origins for relying parties."""

from __future__ import annotations

import pytest

from tests.oidf.browser import Browser

ORIGIN = "https://rp.example"


class Person:
    """Alice at her browser; she logs in, allows and confirms by the suite's steps."""

    def __init__(self, certificates, configuration):
        self.browser = Browser(certificates)
        self.steps = configuration["browser"]

    def follow(self, url, arrival):
        """Go to `url` and answer the pages until the browser is sent to `arrival`."""
        entry = next(entry for entry in self.steps if entry["match"].rstrip("*") in url)
        tasks = [*entry["tasks"][:-1], {"task": "Arrived", "match": f"{arrival}*"}]
        return self.browser.run([{"match": "*", "tasks": tasks}], url).url


@pytest.fixture
def alice(ca_file, configurations):
    return Person(ca_file, configurations["basic-dynamic"])
