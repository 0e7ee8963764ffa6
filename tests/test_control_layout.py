"""Layouts for tablets: every parameter and every button is there once, at an address that the show listens to, and nothing
lies on anything else."""

import json
import xml.etree.ElementTree as ET
import zlib

import pytest

from liveviz.cli.main import main
from liveviz.reports import control_pages
from liveviz.runtime import composition, osc_commands

PARAMETERS = {p.osc for p in composition.registry()}
BUTTONS = {address for address, asks in osc_commands.COMMAND_ADDRESSES.items() if "press" in asks.takes}
EXPECTED = PARAMETERS | BUTTONS | {"/liveviz/rest"}


def test_every_control_has_a_place_of_its_own():
    pages = control_pages.pages()
    found = [one.address for page in pages for one in page.widgets]
    assert len(found) == len(set(found)) and set(found) == EXPECTED
    for page in pages:
        places = {(one.x, one.y) for one in page.widgets}
        assert len(places) == len(page.widgets)
        for one in page.widgets:
            assert one.x + one.width <= control_pages.WIDTH and one.y + one.height <= control_pages.HEIGHT
            assert 0.0 <= one.rest <= 1.0 and one.label and one.help


def test_touchosc(tmp_path, capsys):
    out = tmp_path / "show.tosc"
    assert main(["control", "layout", "touchosc", "-o", str(out)]) == 0
    root = ET.fromstring(zlib.decompress(out.read_bytes()))
    assert (root.tag, root.get("version")) == ("lexml", "3")
    pager = root.find("node/children/node")
    titles = [group.findtext("properties/property[key='tabLabel']/value") for group in pager.findall("children/node")]
    assert titles == [page.title for page in control_pages.pages()]
    sent = {}
    for osc in root.iter("osc"):
        assert osc.findtext("arguments/partial/value") == "x"
        sent[osc.findtext("path/partial/value")] = osc.findtext("triggers/trigger/condition")
    assert set(sent) == EXPECTED
    assert {address for address, when in sent.items() if when == "RISE"} == EXPECTED - PARAMETERS
    identities = [node.get("ID") for node in root.iter("node")]
    assert len(identities) == len(set(identities))


def test_open_stage_control(tmp_path, capsys):
    out = tmp_path / "show.json"
    assert main(["control", "layout", "open-stage-control", "-o", str(out), "--osc", "192.168.0.7:9000"]) == 0
    session = json.loads(out.read_text())
    assert (session["createdWith"], session["type"]) == ("Open Stage Control", "session")
    widgets = [one for tab in session["content"]["tabs"] for one in tab["widgets"]]
    speaking = [one for one in widgets if "address" in one]
    assert {one["address"] for one in speaking} == EXPECTED
    assert all(one["target"] == ["192.168.0.7:9000"] for one in speaking)
    assert len({one["id"] for one in widgets}) == len(widgets)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["touchosc", "-o", "x.json"], ".tosc"),
        (["open-stage-control", "-o", "x.tosc"], ".json"),
        (["open-stage-control", "-o", "x.json", "--osc", "9000"], "HOST:PORT"),
        (["lemur", "-o", "x"], "touchosc"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, monkeypatch, capsys, words, says):
    monkeypatch.chdir(tmp_path)
    assert main(["control", "layout", *words]) == 2
    assert says in capsys.readouterr().err and not list(tmp_path.iterdir())
