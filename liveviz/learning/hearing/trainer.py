"""The training: many songs side by side, a few seconds at a time, the memory carried on; where a song is left another begins
without a break, so that the network also learns to forget."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from liveviz.learning.hearing.network import LAYER_UNITS, HearingNetwork
from liveviz.learning.hearing.songs import Lesson

LOOKS_PER_STEP = 256  # looks in one step
STAY_LOOKS = (600, 3_400)  # looks of one song before the next
FRESH_SHARE = 0.4  # share of songs that begin with an empty memory
LOOK_NOISE, TILT_NOISE = (
    0.1,
    0.2,
)  # standard deviations of noise on looks, and on what a whole stretch of them sounds like
WARM_UP_STEPS = 50  # steps
# Share of a network to go on with that stays in the one that is made: the mean of both forgets less than what came later
# alone. Tried: 0, 0.4, 0.5 and 0.7 as well.
OLD_NETWORK_SHARE = 0.3


@dataclass(frozen=True)
class HearingOptions:
    """steps: of training. streams: songs side by side. rate: highest learning rate. wide: units a layer."""

    steps: int = 8_000
    streams: int = 16
    rate: float = 3e-3
    wide: int = LAYER_UNITS
    seed: int = 0


class Streams:
    """Songs that follow one another, several side by side.

    State: which song every stream is in, and where.
    """

    def __init__(self, lessons: Sequence[Lesson], count: int, rng: np.random.Generator) -> None:
        self._lessons, self._rng = lessons, rng
        self._at = [(0, 0, 0)] * count  # song, next look, look at which it is left

    def take(self, looks: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The next looks `[streams, looks, features]`, answers and their weights `[streams, looks, things]`, and
        `[streams]`: 0 where the memory is to be emptied first."""
        found = [self._one(stream, looks) for stream in range(len(self._at))]
        x, y, w, keep = (np.stack(part) for part in zip(*found, strict=True))
        return torch.from_numpy(x), torch.from_numpy(y), torch.from_numpy(w), torch.from_numpy(keep)

    def _one(self, stream: int, looks: int) -> tuple[NDArray[np.float32], ...]:
        x, y, w, keep, need = [], [], [], np.float32(1.0), looks
        while need:
            song, at, end = self._at[stream]
            if at >= end:
                song, at, end = self._another()
                keep = np.float32(0.0) if need == looks and self._rng.random() < FRESH_SHARE else keep
            lesson, n = self._lessons[song], min(need, end - at)
            x.append(lesson.looks[at : at + n].astype(np.float32))
            y.append(lesson.answers[at : at + n].astype(np.float32))
            w.append(np.broadcast_to(lesson.known.astype(np.float32), y[-1].shape))
            self._at[stream] = (song, at + n, end)
            need -= n
        return np.concatenate(x), np.concatenate(y), np.concatenate(w), np.array(keep, np.float32)

    def _another(self) -> tuple[int, int, int]:
        song = int(self._rng.integers(len(self._lessons)))
        length = len(self._lessons[song].looks)
        stay = min(length, int(self._rng.integers(*STAY_LOOKS)))
        start = int(self._rng.integers(0, length - stay + 1)) if self._rng.random() < 0.7 else 0
        return song, start, start + stay


def train_hearing(
    lessons: Sequence[Lesson],
    options: HearingOptions,
    progress: Callable[[int, float], None],
    start: HearingNetwork | None = None,
) -> HearingNetwork:
    """A network that has learned from `lessons`.

    Args:
        progress: told after every step: how many are done, and the error (binary cross-entropy, sum over things).
        start: a network to go on with; it keeps its mean and scale, and it is the one that is returned, with
            OLD_NETWORK_SHARE of what it was.
    Deterministic: same lessons and options, same network, on one kind of machine.
    Source: Wortsman et al. 2022 (2109.01903) for the mean of two networks of which one began with the other.
    """
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    net = start if start is not None else _blank(lessons, options.wide)
    before = [p.detach().clone() for p in start.parameters()] if start is not None else []
    scale = net.scale
    optimizer = torch.optim.AdamW(net.parameters(), options.rate, weight_decay=0.01)
    streams = Streams(lessons, options.streams, rng)
    state: Tensor | None = None
    for step in range(options.steps):
        share = 0.5 * (1.0 + math.cos(math.pi * step / options.steps))
        for group in optimizer.param_groups:
            group["lr"] = options.rate * min(1.0, (step + 1) / WARM_UP_STEPS) * max(share, 0.01)
        looks, answers, weights, keep = streams.take(LOOKS_PER_STEP)
        tilt = torch.randn(looks.shape[0], 1, looks.shape[2])  # [streams, 1, features]
        looks = looks + scale * (LOOK_NOISE * torch.randn_like(looks) + TILT_NOISE * tilt)
        state = state.detach() * keep[None, :, None] if state is not None else None
        logits, state = net(looks, state)
        error = torch.nn.functional.binary_cross_entropy_with_logits(logits, answers, weights, reduction="none")
        loss = error.mean(dim=(0, 1)).sum()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        progress(step + 1, float(loss.detach()))
    if start is not None:
        with torch.no_grad():
            for p, was in zip(net.parameters(), before, strict=True):
                p.lerp_(was, OLD_NETWORK_SHARE)
    return net


def _blank(lessons: Sequence[Lesson], wide: int) -> HearingNetwork:
    """A network that knows nothing but what the looks of `lessons` are like."""
    total = sum(len(part.looks) for part in lessons)
    mean = sum(part.looks.sum(axis=0, dtype=np.float64) for part in lessons) / total
    square = sum(np.square(part.looks, dtype=np.float64).sum(axis=0) for part in lessons) / total
    scale = torch.from_numpy(np.sqrt(np.maximum(square - mean**2, 0.0)) + 1e-2).float()
    return HearingNetwork(torch.from_numpy(mean).float(), scale, lessons[0].answers.shape[1], wide)
