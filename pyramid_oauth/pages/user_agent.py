"""Browser and system of a User-Agent header, in words (RFC 9110 section 10.1.5).

For people only, who recognize "Firefox on Windows". The header proves
nothing: any client can send any value.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_BROWSERS = (
    (re.compile(r"\b(?:Edg|EdgA|EdgiOS)/"), "Edge"),
    (re.compile(r"\bOPR/"), "Opera"),
    (re.compile(r"\bVivaldi/"), "Vivaldi"),
    (re.compile(r"\bSamsungBrowser/"), "Samsung Internet"),
    (re.compile(r"\b(?:Firefox|FxiOS)/"), "Firefox"),
    (re.compile(r"\b(?:Chrome|HeadlessChrome|CriOS|Chromium)/"), "Chrome"),
    (re.compile(r"\bVersion/[\d.]+ .*Safari/"), "Safari"),
)
"""In this order: most browsers name others, too."""

_SYSTEMS = (
    (re.compile(r"\biPhone\b"), "iPhone"),
    (re.compile(r"\biPad\b"), "iPad"),
    (re.compile(r"\bAndroid\b"), "Android"),
    (re.compile(r"\bCrOS\b"), "ChromeOS"),
    (re.compile(r"\bWindows\b"), "Windows"),
    (re.compile(r"\bMacintosh\b"), "macOS"),
    (re.compile(r"\bLinux\b"), "Linux"),
)


class Device(NamedTuple):
    """A browser and its system, each "" if it is not recognized."""

    browser: str
    system: str


def describe_device(user_agent: str) -> Device:
    """Return the names that people know of the browser and the system."""
    return Device(_first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent))


def _first(names: tuple[tuple[re.Pattern[str], str], ...], text: str) -> str:
    return next((name for pattern, name in names if pattern.search(text)), "")
