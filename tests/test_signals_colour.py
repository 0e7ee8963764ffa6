"""What the slower ears say about sounds whose truth the test wrote down itself: bands, colour, tones and strokes, pitch,
chord, key; and that none of it depends on how the sound is cut into hops."""

import numpy as np
import pytest
from hearing import chord, column, events, hat, hear, kick, noise, put, snare

RATE = 44_100


def late(frames: list, name: str, after: float = 0.5) -> float:
    """Mean of an output after that time."""
    at = np.array([f.time for f in frames])
    return float(column(frames, name)[at > after].mean())


def tone(hz: float, seconds: float, level: float = 0.2, rate: int = RATE) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def test_each_of_the_eight_bands_hears_its_octaves() -> None:
    inside = (40.0, 85.0, 180.0, 370.0, 700.0, 1_600.0, 4_000.0, 10_000.0)
    frames = hear(np.concatenate([tone(hz, 0.5) for hz in inside]), RATE)
    at = np.array([f.time for f in frames])
    bands = np.array([column(frames, f"bands.{i}") for i in range(1, 9)])
    for k in range(8):
        here = bands[:, (at > 0.5 * k + 0.3) & (at < 0.5 * k + 0.48)].mean(axis=1)
        assert here.argmax() == k and here[k] > 0.8, inside[k]
        assert np.delete(here, k).max() < (0.5 if k > 1 else 0.8)  # the two lowest are hardly wider than a bin


def test_a_band_above_half_the_sample_rate_stays_empty() -> None:
    frames = hear(noise(8_000, 1.5, 0.1), 8_000)
    assert column(frames, "bands.8").max() == 0.0 and late(frames, "bands.5") > 0.3


@pytest.mark.parametrize(("name", "stroke"), (("kick", kick), ("snare", snare), ("hat", hat)))
def test_onset_strength_of_a_drum_is_in_its_register(name: str, stroke) -> None:
    track = np.zeros(2 * RATE, np.float32)
    times = [0.4, 0.9, 1.4]
    put(track, RATE, times, 0.6 * stroke(RATE))
    frames = hear(track + noise(RATE, 2.0, 1e-4), RATE)
    at = np.array([f.time for f in frames])
    strength = column(frames, f"onset_strength.{name}")
    for t in times:
        assert strength[(at > t) & (at < t + 0.04)].max() > 0.5
    assert strength[(at > 1.75) & (at < 1.85)].max() < 0.2
    if name == "hat":
        assert column(frames, "onset_strength.kick")[at > 0.3].max() < 0.6


def test_tones_are_harmonic_and_strokes_percussive() -> None:
    track = np.zeros(4 * RATE, np.float32)
    put(track, RATE, [0.2, 0.5, 0.8, 1.1, 1.4, 1.7], 0.7 * snare(RATE))
    track[2 * RATE :] += chord(RATE, 2.0, [57, 60, 64])
    frames = hear(track, RATE)
    at = np.array([f.time for f in frames])
    harmonic, percussive = column(frames, "harmonic"), column(frames, "percussive")
    strokes, tones = (at > 1.0) & (at < 1.95), (at > 2.6) & (at < 3.9)
    assert percussive[strokes].max() > 0.8 and harmonic[strokes].mean() < 0.4
    assert harmonic[tones].mean() > 2.0 * percussive[tones].mean() and harmonic[tones].mean() > 0.3


def test_centroid_counts_octaves_and_flatness_tells_noise_from_tone() -> None:
    low, high = (late(hear(tone(hz, 1.0), RATE), "spectral_centroid") for hz in (400.0, 1_600.0))
    assert 0.13 < high - low < 0.3  # two octaves, less what lies under the tone
    assert late(hear(noise(RATE, 1.0, 0.1), RATE), "spectral_centroid") > high
    assert late(hear(tone(400.0, 1.0), RATE), "spectral_flatness") < 0.15
    assert late(hear(noise(RATE, 1.0, 0.1), RATE), "spectral_flatness") > 0.35


def test_flux_counts_what_grows_and_total_variation_what_moves_at_all() -> None:
    ends = np.clip((2.1 - np.arange(int(2.5 * RATE)) / RATE) / 0.1, 0.0, 1.0)
    frames = hear((ends * tone(300.0, 2.5)).astype(np.float32) + noise(RATE, 2.5, 1e-3), RATE)
    at = np.array([f.time for f in frames])
    for name in ("spectral_flux", "total_variation"):
        assert column(frames, name)[(at > 1.0) & (at < 1.9)].max() < 0.35, name
    stop = (at > 2.0) & (at < 2.2)
    assert column(frames, "spectral_flux")[stop].max() < 0.25
    assert column(frames, "total_variation")[stop].max() > column(frames, "total_variation")[at < 1.9][-100:].max()


def test_an_inflection_is_a_moment_that_stands_out_told_half_a_second_later() -> None:
    track = chord(RATE, 5.0, [57, 64]) + noise(RATE, 5.0, 2e-3)
    put(track, RATE, [2.5], snare(RATE))
    found = events(hear(track, RATE), "total_variation.inflection")
    inside = found[found[:, 0] > 1.0]
    assert len(inside) == 1
    assert inside[0, 0] == pytest.approx(2.5, abs=0.06) and 0.4 < inside[0, 1] - inside[0, 0] < 0.6


@pytest.mark.parametrize("rate", (16_000, 44_100, 96_000))
def test_pitch_is_the_note_of_a_melody(rate: int) -> None:
    melody = (57, 64, 72, 45)
    frames = hear(np.concatenate([chord(rate, 0.5, [n], 0.2) for n in melody]), rate)
    at, pitch, sure = (
        np.array([f.time for f in frames]),
        column(frames, "pitch"),
        column(frames, "pitch.confidence"),
    )
    for k, note in enumerate(melody):
        here = (at > 0.5 * k + 0.2) & (at < 0.5 * k + 0.48)
        assert np.abs(pitch[here] - note).max() < 0.3 and sure[here].min() > 0.8


def test_noise_and_chords_have_no_single_pitch() -> None:
    assert late(hear(noise(RATE, 1.0, 0.1), RATE), "pitch.confidence") < 0.1
    assert late(hear(chord(RATE, 1.0, [60, 64, 67]), RATE), "pitch.confidence") < 0.5


def test_chord_is_named_half_a_second_after_it_changes() -> None:
    played = (([60, 64, 67], 0, 1), ([57, 60, 64], 9, 0), ([53, 57, 60], 5, 1), ([52, 55, 59], 4, 0))
    frames = hear(np.concatenate([chord(RATE, 1.2, notes) for notes, _, _ in played]), RATE)
    at = np.array([f.time for f in frames])
    for k, (_, root, major) in enumerate(played):
        here = (at > 1.2 * k + 0.5) & (at < 1.2 * k + 1.15)
        assert (column(frames, "chord")[here] == root).all() and (column(frames, "chord.mode")[here] == major).all()
        assert column(frames, "chord.confidence")[here].min() > 0.5
        assert column(frames, f"chord.{root}")[here].min() > 0.6
    total = sum(column(frames, f"chord.{i}") for i in range(12))
    np.testing.assert_allclose(total[at > 0.5], 1.0, atol=1e-9)


@pytest.mark.parametrize(
    ("roots", "tonic", "major"),
    (
        ([(62, 66, 69), (55, 59, 62), (57, 61, 64), (62, 66, 69)], 2, 1),  # I IV V I of D
        ([(57, 60, 64), (62, 65, 69), (52, 56, 59), (57, 60, 64)], 9, 0),  # i iv V i of A minor
    ),
)
def test_key_of_a_cadence(roots: list, tonic: int, major: int) -> None:
    frames = hear(np.concatenate([chord(RATE, 0.8, list(notes)) for notes in roots * 2]), RATE)
    assert column(frames, "musical_key")[-1] == tonic and column(frames, "musical_key.mode")[-1] == major
    assert column(frames, "musical_key.confidence")[-1] > 0.4 and column(frames, f"musical_key.{tonic}")[-1] > 0.4


LEVELS = (
    "harmonic", "percussive", "spectral_centroid", "spectral_flatness", "spectral_flux", "total_variation",
    "bands.2", "bands.7", "pitch.confidence", "chord.confidence",
)  # fmt: skip


def test_the_hop_length_changes_hardly_anything() -> None:
    track = np.concatenate((chord(RATE, 1.5, [57, 64]), noise(RATE, 0.5, 0.05), chord(RATE, 1.0, [60, 67])))
    put(track, RATE, [0.5, 1.0, 1.5, 2.0, 2.5], 0.4 * kick(RATE))
    fine, coarse = hear(track, RATE, hop=128), hear(track, RATE, hop=512)
    for name in LEVELS:
        a, b = column(fine, name)[3::4], column(coarse, name)
        assert np.abs(a[: len(b)] - b[: len(a)])[40:].mean() < 0.06, name
