"""The one note of a voice or a lead, for melodies that draw. Chords have no single pitch: look at the confidence."""

from typing import Any

import numpy as np

from liveviz.signals._gain import Gain
from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.signals._spectrum import span_samples
from liveviz.spec import Output

LOOK_SECONDS = 2048 / 44100  # seconds of sound in one look
LOOK_EVERY_SECONDS = 0.0116  # seconds between two looks
LOWEST_NOTE, HIGHEST_NOTE = 36.0, 96.0  # MIDI notes
YIN_TOLERANCE = 0.7
# Of YIN's own: one note has 1, a chord 0.5, noise 0.1; a look below that leaves the pitch where it was
SURE_CLARITY = 0.7
UNSURE_CLARITY = 0.4  # that is confidence 0
SETTLE_SECONDS = 0.04  # time constant of the confidence


class Pitch(Signal):
    """pitch: MIDI note with fractions (69 = 440 Hz), 36 to 96, the last sure one while nothing is sung; pitch.confidence, 0 (no
    single pitch) to 1, time constant 40 ms. 23 ms late: it speaks of the middle of the last 46 ms. Median of three looks.

    State: the window, the last three looks.
    Source: YIN, de Cheveigné & Kawahara 2002 (aubio's yinfast: its yinfft has no confidence in this release).
    """

    needs = (Gain,)
    outputs = (
        Output("pitch", low=LOWEST_NOTE, high=HIGHEST_NOTE, unit="note", help="The one note that sounds, 69 = A4"),
        Output("pitch.confidence", help="How sure it is that a single note sounds"),
    )

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        import aubio  # here, so that naming the outputs costs nothing

        self._gain = rig.get(Gain)
        self._hops = rig.hops(LOOK_EVERY_SECONDS)
        self._sound = np.zeros(self._hops * rig.hop_length, aubio.float_type)
        n = max(span_samples(rig.sample_rate, LOOK_SECONDS), 2 * self._sound.size)
        self._yin: Any = aubio.pitch("yinfast", n, self._sound.size, rig.sample_rate)
        self._yin.set_unit("midi")
        self._yin.set_tolerance(YIN_TOLERANCE)
        self._filled = 0
        self._looks = [60.0] * 3
        self._rate = 1.0 - float(np.exp(-self._hops * rig.dt / SETTLE_SECONDS))
        self.values[0] = 60.0

    def step(self, hop: Hop) -> None:
        n = hop.samples.size
        self._sound[self._filled : self._filled + n] = self._gain.samples
        self._filled += n
        if self._filled < self._sound.size:
            return
        self._filled = 0
        note = float(self._yin(self._sound)[0])
        sure = float(self._yin.get_confidence()) if self._gain.open and LOWEST_NOTE <= note <= HIGHEST_NOTE else 0.0
        target = min(max((sure - UNSURE_CLARITY) / (1.0 - UNSURE_CLARITY), 0.0), 1.0)
        self.values[1] += self._rate * (target - self.values[1])
        if sure > SURE_CLARITY:
            self._looks = [*self._looks[1:], note]
            self.values[0] = sorted(self._looks)[1]
