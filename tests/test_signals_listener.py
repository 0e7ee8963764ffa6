"""Stems and the latency offset: channels that have signals of their own, and beats that come early or late."""

import numpy as np
import pytest

from liveviz.signals import Analyser, Listener, all_outputs, outputs
from liveviz.spec import AudioBlock, UsageError, channels_needed, parse_channels, parse_stems

RATE = 48_000


def kicks(seconds: float, every: float = 0.5) -> np.ndarray:
    """float32 `[n]`: a bass drum."""
    t = np.arange(int(seconds * RATE)) / RATE
    at = t % every
    return (0.7 * np.sin(2 * np.pi * 55 * at) * np.exp(-14 * at)).astype(np.float32)


def play(listener: Listener | Analyser, samples: np.ndarray, size: int = 512) -> list:
    frames = []
    for start in range(0, len(samples) - size + 1, size):
        frames += listener.step(AudioBlock(samples[start : start + size], RATE, (start + size) / RATE))
    return frames


def test_channels_and_stems_are_read_as_they_are_written() -> None:
    assert parse_channels("1-2") == (0, 1) and parse_channels("3") == (2,) and parse_channels("1-2, 5") == (0, 1, 4)
    stems = parse_stems(["drums=1-2", "bass=3"])
    assert stems == (("drums", (0, 1)), ("bass", (2,)))
    assert channels_needed((), stems) == 3 and channels_needed((7,), stems) == 8 and channels_needed((), ()) == 0


@pytest.mark.parametrize("text", ["", "0", "1-", "2-1", "33", "1,,2", "a", "1-2-3", "-1", "1 2", "١"])
def test_channels_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="numbers from 1 to 32"):
        parse_channels(text)


@pytest.mark.parametrize(
    "texts", [["drums"], ["Drums=1"], ["=1"], ["a=1", "a=2"], [f"s{n}=1" for n in range(9)], ["x=0"], ["a.b=1"]]
)
def test_stems_that_are_none_are_refused(texts: list[str]) -> None:
    with pytest.raises(UsageError, match="stems"):
        parse_stems(texts)


def test_each_stem_hears_its_own_channels_and_nothing_else() -> None:
    beat, hush = kicks(3.0), np.zeros(3 * RATE, np.float32)
    listener = Listener(RATE, stems=parse_stems(["drums=1", "voice=2-3", "missing=9"]))
    names = [o.name for o in all_outputs(parse_stems(["drums=1", "voice=2-3", "missing=9"]))]
    frames = play(listener, np.stack([beat, hush, hush], axis=1))
    last = dict(zip(names, frames[-1].values, strict=True))
    assert last["stem.drums.onset.kick"] == 6 or last["stem.drums.onset"] >= 5
    assert last["stem.voice.onset"] == last["stem.missing.onset"] == 0
    assert last["stem.voice.rms"] == last["stem.missing.rms"] == 0
    alone = play(Analyser(RATE), beat[:, None])  # a stem is the very analyser, on those channels
    start = names.index(f"stem.drums.{outputs()[0].name}")
    np.testing.assert_array_equal(frames[-1].values[start : start + len(outputs())], alone[-1].values)


def test_channels_choose_what_the_whole_sound_is() -> None:
    beat, hush = kicks(2.0), np.zeros(2 * RATE, np.float32)
    samples = np.stack([beat, hush], axis=1)
    place = [o.name for o in outputs()].index("rms")
    assert play(Listener(RATE, channels=(1,)), samples)[-1].values[place] == 0.0
    assert max(f.values[place] for f in play(Listener(RATE, channels=(0,)), samples)) > 0.05


def test_with_an_offset_beats_come_that_much_earlier_and_none_is_lost() -> None:
    samples = kicks(14.0)[:, None]
    names = [o.name for o in outputs()]
    beat, phase = names.index("beat"), names.index("beat_phase")
    plain, early = play(Listener(RATE), samples), play(Listener(RATE, offset=0.1), samples)

    def times(frames: list) -> np.ndarray:
        counts = np.array([f.values[beat] for f in frames])
        return np.array([f.time for f in frames])[1:][np.diff(counts) > 0]

    told, sooner = times(plain), times(early)
    told, sooner = told[told > 6.0], sooner[sooner > 6.0 - 0.1]
    assert len(told) >= 14 and abs(len(told) - len(sooner)) <= 1
    lead = [t - sooner[np.argmin(np.abs(sooner - (t - 0.1)))] for t in told[:-1]]
    # the plain beat itself is announced ahead of its time, by up to 40 ms; the early one exactly when its phase wraps
    assert 0.04 < np.median(lead) < 0.13
    assert all(0.0 <= f.values[phase] < 1.0 for f in early)


def test_with_a_negative_offset_everything_comes_later_and_is_stamped_so() -> None:
    samples = kicks(2.0)[:, None]
    plain, late = play(Listener(RATE), samples), play(Listener(RATE, offset=-0.05), samples)
    lag = len(plain) - len(late)
    assert lag * 256 / RATE == pytest.approx(0.05, abs=0.006)
    for a, b in zip(plain, late, strict=False):
        np.testing.assert_array_equal(a.values, b.values)
        assert b.time == pytest.approx(a.time + 0.05)


@pytest.mark.parametrize("offset", [0.6, -0.6, float("nan")])
def test_an_offset_that_is_none_is_refused(offset: float) -> None:
    with pytest.raises(ValueError, match="offset"):
        Listener(RATE, offset=offset)
