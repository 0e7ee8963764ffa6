"""The sound card path with a real sound server: a private PulseAudio with a null sink is played to and its monitor is
captured, both through PortAudio; then the server dies, comes back, or stops answering."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sound_server import RATE, Server, collect, needs_pulse, server, sweep  # noqa: F401 - the fixture
from waiting import wait_until

from liveviz.inputs.audio import sources
from liveviz.inputs.audio.portaudio import BlockTimes, bounded
from liveviz.spec import LivevizError
from liveviz.system.clock import now

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone


@needs_pulse
def test_what_is_played_is_captured_at_the_time_it_is_heard(server: Server, tmp_path: Path) -> None:  # noqa: F811
    sound = sweep(2.0)
    soundfile.write(tmp_path / "sweep.wav", sound, RATE, subtype="FLOAT")
    ear = sources.open_live("PULS", now, loop=False)
    assert (ear.label, ear.sample_rate, ear.channels, ear.duration) == ("pulse", RATE, 2, None)
    mouth = sources.open_live(str(tmp_path / "sweep.wav"), now, loop=False)
    ear.start()
    mouth.start()
    assert mouth.heard and not ear.heard
    captured, played = collect([ear, mouth], 20.0, until=lambda: mouth.finished)
    captured += collect([ear], 0.3)[0]
    assert mouth.dropped == 0 and ear.reconnects == 0 and not ear.finished
    mouth.close()
    ear.close()

    np.testing.assert_array_equal(np.concatenate([b.samples for b in played]), sound)
    heard = np.concatenate([b.samples for b in captured])  # [frames, 2]
    n = len(heard) + len(sound)
    match = np.fft.irfft(np.fft.rfft(heard[:, 0], n) * np.conj(np.fft.rfft(sound[:, 0], n)), n)
    lag = int(np.argmax(match[: len(heard)]))
    part = heard[lag : lag + len(sound)]
    for side in (0, 1):
        likeness = np.corrcoef(part[:, side], sound[: len(part), side])[0, 1]
        assert likeness > 0.9, f"captured sound is not what was played: correlation {likeness:.3f}"

    # The capture's clock and the output's clock tell the same moment for the same sample.
    ends = np.cumsum([len(b.samples) for b in captured])
    block = int(np.searchsorted(ends, lag + RATE))
    seen = captured[block].time - (ends[block] - lag - RATE) / RATE
    ends = np.cumsum([len(b.samples) for b in played])
    block = int(np.searchsorted(ends, RATE))
    said = played[block].time - (ends[block] - RATE) / RATE
    assert abs(seen - said) < 0.05


@needs_pulse
def test_times_of_captured_blocks_are_past_in_order_and_even(server: Server) -> None:  # noqa: F811
    ear = sources.open_live(None, now, loop=False)
    assert ear.notice is None and ear.label == "default"
    ear.start()
    end = time.monotonic() + 15
    blocks: list = []
    while len(blocks) < 500 and time.monotonic() < end:
        new = ear.blocks(0.2)
        arrived = now()
        assert all(b.time <= arrived for b in new)
        blocks += new
    ear.close()
    assert len(blocks) >= 500 and all(b.samples.shape == (256, 2) for b in blocks)
    steps = np.diff([b.time for b in blocks])
    assert (steps >= 0).all()
    assert np.median(np.abs(steps[200:] - 256 / RATE)) < 0.005


@needs_pulse
def test_sound_is_heard_again_after_the_output_stalled(server: Server, tmp_path: Path) -> None:  # noqa: F811
    soundfile.write(tmp_path / "sweep.wav", sweep(1.0), RATE, subtype="FLOAT")
    mouth = sources.open_live(str(tmp_path / "sweep.wav"), now, loop=True)
    mouth.start()
    played = wait_until(lambda: mouth.blocks(0.01), 10.0, "it sounds")
    server.process.send_signal(signal.SIGSTOP)
    played += collect([mouth], 10.0, until=lambda: not mouth.heard)[0]
    played += collect([mouth], 0.3)[0]
    assert not mouth.heard
    server.process.send_signal(signal.SIGCONT)
    played += collect([mouth], 10.0, until=lambda: mouth.heard)[0]
    played += collect([mouth], 0.3)[0]
    assert mouth.heard and mouth.dropped == 0
    mouth.close()
    assert np.diff([b.time for b in played]).max() < 0.55
    heard = np.concatenate([b.samples for b in played])
    np.testing.assert_array_equal(
        heard, np.resize(sweep(1.0), heard.shape)
    )  # the song lost nothing and repeated nothing


HUNG = """
import sys, time
from liveviz.system.clock import now
from liveviz.inputs.audio import sources
from liveviz.spec import LivevizError
ear, demo = sources.open_live("pulse", now, loop=False), sources.open_live("demo", now, loop=True)
ear.start()
demo.start()
while not ear.blocks(0.1) or not demo.blocks(0.1):
    pass
print("running", flush=True)
sys.stdin.readline()
end, count = now() + 2.0, 0
while now() < end:
    try:
        ear.blocks(0.0)
    except LivevizError:  # it hangs for good, and says so: what else plays goes on
        pass
    count += len(demo.blocks(0.05))
begun = now()
ear.close()
demo.close()
print("closed", count, now() - begun, flush=True)
"""


@needs_pulse
def test_nothing_hangs_with_a_server_that_stops_answering(tmp_path: Path, root: Path) -> None:
    own = Server(tmp_path / "pulse")
    show = subprocess.Popen(
        [sys.executable, "-c", HUNG],
        env={**os.environ, **own.environment},
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert show.stdout is not None and show.stdin is not None
        assert show.stdout.readline() == "running\n"
        own.process.send_signal(signal.SIGSTOP)
        show.stdin.write("\n")
        show.stdin.flush()
        word, blocks, took = show.stdout.readline().split()
        assert word == "closed" and int(blocks) > 100 and float(took) < 4.0
        assert show.wait(10) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            show.kill()
        own.process.send_signal(signal.SIGCONT)
        own.kill()


@needs_pulse
def test_devices_are_listed_and_an_unknown_one_names_them(server: Server) -> None:  # noqa: F811
    found, reason = sources.devices()
    assert reason is None
    pulse = next(d for d in found if d.name == "pulse")
    assert pulse.inputs > 0 and pulse.outputs > 0 and pulse.host_api == "ALSA" and pulse.default_rate == RATE
    assert sum(d.default_input for d in found) == 1 and sum(d.default_output for d in found) == 1
    with pytest.raises(LivevizError, match=r"kazoo.*pulse"):
        sources.open_live("kazoo", now, loop=False)


NO_DEVICES = """
from liveviz.system.clock import now
from liveviz.inputs.audio import sources
from liveviz.spec import LivevizError
print(sources.devices())
source = sources.open_live(None, now, loop=False)
source.start()
end = now() + 20.0
while not (blocks := source.blocks(0.5)) and now() < end:
    pass
print(source.label, source.heard, bool(blocks), source.notice)
source.close()
try:
    sources.open_live("kazoo", now, loop=False)
except LivevizError as error:
    print(error)
"""


def test_without_a_sound_system_the_demo_plays_and_says_so(tmp_path: Path, root: Path) -> None:
    """PulseAudio is looked for at a socket that is not there; a machine with a card of its own cannot run this one."""
    environment = {"PULSE_SERVER": f"unix:{tmp_path}/none", "JACK_NO_START_SERVER": "1"}
    done = subprocess.run(
        [sys.executable, "-c", NO_DEVICES],
        env={**os.environ, **environment},
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    listed, playing, refused = done.stdout.splitlines()
    if "[]" not in listed:
        pytest.skip("this machine's sound devices cannot be hidden")
    assert listed == "([], 'there is no sound device on this machine')"
    assert playing.startswith("demo False True there is no sound input")
    assert "kazoo" in refused and "no sound input" in refused
    assert done.stderr == ""


def test_a_call_that_hangs_or_fails_is_bounded() -> None:
    assert bounded(lambda: 7, 5.0, "it") == 7
    with pytest.raises(ZeroDivisionError):
        bounded(lambda: 1 / 0, 5.0, "it")
    begun = time.monotonic()
    with pytest.raises(LivevizError, match="the drum does not answer"):
        bounded(lambda: threading.Event().wait(5), 0.1, "the drum")
    assert time.monotonic() - begun < 4


def test_block_times_follow_the_samples_through_jitter_and_wrong_claims() -> None:
    random, clock, seconds = np.random.default_rng(2), [0.0], 256 / 48_000
    times = BlockTimes(lambda: clock[0], -0.05, 0.0, 0.0)
    errors = []
    for i in range(2000):
        true = 10.0 + i * seconds * 1.0001  # the card's clock is 100 ppm off
        clock[0] = true + 0.004 + random.uniform(0.0, 0.006)
        claim = -0.5 if i < 300 else true - clock[0]
        errors.append(times.step(claim, seconds) - true)
    assert np.abs(errors[:300]).max() < 0.011  # wrong claims: the time of arrival
    assert np.abs(errors[600:]).max() < 0.001
    clock[0] += 3.0
    assert times.step(-0.005, seconds) == pytest.approx(clock[0] - 0.005)


def test_a_sound_system_that_hangs_while_it_is_opened_again_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then only another process can listen: the ears end, and their parent starts them again."""
    from liveviz.inputs.audio import device as audio_device
    from liveviz.inputs.audio.portaudio import Device

    class Stream:
        latency = 0.01

    hang = threading.Event()
    for name, call in {
        "open_stream": lambda *a, **k: Stream(),
        "start_stream": lambda *a: None,
        "close_stream": lambda *a: None,
        "refresh": lambda: hang.wait(20),
        "find_input": lambda name: device,
    }.items():
        monkeypatch.setattr(audio_device, name, call)
    monkeypatch.setattr(audio_device, "FIRST_WITHIN", 0.1)
    monkeypatch.setattr(audio_device, "REOPEN_WITHIN", 0.2)
    device = Device(0, "card", "ALSA", 2, 0, RATE)
    ear = audio_device.DeviceSource(device, now)
    ear.start()
    try:
        with pytest.raises(LivevizError, match="'card' does not answer") as caught:
            collect([ear], 8.0)
        assert sources.hangs(caught.value)
    finally:
        hang.set()
        ear.close()
