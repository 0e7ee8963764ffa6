"""Compiling a generator for a show that is under way: in a process of its own, which leaves what it made in the cache
folder, gives way to the show in all it does, and ends at once when nobody wants it any more."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from typing import IO

from liveviz import bending
from liveviz.runtime.options import ShowOptions
from liveviz.spec import LivevizError
from liveviz.system.threads import start_behind, step_up

_LOOK_EVERY = 0.1
_PATIENCE_LOOKS = 40  # that it takes only time which nobody wants; then a hand waits for it that has moved something


def stages_text(stages: Iterable[bending.BendSlot]) -> str:
    """Stages of bends for a command line: `8:*move,64:blur`."""
    return ",".join(f"{stage.layer}:{stage.name}" for stage in sorted(stages))


def parse_stages(text: str) -> bending.Topology:
    """The inverse; what a generator cannot have is left out when it is compiled."""
    pairs = (part.partition(":") for part in text.split(",") if part)
    return frozenset(bending.BendSlot(int(layer), name) for layer, _, name in pairs if layer.isdecimal())


def prepare(
    name: str,
    before: str | None,
    stages: bending.Topology,
    options: ShowOptions,
    wanted: Callable[[], bool],
    told: Callable[[int, int], None] = lambda done, parts: None,
) -> None:
    """Compile the generator `name`, and what is between `before` and it, with a place for these bends.

    Args:
        told: (done, parts), whenever one more part is compiled, in a thread of its own.
    Raises: LivevizError where it cannot be had, or is not `wanted` any more.
    """
    words = ["model", "compile", name, *(["--from", before] if before is not None else [])]
    backend, _, device = options.backend.partition(":")
    words += [
        "--backend",
        backend,
        *(["--device", device] if device else []),
        "--stages",
        stages_text(stages),
        "--parts",
    ]
    words += ["--size", f"{options.size[0]}x{options.size[1]}", "--wide", options.wide]
    mistakes: list[str] = []
    with open(os.devnull, "wb") as nowhere:
        started = start_behind(
            [sys.executable, "-m", "liveviz", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=nowhere
        )
        reader = threading.Thread(
            target=_read, args=(started.stdout, told, mistakes), name="compile-parts", daemon=True
        )
        reader.start()
        patience = _PATIENCE_LOOKS
        while started.poll() is None:
            try:
                started.wait(timeout=_LOOK_EVERY)
            except subprocess.TimeoutExpired:
                patience -= 1
                if patience == 0:
                    step_up(started.pid, process=True)
                if not wanted():
                    started.kill()
                    started.wait()
                    raise LivevizError("is not wanted any more") from None
        reader.join()
    if started.returncode < 0:
        raise LivevizError(f"compiling it was ended by signal {-started.returncode}")
    if started.returncode != 0:
        raise LivevizError(mistakes[-1] if mistakes else "cannot be compiled")


def progress_line(done: int, parts: int) -> str:
    """What the compiling process says on its standard output when one more part is done: a line of JSON."""
    return json.dumps({"done": done, "parts": parts})


def mistake_line(error: LivevizError) -> str:
    """... and when it cannot go on."""
    return json.dumps({"error": str(error)})


def _read(lines: IO[str], told: Callable[[int, int], None], mistakes: list[str]) -> None:
    with lines:
        for line in lines:
            try:
                said = json.loads(line)
            except ValueError:  # a library that talks
                continue
            match said:
                case {"done": int(done), "parts": int(parts)}:
                    told(done, parts)
                case {"error": str(text)}:
                    mistakes.append(text)
