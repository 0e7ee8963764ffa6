"""A file as a live source, by a clock that the test turns: pace, order, loop, end. (With a real output: _device.)"""

import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from waiting import wait_until

from liveviz.inputs.audio.output import OutputFeed
from liveviz.inputs.audio.player import PlayedSource
from liveviz.inputs.audio.sources import open_live, open_reader
from liveviz.spec import AudioBlock, LivevizError

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone

RATE = 48_000


class Clock:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def noise_file(path: Path, frames: int) -> np.ndarray:
    sound = np.random.default_rng(1).uniform(-0.5, 0.5, (frames, 2)).astype(np.float32)
    soundfile.write(path, sound, RATE, subtype="FLOAT")
    return sound


def run(source: PlayedSource, clock: Clock, seconds: float, step: float = 0.01) -> list[AudioBlock]:
    """Turn the clock on, waiting for the thread that reads ahead whenever something is due."""
    blocks: list[AudioBlock] = []
    end = clock.time + seconds
    while clock.time < end - 1e-9 and not source.finished:
        clock.time += step
        # more than a step needs
        wait_until(lambda: source.ahead >= 4 or source.all_read, 10.0, "something is read ahead", look=0.001)
        blocks += source.blocks(0.0)
    return blocks


@pytest.mark.parametrize("block_frames", [256, 441])
def test_blocks_come_when_they_have_sounded_and_are_the_file(tmp_path: Path, block_frames: int) -> None:
    sound, clock = noise_file(tmp_path / "a.wav", 10_000), Clock()
    source = PlayedSource(
        open_reader(str(tmp_path / "a.wav")), clock, loop=False, play=False, block_frames=block_frames
    )
    assert (source.label, source.duration, source.heard) == ("a.wav", pytest.approx(10_000 / RATE), False)
    source.start()
    begun, blocks = clock.time, []
    while not source.finished:
        new = run(source, clock, 0.01)
        assert all(b.time <= clock.time for b in new)
        blocks += new
    np.testing.assert_array_equal(np.concatenate([b.samples for b in blocks]), sound)
    ends = np.cumsum([len(b.samples) for b in blocks]) / RATE
    np.testing.assert_allclose([b.time - begun for b in blocks], ends, atol=1e-6)
    assert clock.time - begun == pytest.approx(10_000 / RATE, abs=0.011)
    assert source.blocks(0.0) == [] and source.dropped == 0
    source.close()


def test_a_loop_joins_end_and_start(tmp_path: Path) -> None:
    sound, clock = noise_file(tmp_path / "a.wav", 1_000), Clock()
    source = open_live(str(tmp_path / "a.wav"), clock, loop=True, play=False)
    assert source.duration is None
    source.start()
    heard = np.concatenate([b.samples for b in run(source, clock, 0.2)])
    assert len(heard) > 9_000 and not source.finished
    np.testing.assert_array_equal(heard, np.tile(sound, (10, 1))[: len(heard)])
    source.close()


@pytest.mark.parametrize("gone", ["emptied", "no sound any more"])
def test_a_loop_whose_file_is_lost_goes_on_in_silence_until_it_is_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, gone: str
) -> None:
    path, clock = tmp_path / "song.wav", Clock()
    noise_file(path, 5 * RATE)
    whole = path.read_bytes()
    caplog.set_level(logging.INFO, "liveviz.inputs")
    source = open_live(str(path), clock, loop=True, play=False)
    source.start()
    assert np.concatenate([b.samples for b in run(source, clock, 0.5)]).std() > 0.2
    if gone == "emptied":
        os.truncate(path, 0)
    else:
        path.write_text("only words " * 400)
    run(source, clock, 8.0)
    silent = np.concatenate([b.samples for b in run(source, clock, 4.0)])
    # The clock of this test may overtake the thread that reads ahead, so that a little is missing.
    assert 3.0 * RATE < len(silent) < 4.03 * RATE and not silent.any()
    path.write_bytes(whole)
    run(source, clock, 2.5)
    assert np.concatenate([b.samples for b in run(source, clock, 1.0)]).std() > 0.2
    assert not source.finished
    source.close()
    said = [r.getMessage() for r in caplog.records if r.levelno >= logging.INFO]
    assert len(said) == 2
    assert said[0].startswith("song.wav cannot be read any more") and "plays on" in said[1]


def test_a_loop_whose_name_is_gone_plays_on(tmp_path: Path) -> None:
    sound, clock = noise_file(tmp_path / "a.wav", 1024), Clock()  # whole blocks: the end is met by an empty read
    source = open_live(str(tmp_path / "a.wav"), clock, loop=True, play=False)
    os.unlink(tmp_path / "a.wav")
    source.start()
    heard = np.concatenate([b.samples for b in run(source, clock, 0.2)])
    np.testing.assert_array_equal(heard, np.tile(sound, (10, 1))[: len(heard)])
    source.close()


def test_a_read_error_ends_what_does_not_loop(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise soundfile.SoundFileRuntimeError("the stick was pulled")

    noise_file(tmp_path / "a.wav", RATE)
    clock, reader = Clock(), open_reader(str(tmp_path / "a.wav"))
    reader.read(1000)
    monkeypatch.setattr(soundfile.SoundFile, "read", fail)
    source = PlayedSource(reader, clock, loop=False, play=False)
    source.start()
    run(source, clock, 0.1)
    assert source.finished and ["unreadable" in r.getMessage() for r in caplog.records] == [True]
    source.close()


def test_a_file_that_breaks_off_ends_with_a_word_where_it_does_not_loop(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    noise_file(tmp_path / "a.wav", 8 * RATE)
    clock = Clock()
    source = open_live(str(tmp_path / "a.wav"), clock, loop=False, play=False)
    source.start()
    run(source, clock, 0.5)
    os.truncate(tmp_path / "a.wav", 0)
    run(source, clock, 8.0)
    assert source.finished
    source.close()
    (said,) = [r.getMessage() for r in caplog.records]
    assert said.startswith("a.wav breaks off after ") and said.endswith(" of 8.0 s")


def test_the_song_waits_for_a_consumer_that_was_away(tmp_path: Path) -> None:
    noise_file(tmp_path / "a.wav", 2 * RATE)
    clock = Clock()
    source = open_live(str(tmp_path / "a.wav"), clock, loop=False, play=False)
    source.start()
    before = sum(len(b.samples) for b in run(source, clock, 0.1))
    clock.time += 30.0
    after = source.blocks(0.0) + run(source, clock, 0.1)
    assert sum(len(b.samples) for b in after) < 0.15 * RATE
    assert before + sum(len(b.samples) for b in after) == pytest.approx(0.2 * RATE, abs=0.03 * RATE)
    assert source.dropped == 0
    source.close()


def test_the_demo_plays_by_name() -> None:
    clock = Clock()
    source = open_live("demo", clock, loop=False, play=False)
    source.start()
    heard = np.concatenate([b.samples for b in run(source, clock, 0.3)])
    np.testing.assert_array_equal(heard, open_reader("demo").read(len(heard)))
    source.close()
    source.close()


def test_close_before_start_and_in_the_middle(tmp_path: Path) -> None:
    noise_file(tmp_path / "a.wav", RATE)
    never = open_live(str(tmp_path / "a.wav"), Clock(), loop=True)
    never.close()
    clock, before = Clock(), set(threading.enumerate())
    source = open_live(str(tmp_path / "a.wav"), clock, loop=True, play=False)
    source.start()
    run(source, clock, 0.05)
    assert not set(threading.enumerate()) <= before
    source.close()
    assert set(threading.enumerate()) <= before, "what reads ahead has not ended"
    (tmp_path / "a.wav").write_text("no")
    with pytest.raises(LivevizError):
        open_live(str(tmp_path / "a.wav"), Clock(), loop=True)


def fed(channels: int, outputs: int, rate: int, samples: np.ndarray, speakers: tuple[str, ...] = ()) -> np.ndarray:
    """All that comes out of an output of a 44.1 kHz file, taken in odd pieces."""
    feed, taken = OutputFeed(channels, speakers, 44_100, outputs, rate), []
    for start in range(0, len(samples), 256):
        feed.put(samples[start : start + 256])
        while n := feed.take(out := np.zeros((100, outputs), np.float32)):
            taken.append(out[:n])
    return np.concatenate(taken)


def test_any_number_of_channels_fits_the_output() -> None:
    stereo = np.random.default_rng(1).uniform(-1, 1, (1000, 2)).astype(np.float32)
    np.testing.assert_array_equal(fed(2, 2, 44_100, stereo), stereo)
    np.testing.assert_array_equal(fed(1, 2, 44_100, stereo[:, :1]), np.repeat(stereo[:, :1], 2, axis=1))
    np.testing.assert_allclose(fed(2, 1, 44_100, stereo), stereo.mean(axis=1, keepdims=True), atol=1e-6)
    quiet = 0.1 * np.concatenate([stereo, stereo[:, ::-1]], axis=1)
    np.testing.assert_allclose(fed(4, 2, 44_100, quiet), quiet[:, :2] + quiet[:, 2:], atol=1e-6)


@pytest.mark.parametrize("rate", [48_000, 22_050, 96_000])
def test_a_song_is_heard_at_the_rate_of_the_output(rate: int) -> None:
    tone = (0.5 * np.sin(2 * np.pi * 1000 * np.arange(44_100) / 44_100)).astype(np.float32)[:, None]
    heard = fed(1, 2, rate, tone)
    assert abs(len(heard) - rate) < 0.01 * rate
    spectrum = np.abs(np.fft.rfft(heard[: rate // 2, 0] * np.hanning(rate // 2)))
    assert spectrum.argmax() * 2 == pytest.approx(1000, abs=4)
    assert np.abs(heard[rate // 4 : rate // 2]).max() == pytest.approx(0.5, abs=0.01)


HEARD = """
import sys
from liveviz.system.clock import now
from liveviz.inputs.audio import sources
from liveviz.spec import LivevizError
(name,) = [d.name for d in sources.devices()[0] if d.outputs and d.host_api.startswith("JACK")]
source = sources.open_live(sys.argv[1], now, loop=False, output=name[:4].upper())
source.start()
heard = frames = 0
while not source.finished:
    blocks = source.blocks(0.2)
    frames += sum(len(block.samples) for block in blocks)
    heard += source.heard
print(heard > 3, frames, source.dropped)
source.close()
try:
    sources.open_live(sys.argv[1], now, loop=False, output="harp").start()
except LivevizError as error:
    print(error)
"""


@pytest.mark.skipif(shutil.which("jackd") is None, reason="jackd is not installed")
def test_an_output_of_48_khz_by_name_plays_a_song_of_44_1(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    soundfile.write(path, np.full((44_100, 2), 0.1, np.float32), 44_100)
    environment = {**os.environ, "JACK_NO_AUDIO_RESERVATION": "1", "JACK_NO_START_SERVER": "1"}
    environment["JACK_DEFAULT_SERVER"] = f"liveviz-{os.getpid()}"
    words = ["jackd", "-n", environment["JACK_DEFAULT_SERVER"], "-d", "dummy", "-r", "48000", "-p", "512"]
    server = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 20
        while True:
            run = subprocess.run(
                [sys.executable, "-c", HEARD, path], env=environment, capture_output=True, text=True, timeout=60
            )
            if run.returncode == 0 or time.monotonic() > end:
                break
    finally:
        server.terminate()
        server.wait(10)
    assert run.returncode == 0 and "Expression" not in run.stderr, run.stderr
    said, refused = run.stdout.splitlines()
    assert said == "True 44100 0"
    assert refused.startswith("output 'harp': no such sound output; there are: ")
