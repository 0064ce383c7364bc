"""Pictures of the documentation: one for each flow, and one of the house."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from docs._ext.generated.application import registered
from docs._ext.pictures import house, sequence
from docs._ext.pictures.svg import LETTER, WIDTH

PAGE = (Path(__file__).parents[2] / "docs/explanation/flows.rst").read_text()
FLOWS = {
    title: [line for line in body.split("\n") if line.strip()]
    for title, body in re.findall(
        r"^\.\. sequence:: (.+)\n\n((?:   .+\n)+)", PAGE, re.MULTILINE
    )
}
SVG = "{http://www.w3.org/2000/svg}"


def text_spans(svg):
    """The left and right ends of the texts of a picture."""
    for text in ET.fromstring(svg).iter(f"{SVG}text"):
        for span in text:
            half, middle = len(span.text) * LETTER / 2, float(span.get("x"))
            if text.get("text-anchor") == "start":
                middle += half
            yield middle - half, middle + half


@pytest.mark.parametrize("title", FLOWS)
def test_a_flow_fits_the_width_of_a_phone(title):
    svg = sequence.draw(title, FLOWS[title])
    assert svg.count('class="head"') >= 2
    for left, right in text_spans(svg):
        assert left >= -1
        assert right <= WIDTH + 1


def test_a_flow_has_a_description_in_words():
    svg = sequence.draw("Ask", ["Client, Server", "Client -> Server: POST token"])
    root = ET.fromstring(svg)
    assert root.find(f"{SVG}title").text == "Ask"
    assert "1. Client to Server: POST token." in root.find(f"{SVG}desc").text


def test_a_line_with_an_unknown_participant_is_refused():
    with pytest.raises(ValueError, match="no step of Client, Server: Sever -> Client"):
        sequence.draw("Ask", ["Client, Server", "Sever -> Client: hello"])


@pytest.mark.parametrize(
    "name",
    [
        *(each.title for each in registered("oauth endpoints")),
        *(each.title for each in registered("oauth grants")),
        "nonce",
        "request_uri",
        "form post",
        "private_key_jwt",
        "initiate_login_uri",
        "backchannel_logout_uri",
        "frontchannel_logout_uri",
    ],
)
def test_every_endpoint_and_grant_has_a_flow(name):
    words = name.replace("_", " ")
    assert re.search(rf"{re.escape(name)}|{re.escape(words)}", PAGE, re.IGNORECASE)


def test_the_house_shows_every_floor_of_the_contract():
    svg = house.draw()
    texts = " ".join(ET.fromstring(svg).itertext())
    for floor in house.floors():
        assert all(name in texts for name in floor)
    assert all(right <= WIDTH for _, right in text_spans(svg))
