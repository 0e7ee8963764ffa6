"""Compiling a generator for a show that is under way: in a process of its own, which leaves what it made in the cache
folder, gives way to the show in all it does, and ends at once when nobody wants it any more."""

import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from typing import IO

from liveviz import bending
from liveviz.runtime.options import ShowOptions
from liveviz.spec import LivevizError
from liveviz.system.threads import start_behind, step_up

_LOOK_EVERY = 0.1
_PATIENCE_LOOKS = 40  # that it takes only time which nobody wants; then a hand waits for it that has moved something


def stages_text(stages: Iterable[bending.Stage]) -> str:
    """Stages of bends for a command line: `8:*move,64:blur`."""
    return ",".join(f"{stage.layer}:{stage.name}" for stage in sorted(stages))


def parse_stages(text: str) -> bending.Topology:
    """The inverse; what a generator cannot have is left out when it is compiled."""
    pairs = (part.partition(":") for part in text.split(",") if part)
    return frozenset(bending.Stage(int(layer), name) for layer, _, name in pairs if layer.isdecimal())


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
    with tempfile.TemporaryFile() as said:
        started = start_behind(
            [sys.executable, "-m", "liveviz", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
        )
        reader = threading.Thread(target=_read, args=(started.stdout, told), name="compile-parts", daemon=True)
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
        said.seek(0)
        lines = said.read().decode(errors="replace").strip().splitlines() or ["cannot be compiled"]
    if started.returncode < 0:
        raise LivevizError(f"compiling it was ended by signal {-started.returncode}")
    if started.returncode != 0:
        raise LivevizError(lines[-1].removeprefix("liveviz: error: "))


def part_line(done: int, parts: int) -> str:
    """What the compiling process says when one more part is done."""
    return f"part {done} of {parts}"


def _read(lines: IO[str], told: Callable[[int, int], None]) -> None:
    with lines:
        for line in lines:
            if found := re.fullmatch(r"part (\d{1,3}) of (\d{1,3})", line.strip()):
                told(int(found[1]), int(found[2]))
