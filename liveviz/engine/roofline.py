"""What a picture costs at the least: multiplications and bytes, counted by walking the network that every backend
builds, and what this machine can do of both, measured in the same run: by a large copy, and by a large matrix product
or, on a CPU, a 3x3 convolution, whichever is faster.

Convention: a transposed convolution is counted at the size of its input, as it is computed (publications that quote
143 GMAC for a 1024 pixel StyleGAN2 count it at its output, and the FIR as nothing; here it is 74). Bytes are weights
once, and what every convolution must read and write, everything between two of them fused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from liveviz.engine.operations import Array, Conv, Filtered
from liveviz.engine.rewrite import Rewrite
from liveviz.engine.rewrite import rewrite as rewritten
from liveviz.models import Generator

CONVENTION = "a transposed convolution is counted at the size of its input; activations once in, once out"


@dataclass(frozen=True)
class Step:
    """One convolution: macs, and how many numbers of weights and activations it moves."""

    macs: int
    weights: int
    activations: int


class Counting:
    """`engine.operations.Operations` on shapes `(channels, height, width)`; what was walked is in `steps`."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

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
        self.steps.append(Step(conv.weight.size * at, conv.weight.size, moved))
        return made

    def filtered(self, x: Any, step: Filtered) -> Any:
        """Two FIRs of a few taps: their reading and writing counts, their products do not."""
        up, down = step.up_taps.shape[0], step.down_taps.shape[0]
        sizes = [((s - 1) * step.up + up - 2 * step.padding - down) // step.down + 1 for s in x[1:]]
        self.steps.append(Step(0, 0, x[0] * (x[1] * x[2] + sizes[0] * sizes[1])))
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


def count(rewrite: Rewrite) -> list[Step]:
    """Every convolution of a network, in order."""
    counting = Counting()
    rewrite.build(counting, rewrite.config.img_channels)
    return counting.steps


def products(generator: Generator) -> float:
    """How many products one picture of a generator takes, counted as `CONVENTION` says."""
    return float(sum(step.macs for step in count(rewritten(generator))))


def floor_ms(steps: list[Step], bytes_a_number: int, copy_gb_s: float, matmul_tflop_s: float) -> float:
    """The least time of one picture, ms: every step as long as its products or its traffic take, whichever is longer."""
    seconds = 0.0
    for step in steps:
        products = 2.0 * step.macs / (matmul_tflop_s * 1e12)
        traffic = (step.weights + step.activations) * bytes_a_number / (copy_gb_s * 1e9)
        seconds += max(products, traffic)
    return 1e3 * seconds


def measure(device: str, precision: str, now: Callable[[], float]) -> tuple[float, float]:
    """(GB/s of a large copy, read and write counted; TFLOP/s of a large matrix product or convolution), the best of
    several, on `cpu` or `cuda`.

    Args:
        precision: of the product: f32, f16 or bf16.
        now: seconds on a monotonic clock.
    """
    import torch

    dtype = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}[precision]
    size, side, times = (2**28, 8192, 10) if device == "cuda" else (2**26, 1024, 5)
    source = torch.ones(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))

    def best(work: Callable[[], object]) -> float:
        seconds = []
        for _ in range(times):
            wait(device)
            start = now()
            work()
            wait(device)
            seconds.append(now() - start)
        return min(seconds)

    copied = best(lambda: target.copy_(source))
    rate = 2.0 * side**3 / best(lambda: torch.mm(a, b))
    if device == "cpu":  # where torch's product of bfloat16 matrices hardly uses a second core
        x, weight = (
            torch.randn(n, 128, k, k).to(dtype, memory_format=torch.channels_last) for n, k in ((1, 64), (128, 3))
        )
        convolved = best(lambda: torch.nn.functional.conv2d(x, weight, padding=1))
        rate = max(rate, 2.0 * weight.numel() * 64 * 64 / convolved)
    return 2.0 * size / copied / 1e9, rate / 1e12


def wait(device: str) -> None:
    """Return when the device has nothing left to do."""
    if device == "cuda":
        import torch

        torch.cuda.synchronize()
