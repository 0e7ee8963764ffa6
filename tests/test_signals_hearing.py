"""The learned ears and the bar tracker behind them: the arithmetic, the grid of time, and how soon they find a new song."""

import numpy as np
import pytest
import torch
from hearing import chord, click, column, events, hat, hear, kick, noise, put, snare
from safetensors.torch import load_file

import liveviz.signals as room
from liveviz.learning.hearing import HearingNetwork
from liveviz.signals import (
    BEATS_PER_BAR,
    DELAYS_LOOKS,
    HEARD_KINDS,
    LOOK_SECONDS,
    LOOK_SIZE,
    PAST_LOOKS,
    WEIGHTS_FILE,
    Bars,
    Hearing,
    HopCutter,
    Looks,
    Rig,
    natural_hop_length,
)

RATE = 44_100
FRAME = LOOK_SECONDS


def song(rate: int, seconds: float, bpm: float, roots: tuple[int, ...]) -> np.ndarray:
    """Rock drums, and a chord that changes with every bar."""
    beat = 60.0 / bpm
    track = np.zeros(int(rate * seconds), np.float32)
    bars = np.arange(0.0, seconds, 4 * beat)
    for drum, steps, level in ((kick, (0, 2.5), 0.7), (snare, (1, 3), 0.5), (hat, np.arange(0, 4, 0.5), 0.4)):
        put(
            track,
            rate,
            [float(t + beat * s) for t in bars for s in steps if t + beat * s < seconds - 0.01],
            level * drum(rate),
        )
    for n, t in enumerate(bars):
        root = 48 + roots[n % len(roots)]
        put(
            track,
            rate,
            [float(t)],
            0.5 * chord(rate, min(4 * beat, seconds - t), [root - 12, root, root + 4, root + 7]),
        )
    return track


def test_the_live_network_is_the_trained_one() -> None:
    path = room.__path__[0] + "/" + WEIGHTS_FILE
    tensors = load_file(path)
    net = HearingNetwork(tensors["mean"], tensors["scale"], len(HEARD_KINDS), tensors["first_bias"].numel())
    net.load_state_dict({name: tensors[name.replace(".", "_")] for name in net.state_dict()})
    rig = Rig(RATE, 256)
    looks, hearing = rig.get(Looks), rig.get(Hearing)
    seen, said = [], []
    for hop in HopCutter(RATE, 256).push(song(RATE, 4.0, 100.0, (0, 5))[:, None], 4.0):
        for part in rig.parts:
            part.step(hop)
        if hearing.fresh:
            seen.append(np.concatenate((looks.newest, looks.oldest)))
            said.append(hearing.likely)
    with torch.no_grad():
        logits, _ = net(torch.from_numpy(np.array(seen))[None])
    np.testing.assert_allclose(np.array(said), torch.sigmoid(logits[0]).numpy(), atol=2e-4)
    assert sum(p.numel() for p in net.parameters()) < 100_000 and max(DELAYS_LOOKS) * LOOK_SECONDS < 0.25


@pytest.mark.parametrize("rate", (8_000, 44_100, 48_000, 192_000))
@pytest.mark.parametrize("hop", (1, 8))
def test_looks_come_on_a_grid_of_time(rate: int, hop: int) -> None:
    length = natural_hop_length(rate) * hop
    rig = Rig(rate, length)
    looks = rig.get(Looks)
    for n, sound in enumerate(HopCutter(rate, length).push(noise(rate, 3.0, 0.1)[:, None], 3.0), start=1):
        for part in rig.parts:
            part.step(sound)
        assert looks.count * LOOK_SECONDS + looks.behind == pytest.approx(n * length / rate, abs=1e-6)
        assert 0.0 <= looks.behind < LOOK_SECONDS + 1e-6
        assert looks.newest.shape == looks.oldest.shape == (LOOK_SIZE,)
    assert (
        looks.count == pytest.approx(3.0 / LOOK_SECONDS, abs=length / rate / LOOK_SECONDS + 1)
        and looks.count > PAST_LOOKS
    )


def ideal(bpm: float, seconds: float, start: float = 0.0) -> list[tuple[float, float]]:
    """What perfect ears would say: (beat, first beat), look by look."""
    beats = np.arange(start, seconds, 60.0 / bpm)
    said = np.full((int(seconds / FRAME), 2), 0.01)
    for n, t in enumerate(beats):
        look = min(int(t / FRAME), len(said) - 1)
        said[look] = 0.95, 0.9 if n % BEATS_PER_BAR == 0 else 0.03
    return [(float(a), float(b)) for a, b in said]


def tempo(bars: Bars) -> float:
    return float(60.0 / FRAME / bars.periods[bars.tempi().argmax()])


@pytest.mark.parametrize("bpm", (63.0, 90.0, 128.0, 174.0))
def test_bars_find_tempo_and_place(bpm: float) -> None:
    bars = Bars(FRAME, 0.0)
    for beat, first in ideal(bpm, 10.0):
        bars.step(beat, first)
        assert bars.p.sum() == pytest.approx(1.0, abs=1e-3) and (bars.p >= 0).all()
    assert tempo(bars) == pytest.approx(bpm, rel=0.035)
    place = (10.0 / (60.0 / bpm)) % BEATS_PER_BAR
    likely = np.bincount(bars.beat, weights=bars.p, minlength=BEATS_PER_BAR).argmax()
    assert min(abs(place - likely), BEATS_PER_BAR - abs(place - likely)) < 0.6


def test_bars_follow_a_cut_within_four_seconds_and_doubt_everything_in_silence() -> None:
    bars = Bars(FRAME, 0.0)
    for beat, first in ideal(90.0, 20.0):
        bars.step(beat, first)
    for beat, first in ideal(128.0, 4.0, start=0.13):
        bars.step(beat, first)
    assert tempo(bars) == pytest.approx(128.0, rel=0.035)
    for hostile in ((0.0, 0.0), (1.0, 1.0), (0.0, 1.0), (1.0, 0.0)):
        for _ in range(500):
            bars.step(*hostile)
        assert np.isfinite(bars.p).all() and bars.p.sum() == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(("first", "second"), ((96.0, 128.0), (174.0, 110.0)))
def test_a_dj_cut_is_followed_within_four_seconds(first: float, second: float) -> None:
    cut = 14.0
    sound = np.concatenate((song(RATE, cut, first, (0, 5, 7, 3)), song(RATE, 14.0, second, (2, 9, 7, 4))))
    frames = hear(sound, RATE)
    at, bpm = np.array([f.time for f in frames]), column(frames, "tempo")
    assert (np.abs(bpm[(at > 8.0) & (at < cut)] / first - 1) < 0.04).all()
    assert (np.abs(bpm[at > cut + 4.0] / second - 1) < 0.04).mean() > 0.93
    found = events(frames, "beat")
    beats = cut + np.arange(0.0, 13.9, 60.0 / second)
    for t in beats[beats > cut + 4.0]:
        assert np.abs(found[:, 0] - t).min() < 0.07, t
    assert (found[:, 1] - found[:, 0]).max() < 0.010  # predicted
    bars = events(frames, "downbeat")[:, 0]
    ones = cut + np.arange(0.0, 13.9, 240.0 / second)
    assert np.mean([np.abs(bars - t).min() < 0.07 for t in ones[ones > cut + 6.0]]) > 0.7


def test_beats_go_on_through_noise() -> None:
    sound = song(RATE, 16.0, 120.0, (0, 5, 7, 3))
    level = float(np.sqrt(np.mean(sound**2))) / 10 ** (10 / 20)
    frames = hear(sound + noise(RATE, 16.0, level), RATE)
    at, bpm = np.array([f.time for f in frames]), column(frames, "tempo")
    assert (np.abs(bpm[at > 8.0] / 120.0 - 1) < 0.04).mean() > 0.95
    ticks = hear(np.concatenate((sound, np.tile(click(RATE), 200))), RATE)
    assert np.isfinite(np.array([f.values for f in ticks])).all()
