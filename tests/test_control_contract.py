"""Every control source there is keeps its promise, none is missing, and a new one is one new file: its messages can be routed
from and learned, its commands are done, and it may lead the beat."""

import threading
from pathlib import Path
from typing import Any

import pytest
from live_show import LiveShow
from own_copy import copy, run

from liveviz.inputs.control import source
from liveviz.inputs.control.source import SourceSetup
from liveviz.runtime import composition
from liveviz.spec import ADDRESSES, Address, Command, ControlMessage, LivevizError, Tempo
from liveviz.system.clock import now

FILES = sorted(p.stem for p in Path(source.__file__).with_name("sources").glob("[!_]*.py"))
WHERE = {"osc": "127.0.0.1:0"}


def opened(name: str, **more: Any) -> tuple[source.ControlSource, threading.Event]:
    wake = threading.Event()
    found = source.load(name).open_source(SourceSetup(now, wake, where=WHERE.get(name), **more))
    assert found is not None
    return found, wake


def test_every_file_is_found_and_only_files() -> None:
    assert source.names() == FILES and {"midi", "osc"} <= set(FILES)
    with pytest.raises(LivevizError, match="no source named 'theremin'; there are midi, osc"):
        source.load("theremin")


@pytest.mark.parametrize("name", FILES)
def test_contract(name: str) -> None:
    module = source.load(name)
    assert isinstance(module.ALWAYS, bool) and module.__doc__
    assert all(isinstance(address, Address) for address in module.ADDRESSES)
    one, _ = opened(name)
    one.close()  # without a start
    one, _ = opened(name)
    one.listens = frozenset({"/a"})
    one.start()
    try:
        began = now()
        for _ in range(100):
            for came in one.poll():
                assert isinstance(came, ControlMessage | Command | Tempo)
        report = one.report()
        assert now() - began < 1.0, "poll and report do not wait"
        assert (report.received, report.rejected, report.dropped, report.reconnects) == (0, 0, 0, 0)
        assert all(isinstance(place, str) for place in report.places)
    finally:
        began = now()
        one.close()
        one.close()
        assert now() - began < 3.0


def test_no_two_kinds_of_control_share_an_address() -> None:
    kinds = [*ADDRESSES, *source.addresses()]
    for text in ("midi.cc.1", "midi.cc.1.ch.3", "midi.note.60", "midi.program.5", "midi.aftertouch.60.ch.1", "midi.start",
                 "midi.nrpn.300", "midi.pitch", "midi.pressure.ch.16", "key.space", "/a/b"):  # fmt: skip
        assert sum(kind.matches(text) for kind in kinds) == 1, text
    for text in (
        "midi.cc.128",
        "midi.clock",
        "midi.note.1.ch.17",
        "midi.program",
        "midi.nrpn.16384",
        "key.nothing",
        "a/b",
        "/a b",
    ):
        assert not any(kind.matches(text) for kind in kinds), text


NEW = '''"""A wheel that turns by itself, taps a beat of 150 BPM and asks for the mapping's rest: for the test."""

import os

from liveviz.inputs.control.mailbox import Mailbox
from liveviz.inputs.control.source import SourceReport
from liveviz.spec import Address, Command, CommandKind, ControlMessage, Tempo

ADDRESSES = (Address(r"wheel[.][12]", "knob", "wheel.1-2", "a wheel"),)
ALWAYS = False


def open_source(rig):
    return Wheel(rig)


class Wheel:
    def __init__(self, rig):
        self.listens, self._rig, self._mailbox, self._turn = None, rig, Mailbox(rig.wake), 0
        self._asked = False

    def start(self):
        open(self._rig.where, "w").write("started")

    def poll(self):
        self._turn += 1
        t = self._rig.now()
        came = [Tempo(150.0, t * 2.5, t, "wheel")]
        if not 90 < self._turn < 200:
            came += [ControlMessage("wheel.1", (self._turn % 50) / 50, t)]
        if self._turn > 100 and not self._asked:
            self._asked = True
            came += [Command(CommandKind.LEARN, "bend.rotate", 0.0, t)]
        if self._turn > 130:
            came += [ControlMessage("wheel.2", 0.75, t)]
        state = self._rig.state()
        if "bend.rotate" in state.learned and state.tempo is not None:
            told = open(self._rig.where + ".new", "w")
            told.write(
                f"{state.learned} {state.tempo.source} {state.tempo.bpm} {state.values['bend.zoom']} {state.values['bend.rotate']}"
            )
            told.close()
            os.replace(told.name, self._rig.where)
        return came

    def report(self):
        return SourceReport(received=self._turn)

    def close(self):
        pass
'''
MAPPING = """version = 1
[latent]
base = { seeds = [1, 2], loop_bars = 4 }
[set]
"bend.rotate" = 0.0
[[route]]
from = "wheel.1"
to = "bend.zoom"
range = [0.1, 0.4]
takeover = "jump"
"""


@pytest.mark.live
def test_a_new_source_is_one_new_file(tmp_path: Path) -> None:
    folder = copy(tmp_path / "copy")
    (folder / "liveviz/inputs/control/sources/wheel.py").write_text(NEW.replace("\\\\\\\\", "\\\\"))
    show, told = tmp_path / "show.toml", tmp_path / "told.txt"
    show.write_text(MAPPING)
    checked = run(folder, "mapping", "check", show, home=tmp_path)
    assert checked.returncode == 0, checked.stderr
    wrong = run(folder, "play", "demo", "--control", "weel", home=tmp_path)
    assert wrong.returncode == 2 and "there are wheel" in wrong.stderr
    words = ("demo", "--backend", "testcard", "--headless", "--size", "160x90", "--osc", "none", "--midi", "none")
    more = ("--mapping", show, "--control", f"wheel:{told}", "--seconds", "30")
    with LiveShow(tmp_path, *words, *more, env={"PYTHONPATH": str(folder)}, cwd=folder) as playing:
        playing.until(lambda: told.is_file() and "wheel.2" in told.read_text(), 20.0, "learned")
        ends: list[str] = []
        playing.until(lambda: ends.append(told.read_text()) or len(set(ends)) > 3, 10.0, "the wheel turns the zoom")
        playing.interrupt()
    assert playing.process.returncode == 0, playing.said
    learned, tempo, bpm, zoom, rotate = ends[-1].rsplit(" ", 4)
    assert learned == "{'bend.rotate': 'wheel.2'}" and tempo == "wheel" and abs(float(bpm) - 150.0) < 0.1
    assert 0.1 <= float(zoom) <= 0.4 and abs(float(rotate) - composition.registry()["bend.rotate"].at(0.75)) < 0.01
