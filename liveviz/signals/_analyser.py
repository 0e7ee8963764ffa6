"""The door of the room: finds the signals, makes their parts once, and turns blocks into SignalFrames."""

import inspect
from functools import cache

import numpy as np

from liveviz.signals._hop import FASTEST_RATE, SLOWEST_RATE, HopCutter, natural_hop_length
from liveviz.signals._part import Rig, Signal
from liveviz.spec import AudioBlock, Output, SignalFrame
from liveviz.system import discover


@cache
def signal_classes() -> tuple[type[Signal], ...]:
    """The Signal of every file `signals/<name>.py`, in the order of their names.

    Raises:
        ValueError: a file has no Signal or more than one, or an output is not named after its file.
    """
    found: list[type[Signal]] = []
    for name in discover.names("liveviz.signals"):
        module = discover.load("liveviz.signals", name)
        here = [
            cls
            for _, cls in inspect.getmembers(module, inspect.isclass)
            if issubclass(cls, Signal) and cls.__module__ == module.__name__
        ]
        if len(here) != 1:
            raise ValueError(f"signals/{name}.py: expected one Signal, found {len(here)}")
        for output in here[0].outputs:
            if output.name != name and not output.name.startswith(name + "."):
                raise ValueError(f"signals/{name}.py: output {output.name} is not named after its file")
        found.append(here[0])
    return tuple(found)


@cache
def outputs() -> tuple[Output, ...]:
    """Every named output of every signal, in the order of SignalFrame.values: by file name, then as declared."""
    return tuple(output for cls in signal_classes() for output in cls.outputs)


class Analyser:
    """Sound in, signals out, hop by hop and causal.

    Args:
        sample_rate: Hz, 8,000 to 192,000.
        hop_length: samples per hop; None for the power of two closest to 5.5 ms.
    Raises:
        ValueError: sample_rate or hop_length is out of range.
    State: everything heard so far; cleared by reset().
    """

    def __init__(self, sample_rate: int, hop_length: int | None = None) -> None:
        if not SLOWEST_RATE <= sample_rate <= FASTEST_RATE:
            raise ValueError(f"sample_rate: {SLOWEST_RATE} to {FASTEST_RATE} Hz, not {sample_rate}")
        natural = natural_hop_length(sample_rate)
        if hop_length is None:
            hop_length = natural
        if not natural // 4 <= hop_length <= natural * 8:
            raise ValueError(
                f"hop_length: {natural // 4} to {natural * 8} samples at {sample_rate} Hz, not {hop_length}"
            )
        self.sample_rate = sample_rate
        self.hop_length = hop_length
        self.outputs = outputs()
        self._index = {output.name: i for i, output in enumerate(self.outputs)}
        events = np.array([o.kind == "event" for o in self.outputs])
        self._low = np.array([0.0 if o.kind == "event" else o.low for o in self.outputs])
        high = np.array([o.high for o in self.outputs])
        self._high = np.where(events, np.inf, high)
        phases = np.array([o.kind == "phase" for o in self.outputs])
        self._high[phases] = np.nextafter(high[phases], -np.inf)
        self.reset()

    def reset(self) -> None:
        """Forget everything heard: the next block is as the first."""
        self._rig = Rig(self.sample_rate, self.hop_length)
        self._signals = [self._rig.get(cls) for cls in signal_classes()]
        self._cutter = HopCutter(self.sample_rate, self.hop_length)
        self._sequence = 0
        self._counts = np.zeros(len(self.outputs))

    def step(self, block: AudioBlock) -> list[SignalFrame]:
        """One SignalFrame for every hop that `block` completes, in order; none where it completes none.

        Args:
            block: float32 `[frames, channels]`, any number of either; NaN counts as silence.
        Raises:
            ValueError: the block's sample rate is not the analyser's.
        """
        if block.sample_rate != self.sample_rate:
            raise ValueError(f"analyser: made for {self.sample_rate} Hz, got a block at {block.sample_rate} Hz")
        frames = []
        for hop in self._cutter.push(block.samples, block.time):
            for part in self._rig.parts:
                part.step(hop)
            for event in hop.events:
                self._counts[self._index[event.name]] += 1.0
            values = np.concatenate([signal.values for signal in self._signals])
            values += self._counts
            # fmin and fmax prefer the number to the NaN, so that whatever a signal does, its reader gets its range
            values = np.fmin(np.fmax(values, self._low), self._high)
            frames.append(SignalFrame(self._sequence, hop.time, values, tuple(hop.events)))
            self._sequence += 1
        return frames
