"""Songs to learn hearing from, whose truth is exact because they are written here: random drum grids, chords, bass and lead
of many tempi and styles, rendered by FluidSynth with whatever General MIDI soundfonts the machine has; in half of them a
drum machine of our own plays the drums."""

import json
import math
import struct
import subprocess
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from liveviz.learning.hearing.drums import RATE, synthetic
from liveviz.spec import LivevizError

KICK, SNARE, CLAP, HAT, OPEN_HAT, RIDE = 36, 38, 39, 42, 46, 51
STEPS = 16  # in a bar of four beats
SLOWEST_BPM, FASTEST_BPM = 58.0, 196.0
TICKS = 960  # per second: a quarter of 480 ticks lasts half a second
KITS = (0, 0, 0, 8, 16, 24, 25, 25, 32, 40)
CHORDS = (0, 1, 4, 5, 6, 11, 16, 19, 24, 25, 27, 29, 30, 46, 48, 50, 61, 81, 88, 89, 90, 92, 94, 95)
BASSES = (0, 32, 33, 34, 35, 36, 38, 39, 43, 87)
LEADS = (0, 9, 11, 12, 24, 28, 40, 56, 65, 68, 73, 80, 81, 84, 98, 104)
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 9, 10))
CHORD_GRIDS = (
    (0,),
    (0, 8),
    (0, 4, 8, 12),
    (0, 6, 8),
    (2, 6, 10, 14),
    (0, 3, 6, 10, 12),
    (0, 6, 12),
    tuple(range(0, 16, 2)),
)
BASS_GRIDS = (
    (0,),
    (0, 8),
    (0, 4, 8, 12),
    (0, 3, 8, 11),
    (2, 6, 10, 14),
    (0, 6, 8, 14),
    (0, 7, 10),
    tuple(range(0, 16, 2)),
)
KICKS = ((0, 4, 8, 12), (0, 8), (0, 10), (0, 6, 8), (0, 7, 10), (0, 6, 10), (0, 3, 8, 11), (0,))
SNARES = ((4, 12), (4, 12), (4, 12), (8,), (4, 12, 15), (4, 10, 12))
HATS = (tuple(range(0, 16, 2)), tuple(range(16)), (2, 6, 10, 14), (0, 4, 8, 12), (0, 4, 7, 8, 12, 15))
CLICKS = (37, 76, 56)  # side stick, wood block, cowbell
MACHINE = {KICK: ("kick", 0.9), SNARE: ("snare", 0.6), CLAP: ("clap", 0.5), HAT: ("hat", 0.2), OPEN_HAT: ("open", 0.2)}
LOUD = {"intro": 62, "main": 84, "break": 56, "drop": 104}


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
    bpm = float(2.0 ** rng.uniform(math.log2(SLOWEST_BPM), math.log2(FASTEST_BPM)))
    step = 60.0 / bpm / 4
    bars = max(8, int(seconds / (STEPS * step)))
    swing = float(rng.choice([0.0, 0.0, 0.0, 0.12, 0.24, 0.32]))
    drums = _drums(rng, bpm)
    scale, key = SCALES[rng.integers(len(SCALES))], int(rng.integers(12))
    degrees = [0, *(int(d) for d in rng.integers(0, 7, 3))]
    hold = int(rng.choice([8, 16, 16, 16, 16, 16, 32, 64]))  # steps that a chord lasts
    chord_grid = CHORD_GRIDS[rng.integers(len(CHORD_GRIDS) - (bpm > 120))]
    bass_grid = BASS_GRIDS[rng.integers(len(BASS_GRIDS))]
    lead_grid = np.flatnonzero(rng.random(STEPS) < rng.choice([0.0, 0.12, 0.35, 0.5]))
    alone = bool(drums) and rng.random() < 0.15  # nothing but drums
    parts = {"chords": not drums or rng.random() < 0.75, "bass": rng.random() < 0.75, "lead": rng.random() < 0.8}
    parts = dict.fromkeys(parts, False) if alone else parts
    order = ["main", "drop"] if rng.random() < 0.3 else ["intro", "main", "break", "drop", "main"]
    found: list[Note] = []
    for label, block in zip(order, np.array_split(np.arange(bars), len(order)), strict=True):
        loud = LOUD[label]
        for bar in block:

            def at(i: int, bar: int = int(bar)) -> float:
                return (bar * STEPS + i + (swing if i % 2 else 0.0)) * step

            for i in range(STEPS):
                degree = degrees[(int(bar) * STEPS + i) // hold % 4]
                triad = [key + scale[(degree + k) % 7] + 12 * ((degree + k) // 7) for k in (0, 2, 4)]
                if parts["chords"] and i in chord_grid:
                    found += [Note(at(i), 3.6 * step, 0, 48 + p % 24, loud - 10) for p in triad]
                if parts["bass"] and i in bass_grid and label != "break":
                    found.append(Note(at(i), 2.6 * step, 1, 36 + triad[0] % 12, loud))
                if parts["lead"] and i in lead_grid and label in ("main", "drop"):
                    found.append(Note(at(i), 1.2 * step, 2, 72 + int(rng.choice(triad)) % 12, loud - 4))
            for drum, grid in drums.items():
                if label == "break" or (label == "intro" and drum in (KICK, SNARE, CLAP)):
                    continue
                for i in range(STEPS):
                    if (i in grid) != (rng.random() < 0.02):
                        found.append(
                            Note(at(i), step / 2, 9, drum, int(np.clip(loud + rng.integers(-12, 13), 20, 127)))
                        )
    human = rng.normal(0, rng.choice([0.0, 0.004, 0.008]), len(found))
    notes = [
        Note(max(0.0, n.start + h), n.length, n.channel, n.key, n.velocity) for n, h in zip(found, human, strict=True)
    ]
    truth = {
        "bpm": bpm,
        "kick": _starts(notes, KICK),
        "snare": _starts(notes, SNARE, CLAP),
        "hat": _starts(notes, HAT, OPEN_HAT, RIDE),
        "beats": [i * 4 * step for i in range(bars * 4)],
        "downbeats": [i * STEPS * step for i in range(bars)],
    }
    programs = [(0, CHORDS), (1, BASSES), (2, LEADS), (9, KITS)]
    return notes, [(channel, int(rng.choice(choice))) for channel, choice in programs], truth


def _drums(rng: np.random.Generator, bpm: float) -> dict[int, tuple[int, ...]]:
    """Which of the sixteen steps of a bar each drum plays."""
    if rng.random() < 0.2:
        return {}
    if rng.random() < 0.1:
        return {int(rng.choice([*CLICKS, KICK, HAT, SNARE])): (0, 4, 8, 12)}  # a click track
    hats = HATS[rng.integers(len(HATS) if bpm < 140 else 3)]
    grids = {KICK: KICKS[rng.integers(len(KICKS))], int(rng.choice([HAT, HAT, HAT, RIDE, OPEN_HAT])): hats}
    if rng.random() < 0.85:
        grids[int(rng.choice([SNARE, SNARE, CLAP]))] = SNARES[rng.integers(len(SNARES))]
    return grids


def _starts(notes: Sequence[Note], *keys: int) -> list[float]:
    return sorted(n.start for n in notes if n.channel == 9 and n.key in keys)


def midi_bytes(notes: Sequence[Note], programs: Sequence[tuple[int, int]]) -> bytes:
    """A Standard MIDI File of one track at 480 ticks per quarter and 120 quarters a minute.

    Source: MIDI 1.0, Standard MIDI Files 1.0.
    """
    events = [(0, 0, bytes((0xC0 | channel, program))) for channel, program in programs]
    for n in notes:
        events.append((round(n.start * TICKS), 2, bytes((0x90 | n.channel, n.key, n.velocity))))
        events.append((round((n.start + n.length) * TICKS), 1, bytes((0x80 | n.channel, n.key, 0))))
    track, now = bytearray(), 0
    for tick, _, message in sorted(events):
        track += _variable(tick - now) + message
        now = tick
    track += b"\x00\xff\x2f\x00"
    return struct.pack(">4sIHHH4sI", b"MThd", 6, 0, 1, 480, b"MTrk", len(track)) + bytes(track)


def _variable(number: int) -> bytes:
    """A variable-length quantity: seven bits a byte, most significant first."""
    out = [number & 0x7F]
    while number := number >> 7:
        out.append(number & 0x7F | 0x80)
    return bytes(reversed(out))


def write_songs(folder: Path, seeds: Sequence[int], seconds: float, soundfonts: Sequence[Path]) -> Iterator[Path]:
    """Write song-SEED.wav (16 bit, stereo, 44.1 kHz) and song-SEED.json for every seed; those that are there stay.

    Yields: each song that was written.
    Raises:
        LivevizError: there is no fluidsynth, or it failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        song = folder / f"song-{seed}.wav"
        if song.with_suffix(".json").exists():
            continue
        notes, programs, truth = compose(seed, seconds)
        midi = song.with_suffix(".mid")
        machine = seed % 4 >= 2
        midi.write_bytes(midi_bytes([n for n in notes if n.channel != 9] if machine else notes, programs))
        font = soundfonts[seed // 2 % len(soundfonts)]
        words = ["fluidsynth", "-ni", "-q", "-g", "0.3", "-r", "44100", "-R", str(seed % 2), "-C", "0", "-O", "s16"]
        try:
            subprocess.run(
                [*words, "-F", str(song), str(font), str(midi)], check=True, capture_output=True, timeout=600
            )
        except FileNotFoundError:
            raise LivevizError("fluidsynth: not installed; it renders the songs to learn from") from None
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise LivevizError(f"fluidsynth: cannot render {song.name} with {font}: {error}") from None
        finally:
            midi.unlink()
        if machine:
            _add_machine(song, [n for n in notes if n.channel == 9], np.random.default_rng([seed, 42]))
        song.with_suffix(".json").write_text(json.dumps(truth))
        yield song


def _add_machine(song: Path, notes: Sequence[Note], rng: np.random.Generator) -> None:
    """Play drum notes into a 16-bit stereo .wav, with sounds made for this song; it becomes mono."""
    with wave.open(str(song), "rb") as file:
        x = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2).mean(axis=1) / 32_768.0
    last = max((n.start for n in notes), default=0.0)
    x = np.pad(x, (0, max(0, int((last + 1.0) * RATE) - x.size)))
    loud = 10.0 ** (rng.uniform(-12.0, 4.0) / 20.0) * max(4.0 * float(np.sqrt(np.mean(x**2))), 0.05)
    sounds: dict[int, tuple[np.ndarray, float]] = {}
    for n in notes:
        if n.key not in sounds:
            drum, level = MACHINE.get(n.key, ("click" if n.key in CLICKS else "open", 0.3))
            sounds[n.key] = synthetic(drum, rng), loud * level * 10.0 ** (rng.uniform(-5.0, 5.0) / 20.0)
        sound, level = sounds[n.key]
        start = round(n.start * RATE)
        x[start : start + sound.size] += level * n.velocity / 100.0 * sound
    x *= 0.9 / max(float(np.abs(x).max()), 1e-9)
    with wave.open(str(song), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
        file.writeframes((x * 32_767.0).astype(np.int16).tobytes())
