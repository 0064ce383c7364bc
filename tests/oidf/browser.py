"""A browser without JavaScript that is driven by the conformance suite's steps.

It does what the suite's own (HtmlUnit) does: visits, fills fields and presses buttons
by id, follows redirects, keeps cookies; the URL keeps its fragment.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qsl, urldefrag, urlencode, urljoin, urlsplit

import requests
from bs4 import BeautifulSoup

MOST_REDIRECTS = 20


def matches(pattern, url):
    """The suite's patterns: `*` is anything, the rest is itself."""
    parts = (re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), url, re.DOTALL) is not None


@dataclass
class Page:
    """The current page of a browser, and the request that led to it."""

    url: str
    status: int
    text: str
    method: str = "GET"
    form: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)

    @property
    def soup(self):
        return BeautifulSoup(self.text, "html.parser")

    def element(self, kind, target):
        attributes = {"id": {"id": target}, "name": {"name": target}}[kind]
        return self.soup.find(attrs=attributes)


class StepRunner:
    """Runs the steps of the suite; subclasses visit pages and execute the commands."""

    def run(self, entries, url, method="GET"):
        """Visit `url` and do the tasks of the first entry that matches it."""
        entry = next(entry for entry in entries if self._may_serve(entry, url))
        self.served[id(entry)] += 1
        self.visit(url, method)
        for task in entry["tasks"]:
            url_now = self.page.url
            is_applicable = matches(task.get("match", "*"), url_now)
            assert is_applicable or task.get("optional"), (
                f"{task['task']} does not fit {url_now}:\n{self.page.text[:2000]}"
            )
            for command in task.get("commands", ()) if is_applicable else ():
                self._execute(command)
        return self.page

    @cached_property
    def served(self):
        """How often each entry was used."""
        return Counter()

    def _may_serve(self, entry, url):
        is_left = self.served[id(entry)] < entry.get("match-limit", math.inf)
        return is_left and matches(entry["match"], url)

    def _execute(self, command):
        name, kind, target, *rest = command
        if name == "text":
            self._type(kind, target, *rest)
        elif name == "click":
            self._click(kind, target, *rest)
        else:
            assert name == "wait", command
            self._wait(kind, target, *rest)


class Browser(StepRunner):
    """A browser with its own cookies, the current page and the values typed into it."""

    def __init__(self, authority):
        self.session = requests.Session()
        self.session.verify = authority
        # The environment may name a proxy, or other authorities.
        self.session.trust_env = False
        self.page = None
        self.typed = {}
        self.screenshots = []
        self.visited = []

    def visit(self, url, method="GET"):
        """Go to `url`; its query is the form where the method is POST."""
        if method == "POST":
            address, _, query = url.partition("?")
            return self._go("POST", address, dict(parse_qsl(query)))
        return self._go("GET", url)

    def _go(self, method, url, form=None):
        for _ in range(MOST_REDIRECTS):
            self.visited.append(url)
            headers = {"Origin": self._origin()} if method == "POST" else {}
            answer = self.session.request(
                method,
                urldefrag(url)[0],
                data=form,
                headers=headers,
                allow_redirects=False,
                timeout=30,
            )
            if not answer.is_redirect:
                break
            method, form = (
                ("GET", None) if answer.status_code != 307 else (method, form)
            )
            url = urljoin(url, answer.headers["Location"])
        else:
            raise AssertionError(f"redirected for ever: {self.visited[-3:]}")
        self.page = Page(
            url, answer.status_code, answer.text, method, form or {}, answer.headers
        )
        self.typed = {}
        self._load_frames()
        return self.page

    def _load_frames(self):
        for frame in self.page.soup.find_all("iframe", src=True):
            self.session.get(urljoin(self.page.url, frame["src"]), timeout=30)

    def _origin(self):
        if self.page is None:
            return "null"
        parts = urlsplit(self.page.url)
        return f"{parts.scheme}://{parts.netloc}"

    def _type(self, kind, target, value, optional=None):
        element = self.page.element(kind, target)
        assert element or optional == "optional", f"no field {target}: {self.page.text}"
        if element:
            self.typed[element["name"]] = value

    def _click(self, kind, target, optional=None):
        element = self.page.element(kind, target)
        assert element or optional == "optional", f"no {target}: {self.page.text}"
        if element:
            self.press(element)

    def _wait(self, kind, target, _, expression=None, action=None):
        if kind in ("contains", "match"):
            self._refresh()
            pattern = re.escape(target) if kind == "contains" else target
            assert re.search(pattern, self.page.url), self.page.url
            return
        element = self.page.element(kind, target)
        text = element.get_text(" ", strip=True) if element else ""
        assert element, f"no {target} at {self.page.url}: {self.page.text}"
        assert not expression or re.search(expression, text), f"{target}: {text!r}"
        if action:
            self.screenshots.append((target, self.page.text))

    def _refresh(self):
        """Follow the page's own refresh, without the delay."""
        meta = self.page.soup.find("meta", attrs={"http-equiv": "refresh"})
        if meta:
            _, _, url = meta["content"].partition("url=")
            self.visit(urljoin(self.page.url, url))

    def press(self, element):
        """Follow a link, or submit the form of a button."""
        if element.name == "a":
            return self.visit(urljoin(self.page.url, element["href"]))
        form = element.find_parent("form")
        fields = {}
        for control in form.find_all(["input", "textarea"]):
            is_submitted = control.get("type") not in (
                "checkbox",
                "radio",
            ) or control.has_attr("checked")
            if control.get("name") and control.get("type") != "submit" and is_submitted:
                fields[control["name"]] = control.get("value", control.get_text())
        fields |= {name: v for name, v in self.typed.items() if name in fields}
        if element.get("name"):
            fields[element["name"]] = element.get("value", "")
        action = urljoin(self.page.url, form.get("action") or self.page.url)
        if form.get("method", "get").lower() == "post":
            return self._go("POST", action, fields)
        return self._go("GET", f"{action}?{urlencode(fields)}")
