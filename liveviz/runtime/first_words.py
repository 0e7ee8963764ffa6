"""What a show says once it plays: what is heard and seen, at what rate, and where it can be seen where nobody sees it."""

import shlex
import socket
from pathlib import Path

from liveviz.runtime.options import ShowOptions

Status = dict[str, dict]  # by room, what it said last


def due(options: ShowOptions, status: Status) -> bool:
    """Whether everything plays, and what is recorded has its file."""
    if any(status[room].get("state") != "ready" for room in ("ears", "engine", "stage")):
        return False
    if not status["stage"].get("frames", {}).get("presented"):
        return False
    unseen = status["stage"].get("screen") == "headless"
    taped = options.record is not None or (unseen and status["ears"].get("ends", False))
    return not taped or bool(status["stage"].get("tape", {}).get("written"))


def lines(options: ShowOptions, status: Status) -> list[str]:
    """In plain words, a line each; two of them, and up to five more where there is no window.

    Args:
        status: for which `due` is true.
    """
    ears, engine, stage = status["ears"], status["engine"], status["stage"]
    width, height = options.size
    heard = "the demo song" if ears.get("source") == "demo" else f"{ears.get('source', '')}"
    drawn = f"{engine.get('model', '')}, by {engine.get('backend', '')} in {engine.get('precision', '')}"
    said = [
        f"plays {heard} with the show {options.mapping.stem} and the generator {drawn} on {engine.get('device', '')}",
        f"at {options.fps:g} pictures a second, {width}x{height}",
    ]
    unseen = stage.get("screen") == "headless"
    written = stage.get("tape", {}).get("written", [])
    if written:
        said.append(f"video: {written[-1]}" + ", and its last picture beside it at the end" * (options.record is None))
    if unseen:
        said += _to_see_it(written)
        ends = ["with the song"] if ears.get("ends") else []
        ends += [] if options.seconds is None else [f"after {options.seconds:g} s"]
        said.append("ends " + " or ".join([*ends, "with Ctrl+C"]))
    return said


def _to_see_it(written: list[str]) -> list[str]:
    found = ["to see it live: play it where there is a display, which opens a window"]
    if written:
        path, host = shlex.quote(str(Path(written[-1]))), socket.gethostname()
        found.append(f"or from its beginning, on another machine: ssh {host} tail -c +1 -f {path} | ffplay -")
    return found
