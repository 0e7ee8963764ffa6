"""Calibration: clicks that went through a known delay are found, and nothing is believed that was not heard."""

import os
import re
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from sound_server import Server, needs_pulse

from liveviz.cli import roundtrip
from liveviz.runtime import settings
from liveviz.spec import AudioBlock, LivevizError

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone

RATE = roundtrip.RATE_HZ


def blocks(samples: np.ndarray, rate: int, start: float) -> list[AudioBlock]:
    return [
        AudioBlock(samples[at : at + 256, None], rate, start + (at + len(samples[at : at + 256])) / rate)
        for at in range(0, len(samples), 256)
    ]


def track(folder: Path, clicks: int) -> np.ndarray:
    with wave.open(str(roundtrip.click_track(folder / "clicks.wav", clicks))) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768


@pytest.mark.parametrize(("delay", "rate", "noise"), [(0.037, 48_000, 0.0), (0.12, 44_100, 0.02), (0.3, 96_000, 0.05)])
def test_a_known_delay_is_measured(tmp_path: Path, delay: float, rate: int, noise: float) -> None:
    played = track(tmp_path, 8)
    random = np.random.default_rng(4)
    t = np.arange(int((len(played) / RATE + 1.0) * rate)) / rate
    heard = np.interp(t - delay, np.arange(len(played)) / RATE, 0.2 * played, left=0.0, right=0.0)
    heard = (heard + noise * random.standard_normal(t.size)).astype(np.float32)
    found = roundtrip.evaluate("mic", blocks(heard, rate, 5.0), blocks(played, RATE, 5.0), 8)
    assert found.heard == 8
    assert found.median == pytest.approx(delay, abs=0.001) and found.spread < 0.001


def test_what_is_not_heard_is_not_measured(tmp_path: Path) -> None:
    played = track(tmp_path, 6)
    noise = 0.1 * np.random.default_rng(5).standard_normal(len(played)).astype(np.float32)
    for heard in (np.zeros_like(played), noise):
        with pytest.raises(LivevizError, match="heard 0 of 6 clicks"):
            roundtrip.evaluate("mic", blocks(heard, RATE, 0.0), blocks(played, RATE, 0.0), 6)


def test_settings_are_kept_by_device_and_a_broken_file_costs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(settings.platformdirs, "user_config_path", lambda name: tmp_path / name)
    assert settings.latency_offset("mic") == 0.0
    settings.keep_latency_offset('a "strange" name', -0.012)
    file = settings.keep_latency_offset("mic", 0.0374)
    assert settings.latency_offset("mic") == pytest.approx(0.0374)
    assert settings.latency_offset('a "strange" name') == pytest.approx(-0.012)
    for broken in (
        "[latency_offset_ms",
        "latency_offset_ms = 3",
        "[latency_offset_ms]\nmic = true",
        "[latency_offset_ms]\nmic = 9e9",
    ):
        file.write_text(broken)
        caplog.clear()
        assert settings.latency_offset("mic") == 0.0
        assert "is left out" in caplog.text and len(caplog.records) == 1


@needs_pulse
def test_calibrate_measures_a_null_sink_and_play_would_take_it(tmp_path: Path, home: Path) -> None:
    server = Server(tmp_path / "pulse")
    environment = {**os.environ, **server.environment, "HOME": str(home), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    command = [sys.executable, "-m", "liveviz", "calibrate", "pulse", "--clicks", "4"]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        ms = float(re.search(r"pulse: (-?[\d.]+) ms later", done.stdout)[1])
        assert -60 < ms < 60  # a null sink is heard by its own monitor: what is left is the error of the two stamps
        assert (tmp_path / "config/liveviz/settings.toml").read_text() == f'[latency_offset_ms]\n"pulse" = {ms}\n'
    finally:
        server.kill()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stderr.count("\n") <= 2 and "Traceback" not in done.stderr
