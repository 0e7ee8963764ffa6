"""New files: whole ones are found at the next start (a show keeps what it began with, whoever dies in it), half ones are left
out in one line."""

import os
import signal
from pathlib import Path

import pytest
from live_show import LiveShow
from own_copy import copy, run

EFFECT = """/*{
    "DESCRIPTION": "Everything red.",
    "INPUTS": [{"NAME": "inputImage", "TYPE": "image"},
               {"NAME": "amount", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.0, "LABEL": "how red"}]
}*/
void main() { gl_FragColor = mix(IMG_THIS_PIXEL(inputImage), vec4(1.0, 0.0, 0.0, 1.0), amount); }
"""
BEND = '''"""Nudge: a layer moves a little."""

from liveviz.bending import Piece

PARAMETER = Piece(0.0, 1.0, 0.0, "", "Nudge a layer")


def warp(x, y, amount):
    return x + amount, y
'''


@pytest.mark.live
@pytest.mark.parametrize("gone", ["", "glow.fs"])
def test_new_effects_and_bends_wait_for_the_next_start(tmp_path: Path, gone: str) -> None:
    folder = copy(tmp_path / "copy")
    words = (
        "demo",
        "--backend",
        "testcard",
        "--headless",
        "--size",
        "160x90",
        "--osc",
        "127.0.0.1:0",
        "--midi",
        "none",
    )
    film = tmp_path / "film.mp4"
    with LiveShow(tmp_path, *words, "--record", film, "--debug", env={"PYTHONPATH": str(folder)}, cwd=folder) as show:
        show.wait_for("plays the demo song")
        (folder / "shaders" / "accent.fs").write_text(EFFECT)
        (folder / "shaders" / "zebra.fs").write_text(EFFECT)
        (folder / "liveviz" / "bending" / "nudge.py").write_text(BEND)
        if gone:
            (folder / "shaders" / gone).unlink()
        for room in ("stage", "engine", "control", "audio"):
            before = show.child(room)
            os.kill(before, signal.SIGKILL)
            show.until(lambda room=room, before=before: show.child(room) != before, 20.0, f"{room} comes back")
        again = film.with_stem("film-2")
        show.until(lambda: again.is_file() and again.stat().st_size > 20_000, 30.0, "images after all of that")
        show.interrupt()
    assert show.process.returncode == 0, show.said
    assert "Error" not in show.said and "with code 1" not in show.said, show.said
    known = run(folder, "mapping", "show", "default", home=tmp_path).stdout
    for name in ("post.accent.amount", "post.zebra.amount", "bend.nudge"):
        assert name in known
    assert ("post.glow.amount" in known) == (gone != "glow.fs")


def test_a_bend_without_its_function_is_left_out_in_one_line(tmp_path: Path) -> None:
    folder = copy(tmp_path / "copy")
    head = BEND[: BEND.index("def warp")]
    for name, rest in (
        ("half", ""),
        ("third", "warp = 3"),
        ("quarter", "def twist(x): return x"),
        ("fifth", "nodes = None"),
    ):
        (folder / "liveviz" / "bending" / f"{name}.py").write_text(head + rest)
    (folder / "liveviz" / "bending" / "mixed.py").write_text(
        head + "warp = 3\ndef gain(amount, turn): return 1 + amount"
    )
    done = run(folder, "mapping", "show", "bends", home=tmp_path)
    lines = done.stderr.splitlines()
    assert done.returncode == 0 and "bend.mixed" in done.stdout and "bend.half" not in done.stdout
    for name in ("half", "third", "quarter", "fifth"):
        assert sum(f"bending/{name}.py: ValueError: has none of the functions warp" in line for line in lines) == 1, (
            lines
        )
    assert len(lines) == 4
