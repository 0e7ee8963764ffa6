"""A session for Open Stage Control, from 1.0 on: JSON in which a tab holds widgets at their places in pixels."""

import json
from typing import Any

from liveviz.reports.control_pages import LABEL_HEIGHT, Page, Widget

SUFFIX = ".json"
_VERSION = "1.0.0"  # the oldest that reads it


def write(pages: list[Page], target: tuple[str, int]) -> bytes:
    """The file.

    Args:
        target: (host, port) where liveviz hears OSC.
    """
    where = [f"{target[0]}:{target[1]}"]
    tabs = [
        {
            "type": "tab",
            "id": f"page_{number}",
            "label": page.title,
            "widgets": [part for one in page.widgets for part in _parts(one, where)],
        }
        for number, page in enumerate(pages, 1)
    ]
    root = {"type": "root", "id": "root", "tabs": tabs, "widgets": []}
    session = {"createdWith": "Open Stage Control", "version": _VERSION, "type": "session", "content": root}
    return json.dumps(session, indent=1).encode()


def _parts(one: Widget, where: list[str]) -> list[dict[str, Any]]:
    """A label, and the control below it; a button is its own label."""
    place = {"left": one.x, "top": one.y, "width": one.width, "height": one.height}
    speaks = {"id": one.address, "address": one.address, "target": where, "comments": one.help}
    if one.kind == "button":
        return [{"type": "button", "mode": "tap", "label": one.label, "on": 1, "off": 0, **speaks, **place}]
    below = place | {"top": one.y + LABEL_HEIGHT, "height": one.height - LABEL_HEIGHT}
    label = {"type": "text", "id": f"label {one.address}", "default": one.label, "bypass": True, "interaction": False}
    label |= place | {"height": LABEL_HEIGHT}
    if one.kind == "toggle":
        return [
            label,
            {
                "type": "button",
                "mode": "toggle",
                "label": "",
                "on": 1,
                "off": 0,
                "default": one.rest,
                **speaks,
                **below,
            },
        ]
    fader = {"type": "fader", "horizontal": True, "design": "compact", "range": {"min": 0, "max": 1}}
    fader |= {"default": round(one.rest, 6), "doubleTap": True, "decimals": 4, "typeTags": "f"}
    return [label, {**fader, **speaks, **below}]
