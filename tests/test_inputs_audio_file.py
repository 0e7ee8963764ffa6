"""Sound files as they come: every format, every way a file can be wrong, any way of reading it."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from liveviz.inputs.audio.contract import SAMPLE_CEILING
from liveviz.inputs.audio.file import FileReader
from liveviz.inputs.audio.sources import open_live, open_reader
from liveviz.spec import LivevizError

RATE = 44_100


def tone(frames: int, channels: int = 2, rate: int = RATE) -> np.ndarray:
    t = np.arange(frames) / rate
    return np.stack([0.5 * np.sin(2 * np.pi * 220 * (c + 1) * t) for c in range(channels)], axis=1).astype(np.float32)


def read_all(reader, frames: int = 1000) -> np.ndarray:
    parts = []
    while len(part := reader.read(frames)):
        parts.append(part)
    return np.concatenate(parts) if parts else np.zeros((0, reader.channels), np.float32)


def refusal(path: Path) -> str:
    with pytest.raises(LivevizError) as caught:
        open_reader(str(path))
    message = str(caught.value)
    assert str(path) in message and "\n" not in message
    return message


@pytest.mark.parametrize(("suffix", "tolerance"), [("wav", 1e-4), ("flac", 1e-4), ("ogg", 0.05), ("mp3", 0.05)])
def test_every_format_gives_the_sound_that_was_written(tmp_path: Path, suffix: str, tolerance: float) -> None:
    path, sound = tmp_path / f"tone.{suffix}", tone(RATE)
    soundfile.write(path, sound, RATE)
    reader = open_reader(str(path))
    assert (reader.sample_rate, reader.channels, reader.label) == (RATE, 2, path.name)
    assert reader.duration == pytest.approx(1.0, abs=0.06)
    read = read_all(reader)
    assert read.dtype == np.float32 and abs(len(read) - RATE) < 2400
    middle = slice(4000, RATE - 4000)
    assert np.sqrt(np.mean((read[middle] - sound[middle]) ** 2)) < tolerance
    reader.close()
    reader.close()
    assert not len(reader.read(10))


@pytest.mark.parametrize("rate", [8_000, 192_000])
@pytest.mark.parametrize("channels", [1, 6])
def test_rates_and_channels_are_kept(tmp_path: Path, rate: int, channels: int) -> None:
    path, sound = tmp_path / "tone.wav", tone(3000, channels, rate)
    soundfile.write(path, sound, rate, subtype="FLOAT")
    reader = FileReader(path)
    assert (reader.sample_rate, reader.channels) == (rate, channels)
    np.testing.assert_array_equal(read_all(reader), sound)


def test_what_is_not_finite_becomes_silence_and_the_rest_is_bounded(tmp_path: Path) -> None:
    path, sound = tmp_path / "wild.wav", np.zeros((6, 1), np.float32)
    sound[:, 0] = [np.nan, np.inf, -np.inf, 1e30, -7.0, 0.25]
    soundfile.write(path, sound, RATE, subtype="FLOAT")
    np.testing.assert_array_equal(FileReader(path).read(10)[:, 0], [0, 0, 0, SAMPLE_CEILING, -SAMPLE_CEILING, 0.25])


def test_each_wrong_file_is_named_in_one_line(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "missing.wav")
    assert "directory" in refusal(tmp_path)
    (tmp_path / "empty.wav").touch()
    assert "empty" in refusal(tmp_path / "empty.wav")
    for name in ("text.wav", "text.mp3", "text.txt", "text.raw"):
        (tmp_path / name).write_text("dear diary, " * 400)
        assert "not a sound file" in refusal(tmp_path / name)
    soundfile.write(tmp_path / "silent.wav", np.zeros((0, 2)), RATE)
    assert "no sound in it" in refusal(tmp_path / "silent.wav")
    soundfile.write(tmp_path / "slow.wav", tone(100), 4000)
    assert "4000 Hz" in refusal(tmp_path / "slow.wav")
    os.mkfifo(tmp_path / "pipe.wav")
    assert "regular file" in refusal(tmp_path / "pipe.wav")
    (tmp_path / "loop.wav").symlink_to(tmp_path / "loop.wav")
    assert "cannot be read" in refusal(tmp_path / "loop.wav")


def test_a_missing_path_is_a_missing_file_even_where_devices_are_meant(tmp_path: Path) -> None:
    for source in (str(tmp_path / "x.wav"), "x.flac", "./song"):
        with pytest.raises(LivevizError, match=r"no such file$"):
            open_live(source, lambda: 0.0, loop=False)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_a_cut_or_damaged_file_ends_or_is_refused(tmp_path: Path, suffix: str) -> None:
    whole = tmp_path / f"whole.{suffix}"
    soundfile.write(whole, tone(RATE // 2), RATE)
    content = whole.read_bytes()
    random = np.random.default_rng(4)
    for i in range(24):
        broken = tmp_path / f"broken{i}.{suffix}"
        damaged = bytearray(content[: int(random.integers(1, len(content)))])
        if i % 2:
            damaged = bytearray(content)
            for at in random.integers(0, len(content), 20):
                damaged[at] = int(random.integers(256))
        broken.write_bytes(damaged)
        try:
            reader = open_reader(str(broken))
        except LivevizError as error:
            assert "\n" not in str(error)
            continue
        for _ in range(200):
            part = reader.read(4096)
            assert np.isfinite(part).all()
            if len(part) < 4096:
                break
        reader.close()


def test_half_a_song_is_played_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    soundfile.write(path, tone(RATE), RATE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    read = read_all(open_reader(str(path)))
    np.testing.assert_allclose(read, tone(RATE)[: len(read)], atol=1e-4)
    assert abs(len(read) - RATE // 2) < 100


def test_a_name_in_another_encoding(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "plain.wav", tone(3000), RATE)
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav")
    os.rename(tmp_path / "plain.wav", path)
    reader = open_reader(path)
    assert reader.label == "caf?.wav" and len(read_all(reader)) == 3000


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
@settings(derandomize=True, deadline=None, max_examples=10)
@given(sizes=st.lists(st.integers(1, 4000), min_size=1, max_size=8))
def test_any_read_sizes_give_the_same_file(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, sizes: list[int]
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any_size.{suffix}"
    if not path.exists():
        soundfile.write(path, tone(10_000), RATE)
    sound = soundfile.read(path, dtype="float32")[0]
    reader = FileReader(path)
    for _ in range(2):
        parts, i = [], 0
        while True:
            want = sizes[i % len(sizes)]
            parts.append(reader.read(want))
            i += 1
            if len(parts[-1]) < want:
                break
        np.testing.assert_array_equal(np.concatenate(parts), sound)
        assert not len(reader.read(100))
        reader.rewind()
    reader.close()
