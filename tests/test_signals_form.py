"""The form of a song: sections and their labels, novelty, builds and drops, in songs that the test composed."""

import numpy as np
import pytest
from hearing import chord, column, events, hat, hear, kick, noise, put, snare

RATE = 22_050
BPM = 120.0
BEAT = 60.0 / BPM
CHORDS = ([48, 60, 64, 67], [45, 57, 60, 64], [41, 53, 57, 60], [43, 55, 59, 62])


def bars(count: int, drums: bool, level: float = 1.0, pad: float = 1.0, fill: int = -1, roll: int = 4) -> np.ndarray:
    """`count` bars of four chords, with or without drums; in the last `roll` beats of bar `fill` the snare rolls alone."""
    track = np.concatenate([pad * chord(RATE, 4 * BEAT, CHORDS[i % 4], 0.06) for i in range(count)])
    if drums:
        numbers = np.arange(count * 4)
        rolled = (numbers // 4 == fill) & (numbers % 4 >= 4 - roll)
        keep = numbers[~rolled] * BEAT
        put(track, RATE, list(keep), 0.6 * kick(RATE))
        put(track, RATE, [t for t, n in zip(keep, numbers[~rolled], strict=True) if n % 2], 0.4 * snare(RATE))
        put(track, RATE, list(keep + BEAT / 2), 0.4 * hat(RATE))
        put(track, RATE, [n * BEAT + k * BEAT / 4 for n in numbers[rolled] for k in range(4)], 0.4 * snare(RATE))
    return level * track


@pytest.fixture(scope="module")
def song() -> list:
    """Six bars with drums, six of chords alone, six with drums again: 12 s each."""
    return hear(np.concatenate((bars(6, True), bars(6, False), bars(6, True))), RATE)


def test_a_section_is_told_within_two_bars_and_dated_to_its_beginning(song: list) -> None:
    found = events(song, "section")
    assert len(found) == 2
    for (began, known), truth in zip(found, (12.0, 24.0), strict=True):
        assert began == pytest.approx(truth, abs=1.1)
        assert truth < known < truth + 8 * BEAT


def test_like_parts_have_like_labels(song: list) -> None:
    at, label = np.array([f.time for f in song]), column(song, "section_label")
    assert (label[at < 12.0] == 0).all()
    assert (label[(at > 16.0) & (at < 24.0)] == 1).all()
    assert (label[at > 28.0] == 0).all()
    places = np.array([column(song, f"section_label.{i}") for i in range(12)])
    np.testing.assert_array_equal(places.argmax(axis=0), label)
    assert (places.sum(axis=0) == 1).all()


def test_novelty_is_high_where_a_part_begins_and_low_inside(song: list) -> None:
    at, novelty = np.array([f.time for f in song]), column(song, "novelty")
    assert novelty[(at > 12.5) & (at < 15.5)].max() > 0.5
    assert novelty[(at > 8.0) & (at < 11.5)].max() < 0.4


@pytest.mark.parametrize(("fill", "roll"), ((8, 2), (5, 4), (7, 4), (8, 4)))
def test_a_fill_and_a_cycle_of_chords_are_no_section(fill: int, roll: int) -> None:
    assert len(events(hear(bars(12, True, fill=fill, roll=roll), RATE), "section")) == 0


def test_the_same_song_as_quiet_has_the_same_form(song: list) -> None:
    quiet = hear(0.03 * np.concatenate((bars(6, True), bars(3, False))), RATE)
    np.testing.assert_allclose(events(quiet, "section")[:, 0], events(song, "section")[:1, 0], atol=0.3)


def test_silence_starts_anew() -> None:
    frames = hear(np.concatenate((bars(6, True), bars(3, False), np.zeros(3 * RATE, np.float32), bars(1, False))), RATE)
    assert column(frames, "section_label")[-1] == 0.0 and column(frames, "novelty")[-1] < 0.01


def riser(seconds: float) -> np.ndarray:
    """Noise that gets louder and brighter, without bass."""
    hiss = np.diff(noise(RATE, seconds, 1.0, seed=5), n=2, prepend=[0, 0])
    return (0.05 * hiss * 10 ** (np.linspace(-40, 0, hiss.size) / 20)).astype(np.float32)


@pytest.fixture(scope="module")
def arc() -> list:
    """Four bars with drums, four that rise without bass, four with drums again."""
    rise = 0.7 * chord(RATE, 8.0, [72, 76, 79], 0.02) + riser(8.0)
    return hear(np.concatenate((bars(4, True), rise.astype(np.float32), bars(4, True))), RATE)


def test_a_build_rises_to_the_drop_and_ends_with_it(arc: list) -> None:
    at, build = np.array([f.time for f in arc]), column(arc, "build")
    assert build[at < 8.0].max() < 0.2
    assert build[np.searchsorted(at, 12.5)] < build[np.searchsorted(at, 14.0)] < build[np.searchsorted(at, 15.9)]
    assert build[np.searchsorted(at, 15.9)] > 0.6
    assert build[at > 17.5].max() < 0.15


def test_the_drop_is_told_a_fraction_of_a_second_after_it(arc: list) -> None:
    found = events(arc, "drop")
    assert len(found) == 1
    assert found[0, 0] == pytest.approx(16.0, abs=0.12) and found[0, 1] < 16.45


def test_steady_music_neither_builds_nor_drops(song: list) -> None:
    at, build = np.array([f.time for f in song]), column(song, "build")
    assert build[at < 12.0].max() < 0.3 and build[at > 25.0].max() < 0.3
    assert len(events(song, "drop")) == 1  # where the drums come back
    assert events(song, "drop")[0, 0] == pytest.approx(24.0, abs=0.15)
