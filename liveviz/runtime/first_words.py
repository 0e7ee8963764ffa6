"""What a show says once it plays: what is heard and seen, at what rate, and where it can be seen where nobody sees it."""

import shlex
import socket
from pathlib import Path

from liveviz.runtime.ipc.links import Statuses
from liveviz.runtime.ipc.status import Phase, ScreenKind
from liveviz.runtime.options import ShowOptions


def due(options: ShowOptions, said: Statuses) -> bool:
    """Whether everything plays, and what is recorded has its file."""
    if any(one.phase is not Phase.READY for one in (said.audio, said.engine, said.stage)) or not said.stage.presented:
        return False
    unseen = said.stage.screen is ScreenKind.HEADLESS
    recorded = options.films or (unseen and not options.sinks and said.audio.ends)
    return not recorded or bool(said.stage.written)


def lines(options: ShowOptions, said: Statuses) -> list[str]:
    """In plain words, a line each; two of them, and up to five more where there is no window.

    Args:
        said: for which `due` is true.
    """
    audio, engine, stage = said.audio, said.engine, said.stage
    width, height = options.size
    heard = "the demo song" if audio.source == "demo" else audio.source
    drawn = f"{engine.model}, by {engine.backend} in {engine.precision}"
    found = [
        f"plays {heard} with the show {options.mapping.stem} and the generator {drawn} on {engine.device}",
        f"at {options.fps:g} images a second, {width}x{height}",
    ]
    if written := [path for path in stage.written if path.endswith(".mp4")]:
        found.append(f"video: {written[-1]}" + ", and its last image beside it at the end" * (not options.sinks))
    if stage.screen is ScreenKind.HEADLESS:
        found += _to_see_it(written)
        ends = ["with the song"] if audio.ends else []
        ends += [] if options.seconds is None else [f"after {options.seconds:g} s"]
        found.append("ends " + " or ".join([*ends, "with Ctrl+C"]))
    return found


def _to_see_it(written: list[str]) -> list[str]:
    found = ["to see it live: play it where there is a display, which opens a window"]
    if written:
        path, host = shlex.quote(str(Path(written[-1]))), socket.gethostname()
        found.append(f"or from its beginning, on another machine: ssh {host} tail -c +1 -f {path} | ffplay -")
    return found
