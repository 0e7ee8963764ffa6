"""What the demo song plays, as data: 54 bars at 125 BPM in F minor, so that a beat is a whole number of samples and the
song's own times can be the truth of a test. Nothing here makes sound. Times inside a bar are counted in sixteenths."""

from collections.abc import Iterator
from dataclasses import dataclass

SAMPLE_RATE = 48_000
TEMPO_BPM = 125
BEAT_SAMPLES = SAMPLE_RATE * 60 // TEMPO_BPM  # samples
SIXTEENTH_SAMPLES = BEAT_SAMPLES // 4
BAR_SAMPLES = BEAT_SAMPLES * 4
SWING_SAMPLES = 620  # samples by which every second sixteenth of the hats comes late

SECTIONS = (
    ("intro", 8),
    ("groove", 8),
    ("build", 4),
    ("drop", 8),
    ("break", 8),
    ("build", 4),
    ("drop", 8),
    ("outro", 6),
)
BAR_COUNT = sum(bars for _, bars in SECTIONS)
SONG_SAMPLES = BAR_COUNT * BAR_SAMPLES


@dataclass(frozen=True, slots=True)
class SongPlace:
    """Where a bar stands: in which section (the `number`th of its name, from 0), the `bar`th of its `bars`."""

    section: str
    number: int
    bar: int
    bars: int

    @property
    def last(self) -> bool:
        return self.bar == self.bars - 1

    @property
    def progress(self) -> float:
        """0 at the section's first bar, towards 1 at its end."""
        return self.bar / self.bars


def _places() -> Iterator[SongPlace]:
    seen: dict[str, int] = {}
    for section, bars in SECTIONS:
        number = seen.get(section, 0)
        seen[section] = number + 1
        for bar in range(bars):
            yield SongPlace(section, number, bar, bars)


BAR_PLACES = tuple(_places())

# MIDI notes. Four bars: i, VI, III, VII of F minor; the break takes two bars for each of its own four.
FM9 = (53, 60, 63, 67, 68)
DBMAJ9 = (49, 56, 60, 63, 65)
ABMAJ7 = (56, 60, 63, 67, 70)
EBADD9 = (51, 58, 62, 65, 67)
BBM9 = (46, 58, 61, 65, 72)
CM7 = (48, 58, 60, 63, 67)
MAIN_CHORDS = (FM9, DBMAJ9, ABMAJ7, EBADD9)
ROUND_2 = (FM9, DBMAJ9, BBM9, EBADD9)
BREAK_CHORDS = (DBMAJ9, DBMAJ9, EBADD9, EBADD9, FM9, FM9, CM7, CM7)


def chord(bar: int) -> tuple[int, ...]:
    """The chord of one bar, root first, MIDI notes."""
    place = BAR_PLACES[bar]
    if place.section == "break":
        return BREAK_CHORDS[place.bar]
    if place.section == "drop" and place.number == 1:
        return ROUND_2[place.bar % 4]
    return MAIN_CHORDS[place.bar % 4]


def bass_root(bar: int) -> int:
    """The chord's root between E1 (28) and D#2 (39)."""
    return 28 + (chord(bar)[0] - 28) % 12


def kicks(bar: int) -> list[tuple[int, float]]:
    """(sixteenth, velocity)."""
    p = BAR_PLACES[bar]
    four = [(0, 1.0), (4, 1.0), (8, 1.0), (12, 1.0)]
    if p.section == "break":
        return [(0, 0.9)] if p.bar == 0 else []
    if p.section == "build":
        return [] if p.last else [(s, 0.9) for s, _ in four]
    if p.section == "drop" and p.bar % 4 == 3:
        return [*four[:3], (12, 1.0), (14, 0.75)] if p.number else [*four, (15, 0.6)]
    if p.section == "intro" and p.bar < 4:
        return [(s, 0.8) for s, _ in four]
    return four[:3] if p.section == "outro" and p.last else four


def snares(bar: int) -> list[tuple[int, float]]:
    """(sixteenth, velocity): claps on two and four, rolls in the builds."""
    p = BAR_PLACES[bar]
    two_four = [(4, 1.0), (12, 1.0)]
    if p.section in ("groove", "drop") or (p.section == "outro" and p.bar < 4):
        fill = [(14, 0.5), (15, 0.7)] if p.bar % 8 == 7 else []
        return two_four + fill
    if p.section == "build":
        steps = (range(0, 16, 4), range(0, 16, 2), range(0, 16, 1), range(0, 12, 1))[p.bar]
        return [(s, 0.35 + 0.5 * (p.bar + s / 16) / 4) for s in steps]
    return []


def hats(bar: int) -> list[tuple[int, float]]:
    """(sixteenth, velocity) of the closed hat."""
    p = BAR_PLACES[bar]
    full = [(s, (0.55, 0.3, 0.42, 0.36)[s % 4] * (1.0 if s % 8 != 7 else 1.35)) for s in range(16)]
    if p.section in ("groove", "drop") or (p.section == "intro" and p.bar >= 4):
        return full
    if p.section == "build" and not p.last:
        return [(s, v * 0.8) for s, v in full]
    if p.section == "outro" and p.bar < 5:
        return full if p.bar < 3 else full[::2]
    if p.section == "break" and p.bar >= 4:
        return [(s, v * 0.5) for s, v in full[::2]]
    return []


def open_hats(bar: int) -> list[tuple[int, float]]:
    """(sixteenth, velocity) of the open hat on the off-beats."""
    p = BAR_PLACES[bar]
    loud = {"groove": 0.7, "drop": 1.0, "outro": 0.7 if p.bar < 4 else 0.0, "intro": 0.5 if p.bar >= 6 else 0.0}
    return [(s, loud[p.section]) for s in (2, 6, 10, 14)] if loud.get(p.section) else []


def percussion(bar: int) -> list[tuple[int, int, float]]:
    """(sixteenth, pitch 0-2, velocity) of a wooden percussion that answers the kick."""
    p = BAR_PLACES[bar]
    if p.section not in ("groove", "drop", "intro", "outro") or (p.section == "intro" and p.bar < 6):
        return []
    line = [(3, 1, 0.8), (6, 0, 0.6), (11, 2, 0.8), (14, 1, 0.5)]
    return line if bar % 2 == 0 else [*line, (9, 2, 0.5), (15, 0, 0.7)]


def bass(bar: int) -> list[tuple[int, int, int, float]]:
    """(sixteenth, length in sixteenths, MIDI note, velocity)."""
    p, root = BAR_PLACES[bar], bass_root(bar)
    if p.section == "groove" or (p.section == "outro" and p.bar < 4) or (p.section == "build" and p.bar < 2):
        line = [(2, 1, 0, 0.9), (3, 1, 0, 0.7), (6, 1, 0, 0.9), (7, 1, 12, 0.7), (10, 1, 0, 0.9), (11, 1, 0, 0.7)]
        return [(s, n, root + i, v) for s, n, i, v in [*line, (14, 1, 12, 0.9), (15, 1, 7, 0.6)]]
    if p.section == "drop":
        line = [(0, 3, 0, 1.0), (3, 3, 0, 1.0), (6, 4, 0, 1.0), (10, 2, 12, 0.8), (12, 2, 0, 1.0), (14, 2, 7, 0.9)]
        return [(s, n, root + i, v) for s, n, i, v in line]
    if p.section == "break" and p.bar >= 2:
        return [(0, 14, root + 12, 0.5)]
    return []


# (sixteenth, length, MIDI note): the hook, one list for each chord of a round.
HOOK_BARS = (
    ((0, 3, 72), (3, 3, 75), (6, 4, 77), (10, 2, 72), (12, 4, 75)),
    ((0, 3, 77), (3, 3, 75), (6, 4, 72), (10, 2, 68), (12, 4, 72)),
    ((0, 3, 75), (3, 3, 79), (6, 4, 80), (10, 2, 79), (12, 4, 75)),
    ((0, 3, 70), (3, 3, 74), (6, 4, 77), (10, 2, 79), (12, 2, 77), (14, 2, 74)),
)
HOOK_BREAK = (((0, 6, 72), (6, 10, 68)), ((0, 4, 72), (4, 12, 75)), ((0, 6, 74), (6, 10, 70)), ((4, 4, 74), (8, 8, 77)))


def lead(bar: int) -> list[tuple[int, int, int]]:
    """(sixteenth, length, MIDI note) of the lead in the drops."""
    p = BAR_PLACES[bar]
    if p.section != "drop":
        return []
    line = list(HOOK_BARS[p.bar % 4])
    if p.number == 1 and p.bar % 4 == 2:  # over Bb minor
        line = [(s, n, {75: 73, 79: 77}.get(note, note)) for s, n, note in line]
    return line


def bells(bar: int) -> list[tuple[int, int, int]]:
    """(sixteenth, length, MIDI note): the hook remembered, slowly, in the break and the second half of the intro."""
    p = BAR_PLACES[bar]
    if p.section == "break":
        return [(s, n, note + 12) for s, n, note in HOOK_BREAK[p.bar % 4]]
    if p.section == "intro" and p.bar in (3, 7):
        return [(12, 4, 87), (14, 4, 84)]
    return []


ARP_ORDER = (0, 2, 4, 1, 3, 5, 2, 4, 6, 3, 5, 1, 4, 2, 5, 3)


def arp(bar: int) -> list[tuple[int, int, float]]:
    """(sixteenth, MIDI note, velocity) of the plucked sixteenths."""
    p = BAR_PLACES[bar]
    if p.section == "groove" and p.bar < 4:
        return []
    tones = sorted({note % 12 + 60 for note in chord(bar)})
    tones += [note + 12 for note in tones]
    line = [(s, tones[i], (1.0, 0.6, 0.8, 0.65)[s % 4]) for s, i in enumerate(ARP_ORDER)]
    if p.section == "build" and p.last:
        return line[:12]
    return line[::2] if p.section == "break" and p.bar < 2 else line


def brightness(bar: int, at: float) -> float:
    """How far the filters of pad and arpeggio are open at `at` (0-1) of the bar, 0 to 1."""
    p = BAR_PLACES[bar]
    x = (p.bar + at) / p.bars
    curve = {
        "intro": 0.12 + 0.38 * x,
        "groove": 0.32 + 0.12 * x,
        "build": 0.35 + 0.6 * x * x,
        "drop": 0.8 + (0.12 * p.number),
        "break": 0.22 + 0.28 * x,
        "outro": 0.5 - 0.42 * x,
    }
    return curve[p.section]
