"""Drums weigh the bar: where the network says nothing, kick and snare alone place the beat."""

import numpy as np
import pytest

from liveviz.signals import BEATS_PER_BAR, LOOK_SECONDS, Bars, Groove

AHEAD = 14


def listen(bpm: float, seconds: float) -> Bars:
    """Kick on 1 and 3, snare on 2 and 4, of which the groove is told AHEAD looks before the bars."""
    bars = Bars(LOOK_SECONDS, 0.0)
    groove = Groove(bars, AHEAD)
    drums = np.zeros((int(seconds / LOOK_SECONDS) + 1, 3), np.float32)
    for n, t in enumerate(np.arange(0.0, seconds, 60.0 / bpm)):
        drums[int(t / LOOK_SECONDS), n % 2] = 0.9
    for look in range(len(drums)):
        bars.step(1.0 / 16.0, 1.0 / 64.0)  # as likely as anywhere
        groove.step(drums[look + AHEAD] if look + AHEAD < len(drums) else np.zeros(3, np.float32))
        assert np.isfinite(bars.p).all() and bars.p.sum() == pytest.approx(1.0, abs=1e-3)
    return bars


@pytest.mark.parametrize("bpm", (92.0, 125.0))
def test_kick_and_snare_alone_give_tempo_and_place(bpm: float) -> None:
    bars = listen(bpm, 12.0)
    assert 60.0 / LOOK_SECONDS / bars.periods[bars.tempi().argmax()] == pytest.approx(bpm, rel=0.035)
    place = (12.0 / (60.0 / bpm)) % 2  # of two beats: with this pattern the third is as good as the first
    likely = int(np.bincount(bars.beat, weights=bars.p, minlength=BEATS_PER_BAR).argmax()) % 2
    assert min(abs(place - likely), 2 - abs(place - likely)) < 0.6


def test_without_drums_nothing_is_weighed() -> None:
    bars = Bars(LOOK_SECONDS, 0.0)
    groove, before = Groove(bars, AHEAD), bars.p.copy()
    for _ in range(50):
        groove.step(np.zeros(3, np.float32))
    np.testing.assert_allclose(bars.p, before, rtol=1e-4)
