"""What the beat network sees: one *look* every 11.6 ms, on a grid of time and not of hops, so that a network which learned at
one sample rate hears the same music at another. A look says in which registers sound began, how loud each register is,
and how far the harmony has moved away from what it was: the last is what tells the first beat of a bar from the others."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from liveviz.signals._flux import Flux
from liveviz.signals._hop import Hop
from liveviz.signals._part import Part, Rig
from liveviz.signals._pitches import Pitches

LOOK_SECONDS = 512 / 44100  # seconds between two looks
REGISTER_COUNT = 24
EDGES_HZ = np.geomspace(28.0, 17_000.0, REGISTER_COUNT + 1)
FOLD_CENTRES = ((62.0, 12.0), (38.0, 6.0))  # MIDI note that counts most, and width: chord, bass
AT_ONCE = 0.04  # seconds (time constant) of the harmony now
HARMONY_SECONDS = (0.3, 1.0, 3.0)  # seconds (time constants) of the harmonies that it is compared with
LOOK_SIZE = 2 * REGISTER_COUNT + len(FOLD_CENTRES) * (len(HARMONY_SECONDS) + 1)  # numbers in a look
PAST_LOOKS = 13  # looks: what sounded 0.15 s ago is shown beside what sounds now


class Looks(Part):
    """The newest look, and how many the hop completed.

    count: looks so far.
    fresh: looks that ended in this hop: 0 or 1, more only where a hop is longer than LOOK_SECONDS.
    behind: seconds from the end of the newest look to the end of the hop, 0 to LOOK_SECONDS.
    newest: float32 `[LOOK_SIZE]`: rises per register, levels per register, then for chord and bass: distance from each
        of HARMONY_SECONDS (0 the same, 1 nothing in common) and amount of tone.
    oldest: float32 `[LOOK_SIZE]`, the look of PAST_LOOKS looks before; zeros at first.
    State: the last PAST_LOOKS looks, the harmonies.
    """

    needs = (Flux, Pitches)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._flux, self._pitches = rig.get(Flux), rig.get(Pitches)
        hz = self._flux.bands_hz
        pool = np.array([(hz >= a) & (hz < b) for a, b in pairwise(EDGES_HZ)], np.float32)
        self._pool = pool / np.maximum(pool.sum(axis=1, keepdims=True), 1.0)
        self._risen = np.zeros(hz.size, np.float32)
        self._harmony = np.zeros((len(FOLD_CENTRES), 1 + len(HARMONY_SECONDS), 12))
        period = self._pitches.period
        self._rates = 1.0 - np.exp(-period / np.array((AT_ONCE, *HARMONY_SECONDS)))[:, None]
        self._distances = np.zeros((len(FOLD_CENTRES), len(HARMONY_SECONDS) + 1))
        self._past = np.zeros((PAST_LOOKS + 1, LOOK_SIZE), np.float32)
        self.count = 0
        self.fresh = 0
        self.behind = 0.0

    @property
    def newest(self) -> NDArray[np.float32]:
        return self._past[(self.count - 1) % len(self._past)]

    @property
    def oldest(self) -> NDArray[np.float32]:
        return self._past[self.count % len(self._past)]

    def step(self, hop: Hop) -> None:
        """Take in one hop; where a look is complete, sum it up."""
        np.maximum(self._risen, self._flux.rises, out=self._risen)
        if self._pitches.fresh:
            self._compare()
        self.behind += self.rig.dt
        self.fresh = int(self.behind / LOOK_SECONDS + 1e-6)
        if not self.fresh:
            return
        self.behind = max(self.behind - self.fresh * LOOK_SECONDS, 0.0)
        look = np.concatenate((self._pool @ self._risen, self._pool @ self._flux.levels, self._distances.ravel()))
        for _ in range(self.fresh):
            self._past[self.count % len(self._past)] = look
            self.count += 1
        self._risen[:] = 0.0

    def _compare(self) -> None:
        """Follow chord and bass at four speeds, and measure how far the fastest is from the others."""
        notes, weights = self._pitches.notes, self._pitches.weights
        nearest = np.round(notes)
        classes = nearest.astype(np.intp) % 12
        for (centre, width), harmony, distances in zip(FOLD_CENTRES, self._harmony, self._distances, strict=True):
            away = ((notes - centre) / width) ** 2 + ((notes - nearest) / 0.25) ** 2
            now = np.bincount(classes, weights=weights * np.exp(-0.5 * away), minlength=12)
            harmony += self._rates * (now - harmony)
            sizes = np.sqrt((harmony * harmony).sum(axis=1))
            likeness = (harmony[1:] @ harmony[0]) / (sizes[1:] * sizes[0] + 1e-4)
            distances[:-1] = 1.0 - likeness
            distances[-1] = sizes[0]
