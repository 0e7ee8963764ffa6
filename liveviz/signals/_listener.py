"""What a show listens with: one analyser over the whole sound and one over each stem, on the channels that the performer
named, as a single frame; and the latency offset, which makes up for sound that was captured later than it was heard."""

from collections import deque
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from liveviz.signals._analyser import Analyser, outputs
from liveviz.spec import AudioBlock, Output, SignalFrame, SoundChannels, Stems
from liveviz.spec.stems import STEM_PREFIX

BEATS_PER_BAR = 4
MOST_OFFSET = 0.5  # seconds either way


def all_outputs(stems: Stems = ()) -> tuple[Output, ...]:
    """The outputs of the whole sound, then those of every stem, named `stem.<name>.<output>`."""
    own = outputs()
    return own + tuple(replace(o, name=f"{STEM_PREFIX}{name}.{o.name}") for name, _ in stems for o in own)


class Listener:
    """Sound in, one SignalFrame per hop out: the values of `all_outputs(stems)`.

    Args:
        sample_rate: Hz.
        channels: of the whole sound; () for all of the block's.
        stems: names and channels; a channel that a block has not is silent.
        offset: seconds by which the sound was heard before it was captured. Beats, downbeats and phases, which can be
            predicted, come that much earlier; where it is negative, everything comes that much later, as if it had been
            captured then.
    Raises:
        ValueError: sample_rate or offset out of range.
    State: that of its analysers; frames that wait to be late.
    """

    def __init__(self, sample_rate: int, channels: SoundChannels = (), stems: Stems = (), offset: float = 0.0) -> None:
        if not abs(offset) <= MOST_OFFSET:
            raise ValueError(f"offset: {-MOST_OFFSET} to {MOST_OFFSET} s, not {offset}")
        self.sample_rate = sample_rate
        self._parts = [(channels, Analyser(sample_rate)), *((c, Analyser(sample_rate)) for _, c in stems)]
        self._ahead = [_Ahead(offset) for _ in self._parts] if offset > 0.0 else None
        self._wait = max(0.0, -offset)
        self._late = round(self._wait * sample_rate / self._parts[0][1].hop_length)
        self._waiting: deque[SignalFrame] = deque()

    def step(self, block: AudioBlock) -> list[SignalFrame]:
        """The frame of every hop that `block` completes, in order (with a negative offset: of earlier hops).

        Raises:
            ValueError: the block's sample rate is not the listener's.
        """
        heard = [
            analyser.step(replace(block, samples=pick(block.samples, chosen)) if chosen else block)
            for chosen, analyser in self._parts
        ]
        frames = []
        for hop in zip(*heard, strict=True):
            values = [frame.values for frame in hop]
            if self._ahead is not None:
                values = [ahead.step(v) for ahead, v in zip(self._ahead, values, strict=True)]
            time = hop[0].time + self._wait
            self._waiting.append(SignalFrame(hop[0].sequence, time, np.concatenate(values), hop[0].events))
            if len(self._waiting) > self._late:
                frames.append(self._waiting.popleft())
        return frames


class _Ahead:
    """Beats and phases of one analyser, `offset` seconds early; the counts go up when the phases wrap.

    State: the last phases, the counts.
    """

    def __init__(self, offset: float) -> None:
        self._offset = offset
        places = {o.name: n for n, o in enumerate(outputs())}
        self._tempo = places["tempo"]
        self._pairs = [
            (places["beat_phase"], places["beat"], 1),
            (places["bar_phase"], places["downbeat"], BEATS_PER_BAR),
        ]
        self._phases = [0.0] * len(self._pairs)
        self._counts = [0.0] * len(self._pairs)

    def step(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same values with beats and phases moved; without a tempo there is nothing to predict, so they stay."""
        values = values.copy()
        beats = self._offset * float(values[self._tempo]) / 60.0
        for n, (phase, count, length) in enumerate(self._pairs):
            if beats <= 0.0:
                self._phases[n] = 0.0
            else:
                moved = float(np.mod(values[phase] + beats / length, 1.0))
                # a correction of the tracker may take the phase back a little: that is no beat
                self._counts[n] += moved < self._phases[n] - 0.5
                values[phase] = self._phases[n] = moved
            values[count] = self._counts[n]
        return values


def pick(samples: NDArray[np.float32], channels: SoundChannels) -> NDArray[np.float32]:
    """float32 `[frames, len(channels)]` of `[frames, any]`; channels that are not there are silent."""
    found = np.zeros((samples.shape[0], len(channels)), np.float32)
    for n, channel in enumerate(channels):
        if channel < samples.shape[1]:
            found[:, n] = samples[:, channel]
    return found
