"""What the ears say about sounds whose truth the test wrote down itself."""

import mir_eval
import numpy as np
import pytest
from hearing import chord, click, column, events, hat, hear, kick, noise, put, snare

RATE = 44_100
MINOR_THIRD = [57, 60, 64]  # A minor


def f_measure(truth: list[float], found: np.ndarray, window: float = 0.05) -> float:
    return float(mir_eval.onset.f_measure(np.array(truth), found, window=window)[0])


def clicks(rate: int, seconds: float, bpm: float, first: float = 0.3) -> tuple[np.ndarray, list[float]]:
    """A click on every beat, and their times."""
    track = np.zeros(int(rate * seconds), np.float32)
    times = list(np.arange(first, seconds - 0.1, 60.0 / bpm))
    put(track, rate, times, 0.5 * click(rate))
    return track, times


def drum_song(rate: int, bars: int, bpm: float) -> tuple[np.ndarray, dict[str, list[float]]]:
    """Kick on 1 and 3, snare on 2 and 4, hats between; and the times of each."""
    beat = 60.0 / bpm
    starts = [0.2 + 4 * beat * i for i in range(bars)]
    times = {
        "kick": [s + beat * k for s in starts for k in (0, 2)],
        "snare": [s + beat * k for s in starts for k in (1, 3)],
        "hat": [s + beat * k for s in starts for k in (0.5, 1.5, 2.5, 3.5)],
    }
    track = np.zeros(int(rate * (0.2 + 4 * beat * bars)), np.float32)
    put(track, rate, times["kick"], 0.7 * kick(rate))
    put(track, rate, times["snare"], 0.5 * snare(rate))
    put(track, rate, times["hat"], 0.6 * hat(rate))
    return track, times


@pytest.mark.parametrize("gain_db", (0.0, -40.0))
@pytest.mark.parametrize("rate", (16_000, 44_100, 48_000))
def test_onsets_are_found_at_once_however_quiet(rate: int, gain_db: float) -> None:
    track, times = clicks(rate, 6.0, 140.0)
    found = events(hear(track * np.float32(10 ** (gain_db / 20)), rate), "onset")
    assert f_measure(times, found[:, 0], 0.015) == 1.0
    waits = found[:, 1] - np.array(times)
    assert 0 < np.median(waits) < 0.015 and waits.max() < 0.03


def test_a_steady_tone_is_one_onset_and_so_is_vibrato() -> None:
    t = np.arange(4 * RATE) / RATE
    steady = np.concatenate((np.zeros(RATE // 2), 0.2 * np.sin(2 * np.pi * 330 * t))).astype(np.float32)
    assert len(events(hear(steady, RATE), "onset")) == 1
    wobble = 2 * np.pi * (440 * t + 440 * 0.006 / (2 * np.pi * 5.5) * np.sin(2 * np.pi * 5.5 * t))
    vibrato = np.concatenate((np.zeros(RATE // 2), 0.2 * np.sin(wobble))).astype(np.float32)
    assert len(events(hear(vibrato, RATE), "onset")) <= 2


def test_a_soft_note_soon_after_a_hard_hit_is_an_onset_too() -> None:
    track = np.zeros(6 * RATE, np.float32)
    hits = list(np.arange(0.5, 5.5, 0.5))
    t = np.arange(int(0.15 * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * 880 * k * t) / k for k in range(1, 8)) * np.minimum(1, t / 0.01) * np.exp(-t / 0.1)
    put(track, RATE, hits, 0.6 * snare(RATE))
    put(track, RATE, [h + 0.12 for h in hits], (0.12 * tone).astype(np.float32))
    found = events(hear(track, RATE), "onset")[:, 0]
    assert f_measure(sorted(hits + [h + 0.12 for h in hits]), found, 0.03) > 0.97


def test_steady_noise_has_hardly_an_onset() -> None:
    found = events(hear(noise(RATE, 6.0, 0.1), RATE), "onset")
    assert (found[:, 0] > 1.0).sum() <= 3


def test_kick_and_snare_are_told_apart() -> None:
    track, times = drum_song(RATE, 8, 112.0)
    frames = hear(track, RATE)
    for drum in ("kick", "snare"):
        found = events(frames, f"onset.{drum}")
        assert f_measure(times[drum], found[:, 0]) > 0.9, drum
        assert (found[:, 1] - found[:, 0]).max() < 0.065


@pytest.mark.parametrize("rate", (44_100, 48_000))
def test_kick_and_hat_are_told_apart(rate: int) -> None:
    track = np.zeros(8 * rate, np.float32)
    kicks, hats = list(np.arange(0.3, 7.8, 0.5)), list(np.arange(0.55, 7.8, 0.5))
    put(track, rate, kicks, 0.7 * kick(rate))
    put(track, rate, hats, 0.5 * hat(rate))
    frames = hear(track, rate)
    for drum, times in (("kick", kicks), ("hat", hats)):
        assert f_measure(times, events(frames, f"onset.{drum}")[:, 0]) > 0.9, drum
    assert len(events(frames, "onset.snare")) <= 1


def test_a_bass_note_is_no_kick() -> None:
    track = np.zeros(6 * RATE, np.float32)
    t = np.arange(int(0.4 * RATE)) / RATE
    note = sum(np.sin(2 * np.pi * 55 * k * t) / k for k in range(1, 12)) * np.minimum(1, t / 0.008) * np.exp(-t / 0.5)
    put(track, RATE, list(np.arange(0.5, 5.5, 0.5)), (0.2 * note).astype(np.float32))
    frames = hear(track, RATE)
    assert len(events(frames, "onset")) >= 10
    assert len(events(frames, "onset.kick")) <= 3


@pytest.mark.parametrize("bpm", (72.0, 100.0, 128.0, 170.0))
def test_tempo_and_beat_of_a_click_track(bpm: float) -> None:
    track, times = clicks(RATE, 14.0, bpm)
    frames = hear(track, RATE)
    late = np.array([f.time > 7.0 for f in frames])
    assert (np.abs(column(frames, "tempo")[late] / bpm - 1.0) < 0.02).mean() > 0.95
    beats = events(frames, "beat")
    assert f_measure([t for t in times if t > 5.0], beats[beats[:, 0] > 5.0, 0], 0.04) > 0.95
    assert (beats[:, 1] - beats[:, 0]).max() < 0.006  # said in the hop in which it fell: it was predicted


def test_quiet_tempo_and_a_change_of_tempo() -> None:
    first, _ = clicks(RATE, 12.0, 96.0)
    second, times = clicks(RATE, 16.0, 132.0)
    frames = hear(np.concatenate((first, second)) * np.float32(0.01), RATE)
    tempo = column(frames, "tempo")
    at = np.array([f.time for f in frames])
    assert (np.abs(tempo[(at > 8) & (at < 12)] / 96.0 - 1) < 0.03).all()
    assert (np.abs(tempo[at > 24] / 132.0 - 1) < 0.03).all()
    beats = events(frames, "beat")[:, 0]
    assert f_measure([12.0 + t for t in times if t > 12.0], beats[beats > 24.0], 0.05) > 0.9


def test_beat_phase_is_zero_at_the_beat_and_only_moves_on() -> None:
    track, times = clicks(RATE, 14.0, 110.0)
    frames = hear(track, RATE)
    at, phase = np.array([f.time for f in frames]), column(frames, "beat_phase")
    steps = np.diff(phase) % 1.0
    assert (steps < 0.2).all() and (steps > 0).all()
    for t in (t for t in times if t > 8.0):
        assert abs((phase[np.searchsorted(at, t)] + 0.5) % 1.0 - 0.5) < 0.08
    bar = column(frames, "bar_phase")
    np.testing.assert_allclose((bar * 4.0) % 1.0, phase, atol=1e-9)


def test_downbeats_come_every_four_beats() -> None:
    track, _ = drum_song(RATE, 12, 120.0)
    track += 0.4 * np.concatenate([chord(RATE, 2.0, [48 + n, 52 + n, 55 + n]) for n in (0, 5, 7, 3) * 4])[: track.size]
    frames = hear(track, RATE)
    downbeats, beats = events(frames, "downbeat"), events(frames, "beat")
    assert set(downbeats[:, 0]) <= set(beats[:, 0])
    late = downbeats[downbeats[:, 0] > 8.0, 0]
    np.testing.assert_allclose(np.diff(late), 2.0, atol=0.1)
    crossings = column(frames, "bar_phase")
    assert crossings[np.searchsorted([f.time for f in frames], late[-1])] < 0.05


@pytest.mark.parametrize("rate", (8_000, 22_050, 44_100, 48_000, 96_000))
@pytest.mark.parametrize("notes", ([60, 64, 67], MINOR_THIRD, [54, 58, 61], [52, 56, 59, 63]))
def test_chroma_of_a_chord(rate: int, notes: list[int]) -> None:
    frames = hear(chord(rate, 1.2, notes), rate)
    chroma = np.array([column(frames, f"chroma.{i}")[-1] for i in range(12)])
    assert chroma.sum() == pytest.approx(1.0, abs=1e-6)
    assert set(np.argsort(chroma)[-len(notes) :]) == {n % 12 for n in notes}


def test_chroma_is_nothing_without_tone_and_follows_within_a_quarter_second() -> None:
    quiet = hear(np.concatenate((np.zeros(RATE // 2, np.float32), noise(RATE, 2.0, 0.1))), RATE)
    total = sum(column(quiet, f"chroma.{i}") for i in range(12))
    assert (total < 0.5).mean() > 0.9
    change = hear(np.concatenate((chord(RATE, 1.5, [60, 64, 67]), chord(RATE, 1.5, [62, 66, 69]))), RATE)
    at = np.array([f.time for f in change])
    rows = np.array([column(change, f"chroma.{i}") for i in range(12)])[:, at > 1.75]
    assert (np.sort(np.argsort(rows, axis=0)[-3:], axis=0).T == [2, 6, 9]).all()


@pytest.mark.parametrize("rate", (22_050, 44_100, 48_000))
def test_bass_chroma_is_the_lowest_note(rate: int) -> None:
    for root in (33, 36, 41):
        frames = hear(chord(rate, 1.2, [root], 0.2) + chord(rate, 1.2, [60, 64, 67], 0.05), rate)
        bass = np.array([column(frames, f"bass_chroma.{i}")[-1] for i in range(12)])
        assert bass.argmax() == root % 12 and bass.sum() == pytest.approx(1.0, abs=1e-6)


def test_bands_hear_their_register() -> None:
    t = np.arange(RATE) / RATE
    tones = [(0.3 * np.sin(2 * np.pi * hz * t)).astype(np.float32) for hz in (60, 700, 7_000)]
    frames = hear(np.concatenate(tones), RATE)
    at = np.array([f.time for f in frames])
    bands = np.array([column(frames, f"bands.{name}") for name in ("bass", "mid", "high")])
    for k in range(3):
        inside = bands[:, (at > k + 0.4) & (at < k + 0.95)].mean(axis=1)
        assert inside.argmax() == k and inside[k] > 0.7 and np.delete(inside, k).max() < 0.2


def test_rms_follows_loudness_and_forgets_the_input_level() -> None:
    pulse = noise(RATE, 6.0, 0.1) * (np.arange(6 * RATE) // (RATE // 2) % 2).astype(np.float32)
    loud, quiet = column(hear(pulse, RATE), "rms"), column(hear(pulse * np.float32(0.03), RATE), "rms")
    np.testing.assert_allclose(loud[200:], quiet[200:], atol=0.02)
    at = (np.arange(loud.size) + 1) * 256 / RATE
    on = (at % 1.0 > 0.6) & (at % 1.0 < 0.99) & (at > 1)
    off = (at % 1.0 > 0.1) & (at % 1.0 < 0.49) & (at > 1)
    assert loud[on].min() > 0.15 and loud[off].max() < 0.01


def test_level_is_the_rms_of_the_input_in_db() -> None:
    for db in (-6.0, -30.0, -60.0):
        sine = np.sqrt(2) * 10 ** (db / 20) * np.sin(2 * np.pi * 1_000 * np.arange(RATE) / RATE)
        assert column(hear(sine.astype(np.float32), RATE), "level_db")[-1] == pytest.approx(db, abs=0.3)
    assert column(hear(np.zeros(RATE, np.float32), RATE), "level_db")[-1] == -120.0


def test_onset_strength_is_high_at_clicks_and_low_between() -> None:
    track, times = clicks(RATE, 6.0, 90.0)
    frames = hear(track + noise(RATE, 6.0, 1e-4), RATE)
    at, strength = np.array([f.time for f in frames]), column(frames, "onset_strength")
    for t in times[1:]:
        assert strength[(at > t) & (at < t + 0.04)].max() > 0.6
        assert strength[(at > t + 0.25) & (at < t + 0.6)].mean() < 0.15


def test_energy_tells_the_drop_from_the_break() -> None:
    parts = [
        noise(RATE, seconds, level, seed) for seed, (seconds, level) in enumerate(((6, 0.05), (6, 0.01), (6, 0.2)))
    ]
    frames = hear(np.concatenate(parts), RATE)
    at, energy = np.array([f.time for f in frames]), column(frames, "energy")
    verse, pause, drop = (energy[(at > a) & (at < a + 3)].mean() for a in (2.5, 8.5, 14.5))
    assert pause < 0.2 and drop > 0.9 and verse > pause + 0.4


def test_silence_is_told_and_nothing_fires_in_it() -> None:
    track, _ = clicks(RATE, 5.0, 120.0)
    frames = hear(np.concatenate((np.zeros(RATE, np.float32), track, noise(RATE, 6.0, 1e-5))), RATE)
    at, silence = np.array([f.time for f in frames]), column(frames, "silence")
    assert (
        (silence[at < 0.9] == 1).all()
        and (silence[(at > 1.4) & (at < 5.8)] == 0).all()
        and (silence[at > 8.6] == 1).all()
    )
    assert not [e for f in frames if f.time > 8.6 or f.time < 0.9 for e in f.events]
    assert (column(frames, "energy")[at > 11] < 0.05).all() and (column(frames, "rms")[at > 8.7] == 0).all()
