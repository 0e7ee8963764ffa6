"""Songs as sound: notes to a MIDI file, played by FluidSynth with whatever General MIDI soundfonts the machine has; in half of
the songs a drum machine of our own plays the drums."""

import json
import struct
import subprocess
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from liveviz.learning.hearing.compose import Note, compose
from liveviz.learning.hearing.drums import SAMPLE_RATE_HZ, synthetic
from liveviz.learning.hearing.patterns import CLAP, CLICK_KEYS, HAT, KICK, OPEN_HAT, PEDAL, SNARE, TOM_KEYS
from liveviz.spec import LivevizError

TICKS_PER_SECOND = 960  # per second: a quarter of 480 ticks lasts half a second
DRUM_MACHINE = {  # sound and level of each drum
    KICK: ("kick", 0.9),
    SNARE: ("snare", 0.6),
    CLAP: ("clap", 0.5),
    HAT: ("hat", 0.2),
    PEDAL: ("hat", 0.15),
    OPEN_HAT: ("open", 0.2),
    **dict.fromkeys(CLICK_KEYS, ("click", 0.3)),
    **dict.fromkeys(TOM_KEYS, ("tom", 0.6)),
}
OTHER_DRUM = ("open", 0.3)
"""What plays the keys that are not in the table, and how loud (0 to 1)."""


def midi_bytes(notes: Sequence[Note], programs: Sequence[tuple[int, int]]) -> bytes:
    """A Standard MIDI File of one track at 480 ticks per quarter and 120 quarters a minute.

    Source: MIDI 1.0, Standard MIDI Files 1.0.
    """
    events = [(0, 0, bytes((0xC0 | channel, program))) for channel, program in programs]
    for n in notes:
        events.append((round(n.start * TICKS_PER_SECOND), 2, bytes((0x90 | n.channel, n.key, n.velocity))))
        events.append((round((n.start + n.length) * TICKS_PER_SECOND), 1, bytes((0x80 | n.channel, n.key, 0))))
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
        if song.exists() or song.with_suffix(".json").exists():
            continue
        notes, programs, truth = compose(seed, seconds)
        draft, midi = (folder / f".song-{seed}{suffix}" for suffix in (".wav", ".mid"))
        machine = seed % 4 >= 2
        midi.write_bytes(midi_bytes([n for n in notes if n.channel != 9] if machine else notes, programs))
        font = soundfonts[seed // 2 % len(soundfonts)]
        words = ["fluidsynth", "-ni", "-q", "-g", "0.3", "-r", "44100", "-R", str(seed % 2), "-C", "0", "-O", "s16"]
        words += ["-o", "synth.dynamic-sample-loading=1"]  # of a large soundfont, only what the song plays
        try:
            subprocess.run(
                [*words, "-F", str(draft), str(font), str(midi)], check=True, capture_output=True, timeout=600
            )
        except FileNotFoundError:
            raise LivevizError("fluidsynth: not installed; it renders the songs to learn from") from None
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise LivevizError(f"fluidsynth: cannot render {song.name} with {font}: {error}") from None
        finally:
            midi.unlink()
        if machine:
            _add_machine(draft, [n for n in notes if n.channel == 9], np.random.default_rng([seed, 42]))
        song.with_suffix(".json").write_text(json.dumps(truth))
        draft.replace(song)
        yield song


def _add_machine(song: Path, notes: Sequence[Note], rng: np.random.Generator) -> None:
    """Play drum notes into a 16-bit stereo .wav, with sounds made for this song; it becomes mono."""
    with wave.open(str(song), "rb") as file:
        x = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2).mean(axis=1) / 32_768.0
    last = max((n.start for n in notes), default=0.0)
    x = np.pad(x, (0, max(0, int((last + 1.0) * SAMPLE_RATE_HZ) - x.size)))
    kicks = [n.start for n in notes if n.key == KICK]
    if kicks and rng.random() < 0.6:
        x *= ducked(x.size, kicks, rng)
    loud = 10.0 ** (rng.uniform(-12.0, 4.0) / 20.0) * max(4.0 * float(np.sqrt(np.mean(x**2))), 0.05)
    sounds: dict[int, tuple[np.ndarray, float]] = {}
    for n in notes:
        if n.key not in sounds:
            drum, level = DRUM_MACHINE.get(n.key, OTHER_DRUM)
            sounds[n.key] = synthetic(drum, rng), loud * level * 10.0 ** (rng.uniform(-5.0, 5.0) / 20.0)
        sound, level = sounds[n.key]
        start = round(n.start * SAMPLE_RATE_HZ)
        x[start : start + sound.size] += level * n.velocity / 100.0 * sound
    x *= 0.9 / max(float(np.abs(x).max()), 1e-9)
    with wave.open(str(song), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", "not compressed"))
        file.writeframes((x * 32_767.0).astype(np.int16).tobytes())


def ducked(size: int, kicks: Sequence[float], rng: np.random.Generator) -> np.ndarray:
    """The gain of everything else, 0 to 1, where a compressor listens to the kick: down with it, and up again before the
    next. float64 `[size]`."""
    depth, tau = rng.uniform(0.3, 0.95), rng.uniform(0.08, 0.25)
    level = np.zeros(size)
    fall = np.exp(-np.arange(int(5 * tau * SAMPLE_RATE_HZ)) / (tau * SAMPLE_RATE_HZ))
    for kick in kicks:
        part = level[round(kick * SAMPLE_RATE_HZ) :][: fall.size]
        np.maximum(part, fall[: part.size], out=part)
    return 1.0 - depth * level
