"""The band of the demo song: plays the score with the instruments, one bar at a time, and mixes it. A bar takes about a
fortieth of its own length on one core, so the song can be made while it plays."""

from collections.abc import Callable

import numpy as np

from liveviz.inputs.demo import score as score
from liveviz.inputs.demo import synth as synth
from liveviz.inputs.demo.effects import HOP_SAMPLES, Echo, Hall, Sweep, ducking
from liveviz.inputs.demo.score import BAR_SAMPLES, SIXTEENTH_SAMPLES, SongPlace
from liveviz.inputs.demo.synth import Sound

RING_SAMPLES = int(2.6 * score.SAMPLE_RATE)  # the longest sound that begins in one bar and ends in a later one
FADE_SAMPLES = int(0.03 * score.SAMPLE_RATE)
SAMPLE_CEILING = 0.96
# How hard each section is driven into the soft clip: the drop must feel bigger than what came before.
SECTION_GAINS = {"intro": 0.7, "groove": 0.8, "build": 0.8, "drop": 1.12, "break": 0.9, "outro": 0.75}


class Bus:
    """Adds sounds to a bar; what lasts longer waits for the next one. State: what waits."""

    def __init__(self) -> None:
        self._buffer = np.zeros((BAR_SAMPLES + RING_SAMPLES, 2), np.float32)

    def add(self, sound: Sound, at: int, level: float, pan: float = 0.0) -> None:
        """Add a mono or stereo sound at sample `at` of the bar; `pan` from -1 (left) to 1."""
        if sound.ndim == 1:
            sound = sound[:, None]
        self._buffer[at : at + len(sound)] += sound * np.array([level * (1 - pan), level * (1 + pan)], np.float32)

    def take(self) -> Sound:
        """The bar, `[BAR_SAMPLES, 2]`; the bus moves on to the next."""
        bar = self._buffer[:BAR_SAMPLES].copy()
        self._buffer[:RING_SAMPLES] = self._buffer[BAR_SAMPLES:].copy()
        self._buffer[RING_SAMPLES:] = 0.0
        return bar


class Band:
    """Plays bar after bar.

    Args:
        rest: called after every few milliseconds of work.
    State: number of the next bar, what rings over in every bus and effect; a fresh Band begins in silence.
    """

    def __init__(self, rest: Callable[[], None]) -> None:
        self._rest = rest
        self.next_bar = 0
        self._drums, self._bass, self._pad, self._keys, self._lead = Bus(), Bus(), Bus(), Bus(), Bus()
        self._effects = Bus()
        self._to_echo, self._to_hall = Bus(), Bus()
        self._pad_sweep, self._rise_sweep = Sweep(0.9), Sweep(2.2, band=True)
        self._echo, self._hall = Echo(0.46), Hall()

    def play(self) -> Sound:
        """The next bar, float32 `[BAR_SAMPLES, 2]`, within ±1; after the last comes the first again."""
        bar = self.next_bar
        self.next_bar = (bar + 1) % score.BAR_COUNT
        place = score.BAR_PLACES[bar]
        self._play_drums(bar, place)
        self._play_bass(bar, place)
        self._play_pad(bar, place)
        self._play_keys(bar, place)
        self._play_effects(place)
        return self._mix(bar, place)

    def _play_drums(self, bar: int, place: SongPlace) -> None:
        drums, hall = self._drums, self._to_hall
        for s, v in score.kicks(bar):
            drums.add(synth.kick(), s * SIXTEENTH_SAMPLES, 0.7 * v)
            self._rest()
        for s, v in score.snares(bar):
            if place.section == "build":
                rise = int(place.progress * 12 + s * 12 / 16 / place.bars)
                drums.add(synth.snare(rise), s * SIXTEENTH_SAMPLES, 0.5 * v)
                hall.add(synth.snare(rise), s * SIXTEENTH_SAMPLES, 0.14 * v)
            else:
                drums.add(synth.clap(), s * SIXTEENTH_SAMPLES, 0.7 * v)
                hall.add(synth.clap(), s * SIXTEENTH_SAMPLES, 0.17 * v)
        for s, v in score.hats(bar):
            late = score.SWING_SAMPLES if s % 2 else 0
            drums.add(synth.hat(s % 3), s * SIXTEENTH_SAMPLES + late, v, 0.3 if s % 4 == 3 else -0.12)
        for s, v in score.open_hats(bar):
            drums.add(synth.open_hat(), s * SIXTEENTH_SAMPLES, 0.52 * v, 0.15)
        for s, pitch, v in score.percussion(bar):
            late = score.SWING_SAMPLES if s % 2 else 0
            drums.add(synth.wood(pitch), s * SIXTEENTH_SAMPLES + late, 0.24 * v, (-0.6, 0.5, 0.0)[pitch])
            hall.add(synth.wood(pitch), s * SIXTEENTH_SAMPLES + late, 0.05 * v)

    def _play_bass(self, bar: int, place: SongPlace) -> None:
        cutoff = {"drop": 1500, "groove": 500 + 90 * place.bar, "build": 900, "break": 200}.get(place.section, 500)
        for s, n, note, v in score.bass(bar):
            self._bass.add(synth.bass(note, n, cutoff), s * SIXTEENTH_SAMPLES, 0.32 * v)
            self._rest()

    def _play_pad(self, bar: int, place: SongPlace) -> None:
        """The chord through the whole bar; equal chords of neighbouring bars join without a seam."""
        level = {"intro": 0.55, "groove": 0.5, "build": 0.75, "drop": 0.55, "break": 0.95, "outro": 0.6}[place.section]
        frames = 12 * SIXTEENTH_SAMPLES if place.section == "build" and place.last else BAR_SAMPLES
        gate = np.ones((frames + FADE_SAMPLES, 1), np.float32)
        gate[:FADE_SAMPLES, 0] = np.linspace(0.0, 1.0, FADE_SAMPLES, endpoint=False)
        gate[frames:, 0] = 1.0 - gate[:FADE_SAMPLES, 0]
        start = bar * BAR_SAMPLES
        for i, note in enumerate(score.chord(bar)):
            part = synth.choir_part(note if i else note - 12 * (note > 52), 14, 0.9, start, frames + FADE_SAMPLES)
            self._pad.add(part * gate, 0, level * (0.3 if i else 0.22))
            self._rest()

    def _play_keys(self, bar: int, place: SongPlace) -> None:
        bright = score.brightness(bar, 0.5)
        cutoff = 250 * round((300.0 * 22.0**bright) / 250)
        level = {"drop": 0.4, "break": 0.3, "build": 0.42}.get(place.section, 0.36)
        for s, note, v in score.arp(bar):
            sound = synth.pluck(note, cutoff, 0.34)
            pan = 0.45 if s % 2 else -0.45
            self._keys.add(sound, s * SIXTEENTH_SAMPLES, level * v, pan)
            self._to_echo.add(sound, s * SIXTEENTH_SAMPLES, 0.4 * level * v, pan)
            self._to_hall.add(sound, s * SIXTEENTH_SAMPLES, 0.16 * level * v)
            self._rest()
        for s, _, note in score.bells(bar):
            self._keys.add(synth.bell(note), s * SIXTEENTH_SAMPLES, 0.24, 0.1)
            self._to_echo.add(synth.bell(note), s * SIXTEENTH_SAMPLES, 0.1)
            self._to_hall.add(synth.bell(note), s * SIXTEENTH_SAMPLES, 0.12)
        for s, n, note in score.lead(bar):
            self._play_lead(bar, place, s, n, note)

    def _play_lead(self, bar: int, place: SongPlace, s: int, n: int, note: int) -> None:
        """One note of the hook, doubled below (and above in the second drop), over a stab of the chord."""
        frames = n * SIXTEENTH_SAMPLES
        t = np.arange(frames, dtype=np.float32)[:, None] / score.SAMPLE_RATE
        length = frames / score.SAMPLE_RATE
        shape = np.minimum(t / 0.004, 1.0) * np.clip((length - t) / 0.03, 0.0, 1.0) * (0.55 + 0.45 * np.exp(-t / 0.12))
        gate = np.asarray(shape, np.float32)  # [frames, 1]
        start = (bar * 16 + s) * SIXTEENTH_SAMPLES
        voices = [(note, 0.5), (note - 12, 0.2)] + ([(note + 12, 0.22)] if place.number else [])
        for pitch, level in voices:
            part = synth.choir_part(pitch, 11, 1.25, start, frames) * gate
            self._lead.add(part, s * SIXTEENTH_SAMPLES, level)
            self._to_echo.add(part, s * SIXTEENTH_SAMPLES, 0.22 * level)
            self._to_hall.add(part, s * SIXTEENTH_SAMPLES, 0.18 * level)
            self._rest()
        for pitch in score.chord(bar)[1:]:
            self._lead.add(synth.choir_part(pitch, 16, 1.0, start, frames) * gate, s * SIXTEENTH_SAMPLES, 0.22)
            self._rest()

    def _play_effects(self, place: SongPlace) -> None:
        if place.bar == 0 and place.section in ("groove", "drop", "break", "outro"):
            level = 0.8 if place.section == "drop" else 0.4
            self._effects.add(synth.impact(11), 0, level)
            self._to_hall.add(synth.impact(11), 0, 0.25 * level)

    def _mix(self, bar: int, place: SongPlace) -> Sound:
        at = (np.arange(BAR_SAMPLES // HOP_SAMPLES) + 0.5) * HOP_SAMPLES / BAR_SAMPLES
        bright = np.array([score.brightness(bar, float(x)) for x in at])
        pad = self._pad_sweep.step(self._pad.take(), 140.0 * 70.0**bright)
        self._rest()
        keys, lead, bass, effects = self._keys.take(), self._lead.take(), self._bass.take(), self._effects.take()
        self._rest()
        echo = self._echo.step(self._to_echo.take())
        self._rest()
        hall = self._hall.step(self._to_hall.take() + 0.1 * pad + 0.3 * echo)
        self._rest()
        kicks = score.kicks(bar)
        music = (pad + 0.9 * lead) * ducking(kicks, 0.8) + (keys + echo) * ducking(kicks, 0.5)
        self._rest()
        low = bass * ducking(kicks, 0.9) + hall * ducking(kicks, 0.45)
        self._rest()
        mix = self._drums.take() + music + low + effects + self._riser(place, at)
        self._rest()
        return np.asarray(SAMPLE_CEILING * np.tanh(SECTION_GAINS[place.section] * mix), np.float32)

    def _riser(self, place: SongPlace, at: np.ndarray) -> Sound:
        """Noise that climbs through the build; silent elsewhere, but its filter rings out."""
        sound = np.zeros((BAR_SAMPLES, 2), np.float32)
        x = (place.bar + at) / place.bars
        if place.section == "build":
            frames = 12 * SIXTEENTH_SAMPLES if place.last else BAR_SAMPLES
            level = 1.5 * ((place.bar + np.arange(frames, dtype=np.float32) / BAR_SAMPLES) / place.bars) ** 1.6
            sound[:frames] = synth.wash(BAR_SAMPLES, 12 + place.bar)[:frames] * level[:, None]
        return self._rise_sweep.step(sound, 300.0 * 30.0**x)
