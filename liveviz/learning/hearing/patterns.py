"""What drums play: grids of sixteen steps a bar, of the feels that dance floors and bands know, and of none of them. Grids at
random teach what a drum is; feels teach which steps a bar begins with."""

from dataclasses import dataclass, field

import numpy as np

KICK, STICK, SNARE, CLAP, HAT, PEDAL, OPEN_HAT, CRASH, RIDE = 36, 37, 38, 39, 42, 44, 46, 49, 51
"""Keys of General MIDI's drum kits."""
TOM_KEYS = (41, 43, 45, 47, 48, 50)
"""The same, from the floor upwards."""
CLICK_KEYS = (STICK, 76, 56)  # side stick, wood block, cowbell
SHAKEN_KEYS = (54, 56, 62, 63, 64, 69, 70, 75, 82)  # tambourine, cowbell, congas, cabasa, maracas, claves, shaker
STEPS_PER_BAR = 16  # in a bar of four beats

Grid = tuple[int, ...]
EIGHTHS: Grid = tuple(range(0, STEPS_PER_BAR, 2))
"""Every other step; grids below are the steps, of sixteen, at which a drum plays."""
SIXTEENTHS: Grid = tuple(range(STEPS_PER_BAR))
"""Every step."""
QUARTERS: Grid = (0, 4, 8, 12)
"""On the beats."""
OFFBEATS: Grid = (2, 6, 10, 14)
"""Between the beats."""
BACKBEAT: Grid = (4, 12)
"""The backbeat, on two and four."""
SWING_RIDE: Grid = (0, 4, 7, 8, 12, 15)
"""A ride cymbal in swing."""
KICK_GRIDS: tuple[Grid, ...] = (QUARTERS, (0, 8), (0, 10), (0, 6, 8), (0, 7, 10), (0, 6, 10), (0, 3, 8, 11), (0,))
"""Grids that kicks without a feel choose from."""
SNARE_GRIDS: tuple[Grid, ...] = (BACKBEAT, BACKBEAT, BACKBEAT, (8,), (4, 12, 15), (4, 10, 12))
"""The same for snares."""
HAT_GRIDS: tuple[Grid, ...] = (EIGHTHS, SIXTEENTHS, OFFBEATS, QUARTERS, SWING_RIDE)
"""The same for hi-hats."""


@dataclass(frozen=True)
class Groove:
    """bpm; swing: steps by which every other step is late, 0 to 0.4; drums: the grid of each; softer: velocity that each
    lacks, 0 to 60."""

    bpm: float
    swing: float = 0.0
    drums: dict[int, Grid] = field(default_factory=dict)
    softer: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Feel:
    """bpm: slowest, fastest; swings and grids to choose from."""

    bpm: tuple[float, float]
    swings: tuple[float, ...]
    drums: dict[int, tuple[Grid, ...]]


STRAIGHT_FEELS = (  # four on the floor
    Feel((110, 140), (0.0,), {KICK: (QUARTERS,), CLAP: (BACKBEAT,), OPEN_HAT: (OFFBEATS,), HAT: (EIGHTHS, SIXTEENTHS)}),
    Feel((110, 140), (0.0,), {KICK: (QUARTERS,), CLAP: (BACKBEAT,), OPEN_HAT: (OFFBEATS,)}),
    Feel((116, 150), (0.0,), {KICK: (QUARTERS,), HAT: (OFFBEATS, SIXTEENTHS), SNARE: (BACKBEAT, (4, 12, 15))}),
    Feel((100, 130), (0.0, 0.12), {KICK: (QUARTERS,), SNARE: (BACKBEAT,), OPEN_HAT: (OFFBEATS,), HAT: (SIXTEENTHS,)}),
)
FEELS = (
    Feel(
        (152, 186),
        (0.0,),
        {
            KICK: ((0, 10), (0, 3, 10), (0, 10, 13)),
            SNARE: (BACKBEAT, (4, 7, 9, 12)),
            HAT: (EIGHTHS, QUARTERS, SWING_RIDE),
        },
    ),
    Feel(
        (120, 164),
        (0.0,),
        {KICK: ((0, 6, 10), (0, 7, 10), (0, 3, 11)), CLAP: ((8,),), HAT: (EIGHTHS, SIXTEENTHS, (0, 2, 4, 5, 6, 8, 12))},
    ),
    Feel(
        (74, 104),
        (0.0, 0.12, 0.24),
        {KICK: ((0, 7, 10), (0, 10), (0, 2, 9)), SNARE: (BACKBEAT,), HAT: (EIGHTHS, SWING_RIDE)},
    ),
    Feel(
        (88, 170),
        (0.0,),
        {KICK: ((0, 8), (0, 6, 8), (0, 8, 10), (0, 2, 8, 10)), SNARE: (BACKBEAT,), HAT: (EIGHTHS, QUARTERS)},
    ),
    Feel((88, 170), (0.0,), {KICK: ((0, 8), (0, 8, 10)), SNARE: (BACKBEAT,), RIDE: (EIGHTHS, QUARTERS)}),
    Feel(
        (95, 196),
        (0.24, 0.32, 0.32),
        {RIDE: (SWING_RIDE, QUARTERS), PEDAL: (BACKBEAT,), KICK: (QUARTERS, (0, 8), (0,))},
    ),
    Feel(
        (95, 196),
        (0.32,),
        {RIDE: (SWING_RIDE,), PEDAL: (BACKBEAT,), KICK: ((0, 8), (0, 7)), SNARE: ((7,), (12,), (3, 15))},
    ),
    Feel((68, 134), (0.32,), {KICK: ((0, 8), (0, 7, 8)), SNARE: (BACKBEAT,), HAT: (SWING_RIDE, QUARTERS)}),
    Feel((110, 150), (0.0,), {KICK: ((0, 6, 8, 14),), STICK: ((0, 3, 6, 10, 12),), HAT: (EIGHTHS,)}),
    Feel((62, 90), (0.0, 0.24), {KICK: ((8,), QUARTERS), STICK: ((8,),), HAT: (EIGHTHS, OFFBEATS)}),
)
"""The others: drum and bass, trap, hip hop, rock, ballads, swing, shuffle, bossa nova, reggae."""
SLOWEST_BPM, FASTEST_BPM = 58.0, 196.0
"""Of songs without a feel."""
QUIET_KICK_KEYS = {PEDAL, RIDE}  # where these play, the foot on the kick is felt more than heard


def groove(rng: np.random.Generator) -> Groove:
    """Another groove: a fifth without drums, two fifths of known feels, of which many are straight, the others
    of grids at random."""
    u = rng.random
    bpm = float(2.0 ** rng.uniform(np.log2(SLOWEST_BPM), np.log2(FASTEST_BPM)))
    swing = float(rng.choice([0.0, 0.0, 0.0, 0.12, 0.24, 0.32]))
    if u() < 0.2:
        return Groove(bpm, swing)
    if u() < 0.1:
        return Groove(bpm, swing, {int(rng.choice([*CLICK_KEYS, KICK, HAT, SNARE])): QUARTERS})  # a click track
    if u() < 0.5:
        feels = STRAIGHT_FEELS if u() < 0.4 else FEELS
        feel = feels[rng.integers(len(feels))]
        bpm, swing = float(rng.uniform(*feel.bpm)), float(rng.choice(feel.swings))
        drums = {drum: grids[rng.integers(len(grids))] for drum, grids in feel.drums.items()}
    else:
        drums = {
            KICK: KICK_GRIDS[rng.integers(len(KICK_GRIDS))],
            int(rng.choice([HAT, HAT, HAT, RIDE, OPEN_HAT])): HAT_GRIDS[
                rng.integers(len(HAT_GRIDS) if bpm < 140 else 3)
            ],
        }
        if u() < 0.85:
            drums[int(rng.choice([SNARE, SNARE, CLAP]))] = SNARE_GRIDS[rng.integers(len(SNARE_GRIDS))]
    if u() < 0.2:
        drums[int(rng.choice(SHAKEN_KEYS))] = tuple(
            int(i) for i in np.flatnonzero(u(STEPS_PER_BAR) < rng.choice([0.3, 0.6, 1.0]))
        )
    softer = {drum: int(rng.uniform(0, 40)) for drum in drums if u() < (0.2 if drum in (KICK, SNARE, CLAP) else 0.5)}
    if QUIET_KICK_KEYS & set(drums) and KICK in drums:
        softer[KICK] = int(rng.uniform(0, 50))
    return Groove(bpm, swing, drums, softer)


def fill(rng: np.random.Generator) -> list[tuple[float, int, float]]:
    """What drums play at the end of a part, as (step of the bar, drum, how loud, 0 to 1): a roll or a run over the toms."""
    start = int(rng.choice([0, 8, 12]))
    step = float(rng.choice([0.5, 1.0, 1.0, 2.0])) if start else float(rng.choice([1.0, 2.0]))
    places = np.arange(start, STEPS_PER_BAR, step)
    rise = np.linspace(rng.uniform(0.3, 0.9), 1.0, len(places))
    if rng.random() < 0.6:
        drums = np.full(len(places), rng.choice([SNARE, SNARE, SNARE, CLAP, KICK]))
    else:
        drums = np.sort(rng.choice(TOM_KEYS, len(places)))[::-1]
    return [(float(p), int(d), float(r)) for p, d, r in zip(places, drums, rise, strict=True)]
