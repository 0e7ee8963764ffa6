"""Deaths of the sound server under one process. PortAudio may hang for good in any of them, and with it the process, so
these are no tests of the suite: `test_inputs_audio_deaths.py` runs each in a process of its own."""

import time
from pathlib import Path

import numpy as np
import soundfile
from sound_server import RATE, Server, collect, server, sweep  # noqa: F401 - the fixture
from waiting import wait_until

from liveviz.inputs.audio import sources
from liveviz.spec import LivevizError
from liveviz.system.clock import now


def test_the_show_goes_on_when_the_server_dies_and_the_device_comes_back(server: Server, tmp_path: Path) -> None:  # noqa: F811
    soundfile.write(tmp_path / "sweep.wav", sweep(1.0), RATE)
    ear = sources.open_live("pulse", now, loop=False)
    mouth = sources.open_live(str(tmp_path / "sweep.wav"), now, loop=True)
    ear.start()
    mouth.start()
    played: list = []
    wait_until(lambda: played.extend(mouth.blocks(0.01)) or (played and ear.blocks(0.01)), 8.0, "both run")
    assert mouth.heard

    server.kill()
    gone = now()
    try:
        silent, still = collect([ear, mouth], 2.0)
    except LivevizError as error:
        assert "does not answer" in str(error)
        return
    assert not mouth.heard
    times = [played[-1].time] + [b.time for b in still if b.time > gone]
    assert times[-1] > gone + 1.0 and np.diff(times).max() < 0.5
    assert len(silent) < 100 and ear.reconnects == 0

    server.start()
    try:
        collect([ear, mouth], 20.0, until=lambda: ear.reconnects == 1)
    except LivevizError as error:
        assert "does not answer" in str(error)  # PortAudio hangs: the process is for its parent to start again
        return
    assert ear.reconnects == 1
    assert len(collect([ear], 1.0)[0]) > 20
    begun = time.monotonic()
    ear.close()
    mouth.close()
    assert time.monotonic() - begun < 5


def test_system_sound_is_found_again_under_its_own_name(server: Server) -> None:  # noqa: F811
    ear = sources.open_live("system", now, loop=False)
    ear.start()
    assert collect([ear], 8.0, until=lambda: bool(ear.blocks(0.1)))
    server.kill()
    server.start()
    try:
        collect([ear], 15.0, until=lambda: ear.reconnects == 1)
    except LivevizError as error:
        assert "system sound" in str(error) and "does not answer" in str(error)
        return
    assert ear.reconnects == 1
    ear.close()
