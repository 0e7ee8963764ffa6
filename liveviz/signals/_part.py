"""What every piece of the listening is: a part, made once per analyser and stepped once per hop, after the parts that it
needs. Signals are parts with named outputs; the rest is machinery that several signals share."""

from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from liveviz.spec import Output

if TYPE_CHECKING:
    from liveviz.signals._hop import Hop

AnyPart = TypeVar("AnyPart", bound="Part")


class Part:
    """One piece of the listening.

    needs: parts that step before this one; `self.rig.get(cls)` returns them.
    State: whatever a subclass keeps; it starts in `__init__` and is cleared by making a new one.
    """

    needs: ClassVar[tuple[type["Part"], ...]] = ()

    def __init__(self, rig: "Rig") -> None:
        self.rig = rig

    def step(self, hop: "Hop") -> None:
        """Take in one hop. Must not raise, whatever the sound."""
        raise NotImplementedError


class Signal(Part):
    """A part with outputs that mapping files can name.

    outputs: named like the file, or `<file>.<something>`.
    values: float64 `[len(outputs)]`, written by `step`; those of events are counted by the analyser.
    """

    outputs: ClassVar[tuple[Output, ...]]

    def __init__(self, rig: "Rig") -> None:
        super().__init__(rig)
        self.values: NDArray[np.float64] = np.zeros(len(self.outputs))


class Every:
    """Counts hops: `due()`, asked once a hop, is true in the first and then in every `hops`-th."""

    def __init__(self, hops: int) -> None:
        self.hops = hops
        self._left = 0

    def due(self) -> bool:
        """Whether it is time."""
        self._left -= 1
        if self._left > 0:
            return False
        self._left = self.hops
        return True


class Rig:
    """The parts of one analyser, each made once, in the order in which they must step.

    sample_rate: Hz.
    hop_length: samples per hop.
    dt: seconds per hop.
    """

    def __init__(self, sample_rate: int, hop_length: int) -> None:
        self.sample_rate = sample_rate
        self.hop_length = hop_length
        self.dt = hop_length / sample_rate
        self.parts: list[Part] = []
        self._made: dict[type[Part], Part] = {}
        self._making: list[type[Part]] = []

    def get(self, cls: type[AnyPart]) -> AnyPart:
        """The one part of that class, made now where there is none, after all that it needs.

        Raises:
            ValueError: parts need each other in a circle.
        """
        if cls not in self._made:
            if cls in self._making:
                names = " -> ".join(c.__name__ for c in [*self._making, cls])
                raise ValueError(f"signals need each other in a circle: {names}")
            self._making.append(cls)
            for need in cls.needs:
                self.get(need)
            self._made[cls] = part = cls(self)
            self.parts.append(part)
            self._making.pop()
        found = self._made[cls]
        assert isinstance(found, cls)
        return found

    def hops(self, seconds: float) -> int:
        """Number of hops nearest to that many seconds, at least 1."""
        return max(1, round(seconds / self.dt))

    def rate(self, tau: float) -> float:
        """Share of the way that a one-pole follower with time constant `tau` seconds goes in one hop."""
        return float(1.0 - np.exp(-self.dt / tau))
