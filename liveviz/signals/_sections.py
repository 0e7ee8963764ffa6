"""Where one part of a song ends and another begins: bar by bar, how unlike the newest bar is to every bar of the running
section. A change that has lasted longer than a fill starts a new section, and a section that sounds like an earlier one gets
that one's label.

Harmony repeats inside a section, so the newest bar is held against the *most similar* of its bars, not against their mean: a
chord that comes back is nothing new, the same chords without drums are. Nothing is learned: levels, attacks and
chroma count in units of what the ear takes for a small step (LOUDNESS_STEP_DB to NOTE_STEP).
Source: nearest-neighbour novelty over bars in place of the checkerboard of Foote 2000, which needs the bars to come; labels
by online clustering, the causal cousin of Laplacian segmentation, McFee & Ellis 2014.
"""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from liveviz.signals._beats import BeatTracker
from liveviz.signals._flux import Flux
from liveviz.signals._gain import Gain
from liveviz.signals._hop import Hop
from liveviz.signals._part import Part, Rig
from liveviz.signals._thirds import BAND_COUNT, Thirds
from liveviz.signals.chroma import Chroma

BAND_EDGE_THIRDS = (0, 3, 5, 8, 11, 14, 17, 20, 24, BAND_COUNT)  # the third octaves of nine wide bands
REGISTERS_HZ = (30.0, 130.0, 500.0, 2_500.0, 6_000.0, 17_000.0)  # of attacks
BAR_BEATS, HALF_BAR_BEATS = 4, 2  # beats
# One step of the ear in each kind of feature
LOUDNESS_STEP_DB, BAND_STEP_DB, ATTACK_STEP, NOTE_STEP = 1.0, 2.0, 0.12, 0.4
BAND_FLOOR_RATIO = 1e-3  # a band more than 30 dB below the whole is as good as absent
LEAST_ATTACK = 0.003
NEW_STEPS = 2.2  # steps that make a bar unlike all others
USUAL_NOVELTY_RATIO = 0.3  # times the usual novelty of this music that are asked for on top: free music varies more
# Share of NEW_STEPS by which every two beats since must have been unlike the old: a fill is over by then
STAYED_RATIO = 0.7
ONE_BEAT_RATIO = 0.7  # share of that for a single beat, which varies more
# Share of how unlike the beats before it are: less is the old again, though a fill still rings in it
RETURN_RATIO = 0.55
LASTED_BEATS, LASTED_SECONDS = 5, 2.6  # beats after which a change is no fill, or a bar that took that long
LOOK_BACK_BEATS = 8  # beats that are looked back for where it began
SHORTEST_SECTION_BEATS = 12  # beats from one change to the next
YOUNG_BEATS = 16  # beats in which a section shows its chords
EARLY_CAUTION = 2.0  # at first, 1 + EARLY_CAUTION times as much is asked for as when it is no longer young
MEMORY_BARS = 24  # bars (one that ends with every beat) that the newest is held against
QUIET_DB = 30.0  # below the recent loudest: a pause, which belongs to the section around it
LABEL_COUNT = 12
ALIKE_STEPS = 1.8  # steps within which a section is an earlier one come back


class Sections(Part):
    """The running section.

    started: whether a new one was recognised in this hop; began: when it began, seconds.
    label: 0 to LABEL_COUNT - 1; the same sound gets the same label.
    novelty: steps by which the newest bar is unlike the section, over NEW_STEPS: 1 and more is a change. Renewed with
    every beat.
    State: features of the last beats, bars of the earlier sections by label. Forgotten when the gate shuts.
    """

    needs = (Thirds, Flux, Chroma, BeatTracker, Gain)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._thirds, self._flux, self._chroma = rig.get(Thirds), rig.get(Flux), rig.get(Chroma)
        self._beats, self._gain = rig.get(BeatTracker), rig.get(Gain)
        hz = self._flux.bands_hz
        select = np.array([(hz >= a) & (hz < b) for a, b in pairwise(REGISTERS_HZ)], np.float32)
        self._select = select / np.maximum(select.sum(axis=1, keepdims=True), 1.0)
        wide, attacks = len(BAND_EDGE_THIRDS) - 1, len(select)
        unit = (
            [LOUDNESS_STEP_DB]
            + [BAND_STEP_DB * wide**0.5] * wide
            + [ATTACK_STEP * attacks**0.5] * attacks
            + [NOTE_STEP] * 12
        )
        self._unit = np.array(unit)
        self._powers = np.zeros(BAND_COUNT)
        self._rises = np.zeros(hz.size, np.float32)
        self._notes = np.zeros(12)
        self._hops = 0
        self.started, self.began = False, 0.0
        self._forget()

    def _forget(self) -> None:
        self.label, self.novelty = 0, 0.0
        self._times: list[float] = []
        self._raw: list[NDArray[np.float64]] = []  # sums of one beat: powers of nine bands, attacks, chroma
        self._bars: list[NDArray[np.float64]] = []  # features of the bar that ends with each beat
        self._halves: list[NDArray[np.float64]] = []
        self._start = 0  # beat of `_times` with which the section began
        self._usual = 0.0
        self._loudest = -math.inf
        self._known: dict[int, list[NDArray[np.float64]]] = {}
        self._heard: list[int] = [0]  # labels, the one heard last at the end

    def step(self, hop: Hop) -> None:
        """Gather the hop; at a beat, judge."""
        self.started = False
        if not self._gain.open:
            if self._times:
                self._forget()
            return
        self._powers += self._thirds.power * self._thirds.raw
        self._rises += self._flux.rises
        self._notes += self._chroma.values
        self._hops += 1
        if self._beats.fired:
            self._beat(self._beats.fired_time)

    def _beat(self, time: float) -> None:
        wide = np.add.reduceat(self._powers, BAND_EDGE_THIRDS[:-1])
        raw = np.concatenate((wide, self._select @ self._rises, self._notes)) / self._hops
        self._powers[:], self._rises[:], self._notes[:], self._hops = 0.0, 0.0, 0.0, 0
        self._take(time, raw)

    def _take(self, time: float, raw: NDArray[np.float64]) -> None:
        """One beat, which ended at `time`, `[26]`: mean powers of nine bands, attacks in five registers, chroma."""
        level = 10.0 * math.log10(float(raw[: len(BAND_EDGE_THIRDS) - 1].sum()) + 1e-14)
        self._loudest = max(self._loudest - 0.1, level)
        if level < self._loudest - QUIET_DB:
            return
        self._times.append(time)
        self._raw.append(raw)
        self._bars.append(self._features(BAR_BEATS, len(self._raw)))
        self._halves.append(self._features(HALF_BAR_BEATS, len(self._raw)))
        self._judge()
        self._shorten()

    def _features(self, beats: int, end: int) -> NDArray[np.float64]:
        """float64 `[27]`: what `beats` sound like, the last of them the one before `end`, in steps of the ear."""
        raw = np.mean(self._raw[max(end - beats, 0) : end], axis=0)
        wide = len(BAND_EDGE_THIRDS) - 1
        power = raw[:wide]
        total = float(power.sum()) + 1e-14
        levels = 10.0 * np.log10(np.append(total, power + BAND_FLOOR_RATIO * total))
        return np.concatenate((levels, np.log10(raw[wide:-12] + LEAST_ATTACK), raw[-12:])) / self._unit

    def _judge(self) -> None:
        count = len(self._times)
        if count - self._start < SHORTEST_SECTION_BEATS:
            self.novelty = 0.0
            return
        old = self._bars[max(self._start + BAR_BEATS - 1, count - BAR_BEATS - MEMORY_BARS) : count - BAR_BEATS]
        novelty = _nearest(self._bars[-1], old) / (1.0 + EARLY_CAUTION * max(0.0, 1.0 - len(old) / YOUNG_BEATS))
        self.novelty = novelty / NEW_STEPS
        least = NEW_STEPS + USUAL_NOVELTY_RATIO * self._usual
        if novelty > least:
            lasted = self._lasted(STAYED_RATIO * least)
            took = self._times[-1] - self._times[-1 - lasted]
            if lasted >= LASTED_BEATS or (lasted >= BAR_BEATS and took > LASTED_SECONDS):
                self._change(count - lasted)
                return
        self._usual += (min(novelty, 2.0 * least) - self._usual) / MEMORY_BARS

    def _lasted(self, unlike: float) -> int:
        """For how many beats, LOOK_BACK_BEATS at most, every two in a row have been unlike all before."""
        count = len(self._times)
        most = min(LOOK_BACK_BEATS, count - self._start - BAR_BEATS)
        old = slice(max(self._start + HALF_BAR_BEATS - 1, count - most - MEMORY_BARS), count - most)
        single = [self._features(1, i + 1) for i in range(old.start, old.stop)]
        newest, *before = (_nearest(self._features(1, count - k), single) for k in range(BAR_BEATS))
        if newest < max(ONE_BEAT_RATIO * unlike, RETURN_RATIO * float(np.median(before))):
            return 0  # the newest beat is the old again: that was a fill
        lasted = HALF_BAR_BEATS - 1
        while lasted < most and _nearest(self._halves[count - lasted + HALF_BAR_BEATS - 2], self._halves[old]) > unlike:
            lasted += 1
        if lasted < HALF_BAR_BEATS:
            return 0
        if _nearest(self._features(1, count - lasted + 1), single) < unlike:
            lasted -= 1  # of the first two beats only the second was new
        return lasted

    def _change(self, start: int) -> None:
        """A new section began with beat `start`."""
        bars = self._known.setdefault(self.label, [])
        bars += self._bars[self._start + BAR_BEATS - 1 : start - 1]
        del bars[:-MEMORY_BARS]
        self.began, self.started = self._times[start - 1], True
        self._start = start
        self._usual *= 0.5
        new = self._bars[start + BAR_BEATS - 1 :]
        alike = {
            label: float(np.mean([_nearest(bar, bars) for bar in new])) for label, bars in self._known.items() if bars
        }
        alike.pop(self.label, None)  # it is unlike the one that just ended, or there would be no change
        best = min(alike, key=lambda label: alike[label], default=-1)
        if best < 0 or alike[best] > ALIKE_STEPS:
            unused = [label for label in range(LABEL_COUNT) if label not in self._heard]
            best = unused[0] if unused else self._heard[0]
            self._known.pop(best, None)
        self.label = best
        self._heard = [*(label for label in self._heard if label != best), best]

    def _shorten(self) -> None:
        """Keep what can still be asked for."""
        spare = len(self._times) - (MEMORY_BARS + 2 * LOOK_BACK_BEATS)
        if spare > 0:
            for kept in (self._times, self._raw, self._bars, self._halves):
                del kept[:spare]
            self._start = max(self._start - spare, 1 - BAR_BEATS)


def _nearest(one: NDArray[np.float64], others: list[NDArray[np.float64]]) -> float:
    """Distance to the nearest of `others`, in steps of the ear; far where there is none."""
    if not others:
        return math.inf
    away = np.array(others) - one
    return math.sqrt(float(np.einsum("ij,ij->i", away, away).min()))
