"""A layout for TouchOSC (the one of 2021 and later): XML, packed with zlib. A node is a control; a pager has a group for each
page. Every control speaks and listens at its address, so that who subscribes to it sees the faders move."""

import uuid
import xml.etree.ElementTree as ET
import zlib

from liveviz.reports.control_pages import HEIGHT, LABEL_HEIGHT, WIDTH, Page, Widget

SUFFIX = ".tosc"
# The empty line is how a file of ours is known from one that was changed in the editor
START = b'<?xml version="1.0" encoding="UTF-8"?>\n\n<lexml version="3">'

_TAB_HEIGHT = 44
_NAMES = uuid.UUID("6f0c2a34-6c11-4b36-9d2e-9c0d1f4b7a10")  # the same layout has the same identities
_ORIENTATION_EAST, _TOGGLE_PRESS, _MOMENTARY = "1", "1", "0"
_COLOUR = {"r": "0.25", "g": "0.6", "b": "0.9", "a": "1"}
_GROUND = {"r": "0.05", "g": "0.05", "b": "0.08", "a": "1"}


def write(pages: list[Page], target: tuple[str, int]) -> bytes:
    """The file.

    Args:
        target: not in it: in TouchOSC, a connection belongs to the device.
    """
    root = _node("GROUP", "liveviz", (0, 0, WIDTH, HEIGHT + _TAB_HEIGHT), _GROUND)
    pager = _node("PAGER", "pages", (0, 0, WIDTH, HEIGHT + _TAB_HEIGHT), _GROUND)
    _property(pager, "i", "tabbarSize", str(_TAB_HEIGHT))
    _value(pager, "page", "0")
    _children(root).append(pager)
    for page in pages:
        group = _node("GROUP", page.title, (0, _TAB_HEIGHT, WIDTH, HEIGHT), _GROUND)
        _property(group, "s", "tabLabel", page.title)
        _children(pager).append(group)
        for one in page.widgets:
            _children(group).extend(_parts(one))
    body = ET.tostring(root, encoding="unicode").encode()
    return zlib.compress(START + body + b"</lexml>")


def _parts(one: Widget) -> list[ET.Element]:
    label = _node("LABEL", f"label {one.address}", (one.x, one.y, one.width, LABEL_HEIGHT), _GROUND)
    _property(label, "b", "interactive", "0")
    _value(label, "text", one.label)
    place = one.x, one.y + LABEL_HEIGHT, one.width, one.height - LABEL_HEIGHT
    control = _node("FADER" if one.kind == "fader" else "BUTTON", one.address, place, _COLOUR)
    if one.kind == "fader":
        _property(control, "i", "orientation", _ORIENTATION_EAST)
    else:
        _property(control, "i", "buttonType", _TOGGLE_PRESS if one.kind == "toggle" else _MOMENTARY)
    _value(control, "x", f"{one.rest:g}")
    _value(control, "touch", "false")
    _speak(control, one)
    return [label, control]


def _speak(control: ET.Element, one: Widget) -> None:
    """Its one message: the address, and its value."""
    osc = ET.SubElement(_child(control, "messages"), "osc")
    listens = "0" if one.kind == "button" else "1"
    for tag, text in (
        ("enabled", "1"),
        ("send", "1"),
        ("receive", listens),
        ("feedback", "0"),
        ("connections", "00001"),
    ):
        ET.SubElement(osc, tag).text = text
    trigger = ET.SubElement(ET.SubElement(osc, "triggers"), "trigger")
    ET.SubElement(trigger, "var").text = "x"
    ET.SubElement(trigger, "condition").text = "RISE" if one.kind == "button" else "ANY"
    for tag, kind, conversion, value in (
        ("path", "CONSTANT", "STRING", one.address),
        ("arguments", "VALUE", "FLOAT", "x"),
    ):
        partial = ET.SubElement(ET.SubElement(osc, tag), "partial")
        for name, text in (
            ("type", kind),
            ("conversion", conversion),
            ("value", value),
            ("scaleMin", "0"),
            ("scaleMax", "1"),
        ):
            ET.SubElement(partial, name).text = text


def _node(kind: str, name: str, frame: tuple[int, int, int, int], colour: dict[str, str]) -> ET.Element:
    node = ET.Element("node", ID=str(uuid.uuid5(_NAMES, f"{kind} {name}")), type=kind)
    for part in ("properties", "values", "messages", "children"):
        ET.SubElement(node, part)
    _property(node, "s", "name", name)
    _property(node, "b", "background", "1")
    _property(node, "c", "color", colour)
    _property(node, "r", "frame", dict(zip("xywh", map(str, frame), strict=True)))
    return node


def _property(node: ET.Element, kind: str, key: str, value: str | dict[str, str]) -> None:
    one = ET.SubElement(_child(node, "properties"), "property", type=kind)
    ET.SubElement(one, "key").text = key
    written = ET.SubElement(one, "value")
    if isinstance(value, str):
        written.text = value
    else:
        for part, number in value.items():
            ET.SubElement(written, part).text = number


def _value(node: ET.Element, key: str, default: str) -> None:
    one = ET.SubElement(_child(node, "values"), "value")
    for tag, text in (
        ("key", key),
        ("locked", "0"),
        ("lockedDefaultCurrent", "0"),
        ("default", default),
        ("defaultPull", "0"),
    ):
        ET.SubElement(one, tag).text = text


def _children(node: ET.Element) -> ET.Element:
    return _child(node, "children")


def _child(node: ET.Element, tag: str) -> ET.Element:
    found = node.find(tag)
    assert found is not None
    return found
