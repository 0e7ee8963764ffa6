"""MIDI clock as musical time: 24 pulses a quarter, started, stopped and continued. Pulses arrive with the jitter of a wire, a
driver and a poll, so the rate is that of a whole beat and more of them."""

from collections import deque

from liveviz.spec import Tempo

PULSES_PER_QUARTER = 24
_KEPT_PULSES = 2 * PULSES_PER_QUARTER + 1
_MIN_PULSES = 7  # pulses before a rate is told
_GAP_S = 0.5  # without a pulse: 5 BPM, so the sender paused
ADDRESSES = ("midi.clock", "midi.start", "midi.stop", "midi.continue")


class MidiClock:
    """Musical time of one sender.

    State: when the last pulses came, how many have come since the start, and whether the transport runs. A clock without a
    start counts from its first pulse.
    """

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=_KEPT_PULSES)
        self._pulses = -1
        self._playing = True

    def take(self, address: str, time: float) -> Tempo | None:
        """One message of the clock; the musical time after it, or None while that is not known.

        Args:
            address: of ADDRESSES. time: seconds on the show's clock, when it came.
        """
        if address == "midi.start":
            self._pulses, self._playing = -1, True  # the pulse that follows is beat 0
        elif address == "midi.continue":
            self._playing = True
        elif address == "midi.stop":
            self._playing = False
        else:
            if self._times and not 0.0 <= time - self._times[-1] <= _GAP_S:
                self._times.clear()
            self._times.append(time)
            self._pulses += self._playing
        return self._tempo(time)

    def _tempo(self, time: float) -> Tempo | None:
        count = len(self._times)
        if count < _MIN_PULSES:
            return None
        # least squares through the last pulses: the rate, and where the newest pulse ought to have been
        mean_n, mean_t = (count - 1) / 2.0, sum(self._times) / count
        over = sum((n - mean_n) * (t - mean_t) for n, t in enumerate(self._times))
        pulse_s = over / (count * (count * count - 1) / 12.0)
        if pulse_s <= 0.0:
            return None
        newest = mean_t + (count - 1 - mean_n) * pulse_s
        return Tempo(
            60.0 / (PULSES_PER_QUARTER * pulse_s),
            max(self._pulses, 0) / PULSES_PER_QUARTER,
            newest,
            "midi",
            self._playing,
        )
