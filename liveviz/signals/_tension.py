"""The arc of a build and its drop. A build is what rises for seconds (treble, brightness, attacks, loudness) while the bass does
not come along; a drop is the bass that comes back after it was gone, about as loud as it ever was.

All of it is measured against the seconds before, in dB, so that the input level is no matter.
"""

import math

import numpy as np
from numpy.typing import NDArray

from liveviz.signals._flux import Flux
from liveviz.signals._gain import Gain
from liveviz.signals._hop import Hop
from liveviz.signals._part import Part, Rig
from liveviz.signals._thirds import Thirds

LOOK_EVERY_SECONDS = 0.1  # seconds between two looks
BASS_LOOKS = 3  # looks in the 0.3 s that the bass is measured over
SMOOTH_SECONDS = 0.5  # time constant of what must rise
BASS_HZ, TREBLE_HZ = 130.0, 2_500.0
# Seconds, and how many in a row it must have risen in: a step does not take that long
STRETCH_SECONDS, STRETCH_COUNT = 1.2, 3
STEEPNESS_PER_S = np.array(
    [2.0, 0.15, 0.8, 1.0]
)  # treble dB, octaves, attacks dB, loudness dB, each per second, count in full
ENOUGH_RISING = 1.5  # of the four
BUILT_SECONDS = 3.0  # seconds of steep rise that make a whole build
FADE_SECONDS = 5.0  # time constant in which tension that does not rise any more goes
PAUSE_S = (0.4, 3.0)  # seconds wholly without bass under treble that does not fall: the breath before a drop
GONE_DB = 10.0  # below the loudest recent bass: it is gone
# Seconds for which it must have been gone, and times the longest usual pause of this music
GONE_SECONDS, UNUSUAL_PAUSE_RATIO = 1.1, 1.6
BACK_DB, FULL_DB = 5.0, 1.5  # below the loudest recent bass: it is back, it is back in full
LOUDER_DB = 2.5  # than at any time in the seconds before: a low note in a quiet piece is no drop
LONG_PAUSE = 8.0  # seconds: such a pause is a break, and nothing usual
SETTLED_SECONDS = 6.0  # seconds of sound before there can be a drop
DROPS_APART_SECONDS = 6.0  # seconds between two drops
FORGET_DB = 0.1  # per second by which the loudest recent bass falls
FORGET_PAUSE = 30.0  # seconds (time constant) in which the longest usual pause is forgotten
SILENT_DB = -90.0


class Tension(Part):
    """build: 0 to 1, renewed every 0.1 s.
    dropped: whether the bass came back in this hop; when: the time of it.
    State: 0.3 s of bass, four seconds of levels, the loudest bass, how long bass pauses, seconds since the last drop.
    """

    needs = (Thirds, Flux, Gain)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._thirds, self._flux, self._gain = rig.get(Thirds), rig.get(Flux), rig.get(Gain)
        edges = self._thirds.edges_hz
        self._bass_end = int(np.searchsorted(edges, BASS_HZ))
        self._treble = int(np.searchsorted(edges, TREBLE_HZ))
        self._octaves = np.log2(self._thirds.centres_hz / edges[0])
        self._hops = rig.hops(LOOK_EVERY_SECONDS)
        self._dt = self._hops * rig.dt
        self._rate = 1.0 - math.exp(-self._dt / SMOOTH_SECONDS)
        self._stretch = round(STRETCH_SECONDS / self._dt)
        self._count = 0
        self._powers = np.zeros(self._octaves.size)
        self._attacks = 0.0
        self._start()

    def _start(self) -> None:
        self.build, self.dropped, self.when = 0.0, False, 0.0
        self._bass = np.zeros(BASS_LOOKS)
        self._level: NDArray[np.float64] | None = None
        self._totals = np.full(STRETCH_COUNT * self._stretch, SILENT_DB)
        self._levels = np.zeros((STRETCH_COUNT * self._stretch + 1, STEEPNESS_PER_S.size + 1))
        self._heard = 0
        self._loudest = SILENT_DB
        self._since = self._pause = self._usual_pause = 0.0
        self._ending = 0

    def step(self, hop: Hop) -> None:
        """Gather; ten times a second, judge."""
        self.dropped = False
        if not self._gain.open:
            if self._heard:
                self._start()
            return
        self._powers += self._thirds.power * self._thirds.raw
        self._attacks += self._flux.total
        self._count += 1
        if self._count < self._hops:
            return
        powers, attacks = self._powers / self._count, self._attacks / self._count
        self._powers[:], self._attacks, self._count = 0.0, 0.0, 0
        self._heard += 1
        self._since += self._dt
        bass = self._bass_now(float(powers[: self._bass_end].sum()))
        self._rise(powers, attacks, bass)
        self._drop(bass, hop.time)

    def _bass_now(self, power: float) -> float:
        """Bass of the last BASS_LOOKS, dB."""
        self._bass[:-1] = self._bass[1:]
        self._bass[-1] = power
        return max(10.0 * math.log10(float(self._bass.mean()) + 1e-14), SILENT_DB)

    def _rise(self, powers: NDArray[np.float64], attacks: float, bass: float) -> None:
        total = float(powers.sum()) + 1e-14
        treble = 10.0 * math.log10(float(powers[self._treble :].sum()) + 1e-5 * total)
        loudness = 10.0 * math.log10(total)
        self._totals[:-1] = self._totals[1:]
        self._totals[-1] = loudness
        bright = float(powers @ self._octaves) / total
        now = np.array([treble, bright, 20.0 * math.log10(attacks + 1e-3), loudness, bass])
        self._level = now if self._level is None else self._level + self._rate * (now - self._level)
        self._levels[:-1] = self._levels[1:]
        self._levels[-1] = self._level
        if self._heard < len(self._levels):
            return
        rises = np.diff(self._levels[:: self._stretch], axis=0) / STRETCH_SECONDS  # [STRETCH_COUNT, 5], per second
        share = float(np.clip(rises.min(axis=0)[:-1] / STEEPNESS_PER_S, 0.0, 1.0).sum()) / ENOUGH_RISING
        share = (min(share, 1.0) - 0.2) / 0.8 - 0.25 * max(float(rises[-1, -1]), 0.0)
        silent = PAUSE_S[0] < self._pause < PAUSE_S[1] and bass < self._loudest - 2.0 * GONE_DB
        if silent and rises[-1, 0] > 0.0 and self._usual_pause < self._pause:
            share = 1.0
        if share > 0.0:
            self.build = min(self.build + share * self._dt / BUILT_SECONDS, 1.0)
        else:
            self.build *= math.exp(-self._dt / FADE_SECONDS)

    def _drop(self, bass: float, time: float) -> None:
        self._loudest = max(self._loudest - FORGET_DB * self._dt, bass)
        self._usual_pause *= math.exp(-self._dt / FORGET_PAUSE)
        if bass < self._loudest - GONE_DB:
            self._pause += self._dt
        elif bass > self._loudest - BACK_DB and self._pause > 0.0:
            full = bass > self._loudest - FULL_DB
            unusual = self._pause > max(GONE_SECONDS, UNUSUAL_PAUSE_RATIO * self._usual_pause)
            louder = self._totals[-BASS_LOOKS:].max() > self._totals[:-BASS_LOOKS].max() + LOUDER_DB
            if (
                full
                and unusual
                and louder
                and self._since > DROPS_APART_SECONDS
                and self._heard * self._dt > SETTLED_SECONDS
            ):
                # the first look of the window that is louder than half its loudest is where it came in
                late = int(np.argmax(self._bass > 0.5 * self._bass.max()))
                self.dropped, self.when = True, time - (BASS_LOOKS - late) * self._dt
                self._since, self.build, self._pause = 0.0, 0.0, 0.0
                return
            self._ending += 1
            if full or self._ending >= BASS_LOOKS:  # the window may still fill
                if self._pause < LONG_PAUSE:
                    self._usual_pause = max(self._usual_pause, self._pause)
                self._pause = 0.0
        if self._pause == 0.0 or bass < self._loudest - BACK_DB:
            self._ending = 0
