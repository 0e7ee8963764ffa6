"""Whole shows with the real devices: sound through PulseAudio, MIDI through JACK."""

import os
import subprocess
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
from jack_kit import controller, jack, needs_jack, own_server_name  # noqa: F401 - fixtures
from live_show import LiveShow, read_stats
from sound_server import Server, needs_pulse
from waiting import pace

from liveviz.outputs.monitors import Monitor

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone

SMALL = ("--size", "320x180", "--backend", "testcard", "--osc", "none")


@needs_pulse
def test_what_is_played_to_the_card_is_heard(home: Path, tmp_path: Path) -> None:
    sound = tmp_path / "kicks.wav"
    t = np.arange(8 * 48000) / 48000
    kicks = 0.8 * np.sin(2 * np.pi * 60 * (t % 0.5)) * np.exp(-12 * (t % 0.5))
    soundfile.write(sound, np.stack([kicks, kicks], 1), 48000)
    stats = tmp_path / "stats.json"
    server = Server(tmp_path / "pulse")
    args = ("pulse", *SMALL, "--midi", "none", "--seconds", "4", "--stats", stats)
    try:
        with LiveShow(home, *args, env=server.environment) as show:
            show.wait_for("headless")
            player = subprocess.Popen(["paplay", str(sound)], env={**os.environ, **server.environment})
            assert show.end(60) == 0, show.said
            player.terminate()
            player.wait()
    finally:
        server.kill()
    figures = read_stats(stats)
    assert figures["audio"]["source"] == "pulse"
    assert figures["audio"]["hops"] > 2.5 * figures["audio"]["sample_rate"] / 256
    assert figures["latency_ms"]["audio_to_frame"]["p50"] > 0


@needs_jack
def test_a_controller_moves_the_show(home: Path, tmp_path: Path, jack) -> None:  # noqa: F811
    stats = tmp_path / "stats.json"
    args = ("demo", *SMALL, "--mapping", "knobs", "--debug", "--stats", stats)
    with controller("knobs") as knobs, LiveShow(home, *args, cwd=tmp_path) as show:
        show.plays()
        show.until(lambda: knobs.send("b00100") or "midi.cc.1.ch.1 0.000" in show.said, 20, "the knob is heard")
        for value in range(0, 128, 8):
            knobs.send(f"b001{value:02x}")
            pace(0.02)
        knobs.send("f7")  # garbage
        show.wait_for("midi.cc.1.ch.1 0.945")
        pace(0.5)  # what is counted is said four times a second
        show.interrupt()
        assert show.process.returncode == 0, show.said
    counted = read_stats(stats)["control"]["midi"]
    assert counted["received"] >= 16
    assert counted["applied"] >= 1


def test_no_sound_card_no_midi_no_display_is_a_show(home: Path, tmp_path: Path) -> None:
    stats = tmp_path / "stats.json"
    nothing = {"PULSE_SERVER": "unix:/nowhere", "JACK_NO_START_SERVER": "1", "XDG_RUNTIME_DIR": str(tmp_path)}
    with LiveShow(home, *SMALL, "--seconds", "2", "--stats", stats, env=nothing, cwd=tmp_path) as show:
        assert show.end(40) == 0, show.said
        assert "demo" in show.said and "headless" in show.said
        assert "Traceback" not in show.said
    figures = read_stats(stats)
    assert figures["audio"]["source"] == "demo"
    assert figures["frames"]["presented"] > 20
    assert not [p for p in psutil.process_iter(["ppid"]) if p.info["ppid"] == show.process.pid]


def test_devices_tell_number_size_place_and_which_is_first(liveviz, display: str) -> None:
    said = liveviz("devices", env={"DISPLAY": display}).stdout
    monitors = said[said.index("Monitors") :].splitlines()
    assert monitors[1].endswith("(1280x720 at 0,0, primary)") and monitors[1].startswith("  0: ")
    assert monitors[2].startswith("  F takes the one that the window is on")
    second = Monitor(1, "HDMI-1", 1920, 1080, 1280, 0, 60, False)
    assert str(second) == "1: HDMI-1  (1920x1080 at 1280,0, 60 Hz)"
