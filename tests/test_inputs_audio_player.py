"""A file as a live source, by a clock that the test turns: pace, order, loop, end. (With a real output: _device.)"""

import logging
import os
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from liveviz.inputs.audio import open_live, open_reader
from liveviz.inputs.audio_player import PlayedSource, to_output
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
        guard = time.monotonic() + 10
        while len(source._ahead) < 4 and not source._all_read:  # more than a step needs
            assert time.monotonic() < guard, "nothing is read ahead"
            time.sleep(0.001)
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


def test_a_read_error_ends_what_does_not_loop(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    noise_file(tmp_path / "a.wav", RATE)
    clock, reader = Clock(), open_reader(str(tmp_path / "a.wav"))
    reader.read(1000)
    reader._file.close()  # type: ignore[attr-defined]  # every further read of it fails
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
    clock = Clock()
    source = open_live(str(tmp_path / "a.wav"), clock, loop=True, play=False)
    source.start()
    run(source, clock, 0.05)
    source.close()
    assert not source._feeder.is_alive()
    (tmp_path / "a.wav").write_text("no")
    with pytest.raises(LivevizError):
        open_live(str(tmp_path / "a.wav"), Clock(), loop=True)


def test_any_number_of_channels_fits_the_output() -> None:
    four = np.array([[0.2, 0.4, 0.6, -0.4], [8.0, -8.0, 8.0, -8.0]], np.float32)
    np.testing.assert_allclose(to_output(four, 2), [[0.4, 0.0], [1.0, -1.0]], atol=1e-6)
    np.testing.assert_allclose(to_output(four[:, :1], 2) * np.ones((1, 2)), [[0.2, 0.2], [1.0, 1.0]], atol=1e-6)
    np.testing.assert_allclose(to_output(four[:, :2], 1), [[0.3], [0.0]], atol=1e-6)
