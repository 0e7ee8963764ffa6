"""The least time that an image could take: what it costs (`engine.cost`), on what this machine can do of multiplications and
of bytes, measured in the same run: by a large copy, and by a large matrix product or, on a CPU, a 3x3 convolution,
whichever is faster."""

from collections.abc import Callable

from liveviz.engine.cost import ConvCost


def floor_ms(steps: list[ConvCost], bytes_a_number: int, copy_gb_s: float, matmul_tflop_s: float) -> float:
    """The least time of one image, ms: every step as long as its products or its traffic take, whichever is longer."""
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
