"""What the machine plays, captured: with a real sound server through its monitor, and through the loopback that Windows
offers, whose library speaks to the same server here."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sound_server import Server, needs_pulse, server, sweep  # noqa: F401 - the fixture

from liveviz.inputs.audio import sources, system
from liveviz.spec import LivevizError
from liveviz.system.clock import now

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone


@needs_pulse
@pytest.mark.skipif(shutil.which("paplay") is None, reason="paplay is not installed")
def test_what_another_program_plays_is_heard(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("PULSE_SOURCE", "nowhere")  # put back at the end: opening system sound sets it
    soundfile.write(tmp_path / "sweep.wav", sweep(3.0), 44_100)
    ear = sources.open_live("system", now, loop=False)
    assert ear.label == "system sound" and ear.channels == 2 and ear.duration is None
    ear.start()
    player = subprocess.Popen(["paplay", str(tmp_path / "sweep.wav")])
    loudest, until = 0.0, now() + 10.0
    while loudest < 0.3 and now() < until:
        loudest = max([loudest, *(float(np.abs(b.samples).max()) for b in ear.blocks(0.1))])
    player.kill()
    player.wait()
    assert loudest > 0.3
    ear.close()


LOOPBACK = """
import numpy as np
import soundcard
from liveviz.system.clock import now
from liveviz.inputs.audio.system import LoopbackSource
get = soundcard.get_microphone  # Windows finds a speaker's loopback by the speaker's id, PulseAudio calls it its monitor
soundcard.get_microphone = lambda id, include_loopback: get(id + ".monitor", include_loopback=include_loopback)
source = LoopbackSource(now, 256)
source.start()
loudest, count, last, until = 0.0, 0, float("-inf"), now() + 8.0
while (loudest < 0.3 or count < 100) and now() < until:
    for block in source.blocks(0.1):
        assert block.samples.shape == (256, 2) and block.samples.dtype == np.float32 and last <= block.time <= now()
        loudest, count, last = max(loudest, float(np.abs(block.samples).max())), count + 1, block.time
source.close()
print(loudest > 0.3, count >= 100)
"""


@needs_pulse
@pytest.mark.skipif(shutil.which("paplay") is None, reason="paplay is not installed")
def test_the_loopback_of_windows_gives_blocks(server: Server, tmp_path: Path, root: Path) -> None:  # noqa: F811
    soundfile.write(tmp_path / "sweep.wav", sweep(6.0), 44_100)
    (tmp_path / "loopback.py").write_text(LOOPBACK)
    player = subprocess.Popen(["paplay", str(tmp_path / "sweep.wav")])
    try:
        done = subprocess.run(
            [sys.executable, "-m", "loopback"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(tmp_path)])},
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        player.kill()
        player.wait()
    assert done.stdout == "True True\n", done.stderr


def test_a_platform_without_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system.sys, "platform", "darwin")
    with pytest.raises(LivevizError, match="BlackHole"):
        sources.open_live("system", now, loop=False)


@needs_pulse
def test_a_channel_that_is_not_there_is_refused_before_the_show(server: Server) -> None:  # noqa: F811
    with pytest.raises(LivevizError, match=r"has \d+ channels; channel 33 was asked for"):
        sources.open_live("pulse", now, loop=False, channels=33)
    ear = sources.open_live("pulse", now, loop=False, channels=6)
    ear.start()
    until = now() + 8.0
    blocks: list = []
    while not blocks and now() < until:
        blocks = ear.blocks(0.2)
    ear.close()
    assert blocks and blocks[0].samples.shape[1] == 6
