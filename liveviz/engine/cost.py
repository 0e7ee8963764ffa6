"""What an image costs at the least: multiplications and bytes, counted by walking the network that every backend
builds.

Convention: a transposed convolution is counted at the size of its input, as it is computed (publications that quote
143 GMAC for a 1024 pixel StyleGAN2 count it at its output, and the FIR as nothing; here it is 74). Bytes are weights
once, and what every convolution must read and write, everything between two of them fused.
"""

from dataclasses import dataclass
from typing import Any

from liveviz.engine import families
from liveviz.engine.family import Network
from liveviz.engine.operations import Array, Conv, Filtered
from liveviz.models import Generator

COUNTING_NOTE = "a transposed convolution is counted at the size of its input; activations once in, once out"


@dataclass(frozen=True)
class ConvCost:
    """One convolution: macs, and how many numbers of weights and activations it moves."""

    macs: int
    weights: int
    activations: int


class Counting:
    """`NetworkOperations` on shapes `(channels, height, width)`; what was walked is in `steps`."""

    def __init__(self) -> None:
        self.steps: list[ConvCost] = []

    def constant(self, value: Array) -> Any:
        return value.shape[1:]

    def fourier(self, part: slice, channels: int, height: int, width: int) -> Any:
        return channels, height, width

    def conv(self, x: Any, conv: Conv) -> Any:
        inputs, height, width = x[0], x[1] - 2 * conv.crop, x[2] - 2 * conv.crop
        outputs, _, kernel, _ = conv.weight.shape
        grow = 2 * conv.padding - kernel + 1
        made = (outputs, 2 * height, 2 * width) if conv.up else (outputs, height + grow, width + grow)
        at = height * width if conv.up else made[1] * made[2]
        moved = inputs * height * width + (0 if conv.rgb else outputs * made[1] * made[2])
        self.steps.append(ConvCost(conv.weight.size * at, conv.weight.size, moved))
        return made

    def filtered(self, x: Any, step: Filtered) -> Any:
        """Two FIRs of a few taps: their reading and writing counts, their products do not."""
        up, down = step.up_taps.shape[0], step.down_taps.shape[0]
        sizes = [((s - 1) * step.up + up - 2 * step.padding - down) // step.down + 1 for s in x[1:]]
        self.steps.append(ConvCost(0, 0, x[0] * (x[1] * x[2] + sizes[0] * sizes[1])))
        return x[0], *sizes

    def upsample(self, x: Any) -> Any:
        return x[0], 2 * x[1], 2 * x[2]

    def add(self, x: Any, y: Any) -> Any:
        return y

    def paint(self, img: Any | None, x: Any, conv: Conv, last: bool) -> Any:
        y = self.conv(x, conv)
        return y if img is None else self.add(self.upsample(img), y)

    def bend(self, x: Any, layer: int) -> Any:
        return x


def count(network: Network) -> list[ConvCost]:
    """Every convolution of a network, in order."""
    counting = Counting()
    network.build(counting, network.config.img_channels)
    return counting.steps


def products(generator: Generator) -> float:
    """How many products one image of a generator takes, counted as `COUNTING_NOTE` says."""
    return float(sum(step.macs for step in count(families.network(generator))))
