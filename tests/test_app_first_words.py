"""What a show says once it plays, of every kind of show; `test_app_play` reads it from a real one."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from liveviz.cli.main import make_parser
from liveviz.runtime import first_words
from liveviz.runtime.ipc.links import Statuses
from liveviz.runtime.ipc.status import AudioStatus, ControlStatus, EngineStatus, Phase, ScreenKind, StageStatus
from liveviz.runtime.options import ShowOptions


def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> ShowOptions:
    """As the command makes them of its words."""
    from liveviz.cli.commands import play

    made: list[ShowOptions] = []

    class Nobody:
        def __init__(self, options: ShowOptions) -> None:
            made.append(options)

        def run(self) -> int:
            return 0

    monkeypatch.setattr(play, "Supervisor", Nobody)
    assert play.run(make_parser("play").parse_args(["play", *words])) == 0
    return made[0]


def status(screen: ScreenKind, ends: bool, written: list[str], source: str = "demo", presented: int = 9) -> Statuses:
    return Statuses(
        AudioStatus(phase=Phase.READY, source=source, ends=ends),
        ControlStatus(phase=Phase.READY),
        EngineStatus(phase=Phase.READY, model="wide", backend="openvino", precision="f32", device="A CPU"),
        StageStatus(phase=Phase.READY, screen=screen, written=written, frames={"presented": presented}),
    )


def test_a_window_needs_two_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = options(tmp_path, monkeypatch, "demo", "--fps", "60", "--size", "640x360")
    shown = status(ScreenKind.WINDOW, False, [])
    assert first_words.due(wanted, shown)
    assert first_words.lines(wanted, shown) == [
        "plays the demo song with the show default and the generator wide, by openvino in f32 on A CPU",
        "at 60 images a second, 640x360",
    ]


def test_nobody_is_told_before_everything_plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = options(tmp_path, monkeypatch, "demo")
    shown = status(ScreenKind.HEADLESS, True, ["/x/a.mp4"])
    for name in ("audio", "engine", "stage"):
        starts = replace(getattr(shown, name), phase=Phase.STARTING)
        assert not first_words.due(wanted, replace(shown, **{name: starts}))
    assert not first_words.due(wanted, status(ScreenKind.HEADLESS, True, ["/x/a.mp4"], presented=0))
    assert not first_words.due(wanted, status(ScreenKind.HEADLESS, True, []))  # its video has no file yet
    assert first_words.due(wanted, status(ScreenKind.HEADLESS, False, []))  # a sound card's show leaves none
    taped = options(tmp_path, monkeypatch, "demo", "--record", str(tmp_path / "a.mp4"))
    assert not first_words.due(taped, status(ScreenKind.WINDOW, False, []))


def test_a_song_without_a_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video = str(tmp_path / "my song.mp4")
    said = first_words.lines(options(tmp_path, monkeypatch, "demo"), status(ScreenKind.HEADLESS, True, [video]))
    assert said[2] == f"video: {video}, and its last image beside it at the end"
    (command,) = (line.split(": ", 1)[1] for line in said if " | ffplay -" in line)
    assert shlex.split(command)[2:-3] == ["tail", "-c", "+1", "-f", video]
    assert said[-1] == "ends with the song or with Ctrl+C" and len(said) <= 6


def test_a_card_without_a_screen_leaves_no_video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = status(ScreenKind.HEADLESS, False, [], "USB microphone")
    said = first_words.lines(options(tmp_path, monkeypatch), shown)
    assert said[0].startswith("plays USB microphone with ") and said[-1] == "ends with Ctrl+C"
    assert not any("video" in line or "ffplay" in line for line in said)
    said = first_words.lines(options(tmp_path, monkeypatch, "--seconds", "90"), shown)
    assert said[-1] == "ends after 90 s or with Ctrl+C"
