"""A guess among twenty-four: which major or minor chord, which key. Both are the same sum, over seconds in one case and over
half a minute in the other: every bit of chroma makes the twenty-four more or less likely, and they slowly forget.

Source: chord templates, Fujishima 1999; key profiles, Temperley 1999; the sum is the forward step of a hidden Markov model
whose states all change into each other with the same small probability.
"""

import numpy as np
from numpy.typing import NDArray

from liveviz.signals._hop import Hop
from liveviz.signals._part import Every, Rig, Signal
from liveviz.signals.chroma import Chroma

MAJOR_SEMITONES, MINOR_SEMITONES = (0, 4, 7), (0, 3, 7)
KEY_MAJOR = (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0)
KEY_MINOR = (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0)


def turned(major: NDArray[np.float64], minor: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64 `[24, 12]`: both profiles on every root, C major first, C minor at 12; each with mean 0 and length 1."""
    rows = np.array([np.roll(profile, root) for profile in (major, minor) for root in range(12)], np.float64)
    rows -= rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def chord_profiles() -> NDArray[np.float64]:
    """float64 `[24, 12]`: the three notes of each triad."""
    return turned(*(np.isin(np.arange(12), notes).astype(np.float64) for notes in (MAJOR_SEMITONES, MINOR_SEMITONES)))


def key_profiles() -> NDArray[np.float64]:
    """float64 `[24, 12]`: how much of each note music in that key has."""
    return turned(np.array(KEY_MAJOR), np.array(KEY_MINOR))


class Guess:
    """Probability of each of the twenty-four.

    Args:
        profiles: float64 `[24, 12]`.
        weight: how much a second of chroma that fits perfectly counts (nats).
        change: probability that it changes within a second.
        dt: seconds between two steps.
    root: 0 (C) to 11 (B) of the most likely; minor: whether it is minor; confidence: its probability, 0 to 1.
    roots: float64 `[12]`: probability of each root, together 1 after the first tone, before that 0.
    State: the probabilities.
    """

    def __init__(self, profiles: NDArray[np.float64], weight: float, change: float, dt: float) -> None:
        self._profiles = profiles
        self._weight = weight * dt
        self._change = 1.0 - (1.0 - change) ** dt
        self._p = np.full(24, 1.0 / 24.0)
        self.root, self.minor, self.confidence = 0, False, 0.0
        self.roots: NDArray[np.float64] = np.zeros(12)

    def step(self, chroma: NDArray[np.float64]) -> None:
        """Take in chroma `[12]`; all 0 (no tone) changes nothing but lets time go by."""
        self._p += self._change * (1.0 / 24.0 - self._p)
        away = chroma - chroma.mean()
        length = float(np.sqrt(away @ away))
        heard = length > 1e-6
        if heard:
            self._p *= np.exp(self._weight * (self._profiles @ away) / length)
            self._p /= self._p.sum()
        best = int(self._p.argmax())
        if heard or self.confidence > 0.0:
            # an even start is no guess: 1/24 is confidence 0
            self.confidence = max(0.0, (float(self._p[best]) - 1.0 / 24.0) * (24.0 / 23.0))
            self.root, self.minor = best % 12, best >= 12
            self.roots = self._p[:12] + self._p[12:]


class Tonal(Signal):
    """A signal that is such a guess: root, mode and confidence, then the probability of each root.

    Args of the class: `profiles` as for Guess, `every` seconds between two steps, `weight` and `change` as for Guess.
    State: the probabilities.
    """

    needs = (Chroma,)
    profiles: NDArray[np.float64]
    every: float
    weight: float
    change: float

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._chroma = rig.get(Chroma)
        self._every = Every(rig.hops(self.every))
        self._guess = Guess(self.profiles, self.weight, self.change, self._every.hops * rig.dt)

    def step(self, hop: Hop) -> None:
        """Guess, when it is time."""
        if not self._every.due():
            return
        guess = self._guess
        guess.step(self._chroma.values)
        self.values[:3] = guess.root, float(not guess.minor), guess.confidence
        self.values[3:] = guess.roots
