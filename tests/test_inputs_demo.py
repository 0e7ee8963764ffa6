"""The demo song, held against what its own score does not decide: aubio's ears, levels, spectra, seams."""

import aubio
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveviz.inputs.audio.sources import open_reader
from liveviz.inputs.demo.reader import DemoReader, truth
from liveviz.inputs.demo.score import BAR_SAMPLES, BEAT_SAMPLES, SAMPLE_RATE, SECTIONS

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone


@pytest.fixture(scope="module")
def played() -> tuple[np.ndarray, np.ndarray]:
    """The whole song, `[frames, 2]`, and the bar that comes when it begins again."""
    reader = DemoReader()
    whole = reader.read(10**9)
    assert not len(reader.read(1))
    reader.rewind()
    return whole, reader.read(BAR_SAMPLES)


@pytest.fixture(scope="module")
def song(played: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return played[0]


def section(song: np.ndarray, label: str, nth: int = 0) -> np.ndarray:
    start, end, _ = [s for s in truth()["sections"] if s[2] == label][nth]
    return song[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]


def level_db(sound: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(sound.astype(np.float64) ** 2)) + 1e-12))


def band_db(sound: np.ndarray, low: float, high: float) -> float:
    power = np.abs(np.fft.rfft(sound.mean(axis=1))) ** 2
    f = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    return float(10 * np.log10(power[(f >= low) & (f < high)].sum() / power.sum()))


def test_it_is_a_whole_song(song: np.ndarray) -> None:
    reader = open_reader("demo")
    assert (reader.label, reader.sample_rate, reader.channels) == ("demo", 48_000, 2)
    assert reader.duration == pytest.approx(len(song) / SAMPLE_RATE) and reader.duration >= 90
    assert {"intro", "build", "drop", "break"} <= {label for label, _ in SECTIONS}
    assert song.dtype == np.float32 and np.isfinite(song).all() and np.abs(song).max() < 1.0
    assert np.abs(song.mean(axis=0)).max() < 0.01


def test_its_parts_differ_as_a_listener_expects(song: np.ndarray) -> None:
    for nth in (0, 1):
        drop = section(song, "drop", nth)
        assert level_db(drop) > level_db(section(song, "break")) + 4
        assert level_db(drop) > level_db(section(song, "intro")) + 3
        build = section(song, "build", nth)
        third, gap = build[2 * BAR_SAMPLES : 3 * BAR_SAMPLES], build[-BEAT_SAMPLES // 2 :]
        assert band_db(third, 3000, 20000) > band_db(build[:BAR_SAMPLES], 3000, 20000) + 1  # it climbs ...
        assert level_db(gap) < level_db(drop) - 12  # ... and holds its breath
    assert band_db(section(song, "break"), 20, 100) < band_db(section(song, "drop"), 20, 100) - 4
    side = song[:, 0] - song[:, 1]
    assert -25 < level_db(side / 2) - level_db(song.mean(axis=1)) < -3
    for low, high in ((20, 120), (120, 500), (500, 2000), (2000, 8000), (8000, 20000)):
        assert band_db(section(song, "drop"), low, high) > -22


def test_aubio_hears_the_beats_where_the_score_has_them(song: np.ndarray) -> None:
    heard, tempo = [], aubio.tempo("default", 1024, 512, SAMPLE_RATE)
    mono = np.ascontiguousarray(song.mean(axis=1))
    for start in range(0, len(mono) - 512, 512):
        if tempo(mono[start : start + 512])[0]:
            heard.append(tempo.get_last_s())
    beats = np.array(truth()["beats"])
    distance = np.abs(np.array(heard)[:, None] - beats).min(axis=1)
    assert len(heard) > 0.9 * len(beats)
    assert np.mean(distance < 0.03) > 0.95
    assert 60 / np.median(np.diff(heard)) == pytest.approx(truth()["bpm"], rel=0.01)


def test_a_kick_is_where_the_truth_says(song: np.ndarray) -> None:
    """Below 120 Hz, the 60 ms after each kick of the intro are far louder than the 60 ms before."""
    intro = [t for t in truth()["kick"] if 1.0 < t < 14.0]
    assert len(intro) > 20
    spectrum = np.fft.rfft(song[: 16 * SAMPLE_RATE].mean(axis=1))
    spectrum[np.fft.rfftfreq(16 * SAMPLE_RATE, 1 / SAMPLE_RATE) > 120] = 0
    low = np.fft.irfft(spectrum)
    for t in intro:
        at, n = round(t * SAMPLE_RATE), int(0.06 * SAMPLE_RATE)
        assert level_db(low[at : at + n]) > level_db(low[at - n : at]) + 6


def test_the_truth_is_in_order_and_inside_the_song() -> None:
    known = truth()
    end = known["sections"][-1][1]
    for name in ("beats", "downbeats", "kick", "snare"):
        times = np.array(known[name])
        assert len(times) > 20 and (np.diff(times) > 0).all() and times[0] >= 0 and times[-1] < end
    assert set(known["downbeats"]) == set(known["beats"][::4])
    for (_, stop, _), (start, _, _) in zip(known["sections"], known["sections"][1:], strict=False):
        assert stop == start


def test_the_loop_has_no_seam(played: tuple[np.ndarray, np.ndarray]) -> None:
    song, again = played
    joined = np.concatenate([song[-BAR_SAMPLES:], again]).mean(axis=1)
    steps = np.abs(np.diff(joined))
    # A kick begins there: the step is as on the other beats, and echoes of the last bar sound on under it.
    others = [steps[BAR_SAMPLES + i * BEAT_SAMPLES - 4 : BAR_SAMPLES + i * BEAT_SAMPLES + 4].max() for i in (1, 2, 3)]
    assert 0.3 * min(others) < steps[BAR_SAMPLES - 4 : BAR_SAMPLES + 4].max() < 2 * max(others)
    under = level_db(again[: BEAT_SAMPLES // 2] - song[: BEAT_SAMPLES // 2])
    assert -70 < under < level_db(song[: BEAT_SAMPLES // 2]) - 6


@settings(derandomize=True, deadline=None, max_examples=5)
@given(sizes=st.lists(st.integers(1, 30_000), min_size=1, max_size=6))
def test_it_is_the_same_every_time_in_any_pieces(sizes: list[int]) -> None:
    reader, whole = DemoReader(), DemoReader().read(BAR_SAMPLES + BEAT_SAMPLES)
    for _ in range(2):
        parts, n = [], 0
        while n < BAR_SAMPLES + BEAT_SAMPLES:
            parts.append(reader.read(min(sizes[len(parts) % len(sizes)], BAR_SAMPLES + BEAT_SAMPLES - n)))
            n += len(parts[-1])
        np.testing.assert_array_equal(np.concatenate(parts), whole)
        reader.rewind()
