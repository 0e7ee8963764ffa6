"""Songs to learn hearing from, whose truth is exact because they are written here: chords, bass and lead of many tempi and
styles over the grooves of `patterns`; some hurry, some change their tempo at once, and parts end in rolls.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liveviz.learning.hearing.patterns import (
    CLAP,
    CRASH,
    HAT,
    KICK,
    OPEN_HAT,
    PEDAL,
    QUARTERS,
    RIDE,
    SIXTEENTHS,
    SNARE,
    STEPS_PER_BAR,
    Grid,
    fill,
    groove,
)

DRUM_KITS = (0, 0, 0, 8, 16, 24, 25, 25, 32, 40)
"""Drum kits, as programs of General MIDI's channel 10; the ones that are used most stand more than once."""
CHORD_PROGRAMS = (0, 1, 4, 5, 6, 11, 16, 19, 24, 25, 27, 29, 30, 46, 48, 50, 61, 81, 88, 89, 90, 92, 94, 95)
"""Programs of General MIDI (from 0) that play chords."""
BASS_PROGRAMS = (0, 32, 33, 34, 35, 36, 38, 39, 43, 87)
"""The same for basses."""
LEAD_PROGRAMS = (0, 9, 11, 12, 24, 28, 30, 40, 56, 65, 68, 73, 80, 81, 84, 98, 104)
"""The same for melodies."""
SCALE_SEMITONES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 9, 10))
"""Semitones above the key: major, natural minor, dorian."""
CHORD_GRIDS: tuple[Grid, ...] = (
    (0,),
    (0, 8),
    (0, 4, 8, 12),
    (0, 6, 8),
    (2, 6, 10, 14),
    (0, 3, 6, 10, 12),
    (0, 6, 12),
    tuple(range(0, 16, 2)),
)
"""On which of the sixteen steps of a bar chords begin."""
BASS_GRIDS: tuple[Grid, ...] = (
    (0,),
    (0, 8),
    (0, 4, 8, 12),
    (0, 3, 8, 11),
    (2, 6, 10, 14),
    (0, 6, 8, 14),
    (0, 7, 10),
    tuple(range(0, 16, 2)),
)
"""The same for basses."""
OFFBEAT_BASS: tuple[Grid, ...] = ((2, 6, 10, 14), (2, 3, 6, 7, 10, 11, 14, 15), (2, 3, 6, 10, 11, 14))
"""The same for basses of dance music, beside the kick."""
MELODY_GRIDS: tuple[Grid, ...] = (
    SIXTEENTHS,
    (0, 3, 6, 10, 12),
    (0, 3, 6, 9, 12, 14),
    (2, 6, 10, 14),
    (0, 3, 6, 8, 11, 14),
)
"""The same for melodies."""
PART_VELOCITIES = {"intro": 62, "main": 84, "break": 56, "drop": 104}
"""MIDI velocity of a part of a song, before it is varied."""
SOFTEST_VELOCITY = 20  # velocity


@dataclass(frozen=True)
class Note:
    """start and length in seconds, channel 0 to 15 (9: drums), key and velocity 1 to 127."""

    start: float
    length: float
    channel: int
    key: int
    velocity: int


def compose(seed: int, seconds: float) -> tuple[list[Note], list[tuple[int, int]], dict]:
    """A song: its notes, the (channel, program) of each part, and its truth (as the .json beside a song)."""
    rng = np.random.default_rng([seed, 41])
    feel = groove(rng)
    drums = feel.drums
    bars = max(8, int(seconds * feel.bpm / 240.0))
    scale, key = SCALE_SEMITONES[rng.integers(len(SCALE_SEMITONES))], int(rng.integers(12))
    degrees = [0, *(int(d) for d in rng.integers(0, 7, 3))]
    hold = int(rng.choice([8, 16, 16, 16, 16, 16, 32, 64]))  # steps that a chord lasts
    chord_grid = CHORD_GRIDS[rng.integers(len(CHORD_GRIDS) - (feel.bpm > 120))]
    bass_grid = BASS_GRIDS[rng.integers(len(BASS_GRIDS))]
    if drums.get(KICK) == QUARTERS and rng.random() < 0.4:  # a straight kick leaves the rest of the bar to the others
        bass_grid = OFFBEAT_BASS[rng.integers(len(OFFBEAT_BASS))]
    lead_grid = {int(i) for i in np.flatnonzero(rng.random(STEPS_PER_BAR) < rng.choice([0.0, 0.12, 0.35, 0.5]))}
    if rng.random() < 0.3:
        lead_grid = set(MELODY_GRIDS[rng.integers(len(MELODY_GRIDS))])
    alone = bool(drums) and rng.random() < (0.7 if len(drums) == 1 else 0.15)  # nothing but drums; a metronome
    parts = {"chords": not drums or rng.random() < 0.75, "bass": rng.random() < 0.75, "lead": rng.random() < 0.8}
    parts = dict.fromkeys(parts, False) if alone else parts
    order = ["main", "drop"] if rng.random() < 0.3 else ["intro", "main", "break", "drop", "main"]
    blocks = np.array_split(np.arange(bars), len(order))
    sheet = _Sheet(_steps(rng, feel.bpm, blocks), feel.swing)
    for n, (label, block) in enumerate(zip(order, blocks, strict=True)):
        loud = PART_VELOCITIES[label]
        without = {"break": set(drums), "intro": {KICK, SNARE, CLAP}}.get(label, set())
        for bar in (int(b) for b in block):
            for i in range(STEPS_PER_BAR):
                degree = degrees[(bar * STEPS_PER_BAR + i) // hold % 4]
                triad = [key + scale[(degree + k) % 7] + 12 * ((degree + k) // 7) for k in (0, 2, 4)]
                if parts["chords"] and i in chord_grid:
                    for p in triad:
                        sheet.add(bar, i, 3.6, 0, 48 + p % 24, loud - 10)
                if parts["bass"] and i in bass_grid and label != "break":
                    sheet.add(bar, i, 2.6, 1, 36 + triad[0] % 12, loud)
                if parts["lead"] and i in lead_grid and label in ("main", "drop"):
                    sheet.add(bar, i, 1.2, 2, 72 + int(rng.choice(triad)) % 12, loud - 4)
            ends = len(drums) > 1 and bar == block[-1] and n < len(order) - 1
            filled = fill(rng) if ends and rng.random() < 0.4 else []
            until = filled[0][0] if filled else STEPS_PER_BAR
            for drum, grid in drums.items():
                if drum in without:
                    continue
                for i in range(STEPS_PER_BAR):
                    if (i in grid) != (rng.random() < 0.02) and (i < until or drum == KICK):
                        sheet.add(bar, i, 0.5, 9, drum, loud - feel.softer.get(drum, 0) + int(rng.integers(-12, 13)))
            for place, drum, share in filled:
                sheet.add(bar, place, 0.5, 9, drum, int(share * loud + rng.integers(-6, 7)))
            if drums and n and bar == block[0] and label != "break" and rng.random() < 0.4:
                sheet.add(bar, 0, 0.5, 9, CRASH, loud)
    found = sheet.notes
    human = rng.normal(0, rng.choice([0.0, 0.004, 0.008]), len(found))
    notes = [
        Note(max(0.0, n.start + h), n.length, n.channel, n.key, n.velocity) for n, h in zip(found, human, strict=True)
    ]
    truth = {
        "bpm": feel.bpm,
        "kick": _starts(notes, KICK),
        "snare": _starts(notes, SNARE, CLAP),
        "hat": _starts(notes, HAT, PEDAL, OPEN_HAT, RIDE),
        "beats": [sheet.at(bar, i) for bar in range(bars) for i in range(0, STEPS_PER_BAR, 4)],
        "downbeats": [sheet.at(bar, 0) for bar in range(bars)],
    }
    programs = [(0, CHORD_PROGRAMS), (1, BASS_PROGRAMS), (2, LEAD_PROGRAMS), (9, DRUM_KITS)]
    return notes, [(channel, int(rng.choice(choice))) for channel, choice in programs], truth


class _Sheet:
    """Notes so far; steps: seconds that a step lasts, in every bar; swing: steps by which every other one is late."""

    def __init__(self, steps: NDArray[np.float64], swing: float) -> None:
        self.notes: list[Note] = []
        self._steps, self._swing = steps, swing
        self._starts = np.concatenate(([0.0], np.cumsum(STEPS_PER_BAR * steps)))

    def at(self, bar: int, step: float) -> float:
        """Seconds."""
        return float(self._starts[bar] + (step + (self._swing if step % 2 == 1 else 0.0)) * self._steps[bar])

    def add(self, bar: int, step: float, steps: float, channel: int, key: int, velocity: int) -> None:
        """A note that lasts so many steps."""
        length = steps * float(self._steps[bar])
        self.notes.append(Note(self.at(bar, step), length, channel, key, min(max(velocity, SOFTEST_VELOCITY), 127)))


def _steps(rng: np.random.Generator, bpm: float, blocks: Sequence[NDArray[np.intp]]) -> NDArray[np.float64]:
    """Seconds that a step lasts, in every bar: mostly the same, a tenth of songs hurry or drag, a tenth change at once."""
    bars = sum(len(block) for block in blocks)
    faster = np.ones(bars)
    kind = rng.random()
    if kind < 0.1:
        faster = 2.0 ** np.linspace(0.0, rng.uniform(-0.15, 0.15), bars)
    elif kind < 0.2:
        faster[blocks[int(rng.integers(1, len(blocks)))][0] :] = 2.0 ** rng.uniform(-0.4, 0.4)
    return 15.0 / bpm / faster


def _starts(notes: Sequence[Note], *keys: int) -> list[float]:
    return sorted(n.start for n in notes if n.channel == 9 and n.key in keys)
