"""What stands between two convolutions of a StyleGAN2, each as one step: scale, noise, bias, leaky ReLU and clamp; the
same behind the FIR of an up-convolution; toRGB with the image below and the packing to 8 bits; resampling by a bend.
On a GPU with Triton each is one kernel (`fused_triton`); here is the same arithmetic in torch, for everywhere else.

Sums are float32 whatever the activations are; style factors, noise and biases come in as float32.
"""

import importlib.util
import logging
import subprocess
from functools import cache
from types import ModuleType

import torch
from torch import Tensor
from torch.nn import functional as F

from liveviz import fields
from liveviz.engine.operations import FIR

TOLERATED_ERROR = 4e-3  # half precision rounds; a wrong kernel is off by far more

_log = logging.getLogger("liveviz.engine")


def _fir(x: Tensor) -> Tensor:
    """The 4x4 low-pass filter of sum 4 for every channel of x: `[C, 1, 4, 4]`, float32."""
    return torch.from_numpy(FIR * 4).to(x.device)[None, None].expand(x.shape[1], 1, 4, 4)


@cache
def _triton() -> ModuleType | None:
    """The kernels, where Triton is, builds them for this GPU, and they do what torch does."""
    if importlib.util.find_spec("triton") is None:
        return None
    try:
        from liveviz.engine.backends.cuda import fused_triton

        worst = max(trial("cuda", fused_triton).values())
    except (ImportError, OSError, RuntimeError, ValueError, TypeError, subprocess.SubprocessError) as error:
        _log.warning("Triton's kernels are not used: %s", (str(error).splitlines() or [type(error).__name__])[0])
        return None
    if not worst < TOLERATED_ERROR:
        _log.warning("Triton's kernels are not used: they differ from torch by %g", worst)
        return None
    return fused_triton


def trial(device: str, made: ModuleType | None = None) -> dict[str, float]:
    """Every kernel on a small image: by name, how far it is from torch at most, as a share of the largest value.

    Args:
        made: the kernels; None takes those in use.
    """
    made = made or _kernels()
    random = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> Tensor:
        return torch.randn(shape, generator=random).to(device)

    x = draw(1, 24, 18, 18).half().contiguous(memory_format=torch.channels_last)
    d, bias, noise, smaller = draw(24), draw(24), draw(1, 1, 18, 18), draw(1, 1, 17, 17)
    weight, rgb, below, grid = draw(3, 24), draw(3), draw(1, 3, 9, 9), draw(1, 18, 18, 2)
    steps = {
        "activate": ((x, d, noise, bias, 0.2, 256.0), activate),
        "fir_activate": ((x, d, smaller, bias, 0.2, 256.0), fir_activate),
        "to_rgb": ((x, weight, rgb, None, below, False), to_rgb),
        "sample": ((x, grid), sample),
    }
    worst = {}
    for name, (arguments, plain) in steps.items():
        truth = plain(*(a.cpu() if isinstance(a, Tensor) else a for a in arguments)).float()  # type: ignore[operator]
        found = getattr(made, name)(*arguments).cpu().float()
        worst[name] = ((found - truth).abs().max() / truth.abs().max()).item()
    return worst


def kernels(x: Tensor) -> bool:
    """Whether x goes through Triton: it is one image on a GPU, and Triton is installed."""
    return x.is_cuda and x.shape[0] == 1 and in_use("cuda")


def in_use(device: str) -> bool:
    """Whether the kernels are used on a device."""
    return device == "cuda" and _triton() is not None


def activate(x: Tensor, d: Tensor, noise: Tensor | None, bias: Tensor, slope: float, clamp: float | None) -> Tensor:
    """clamp(lrelu(d * x + noise + bias)).

    Args:
        x: `[1, C, h, w]` of any precision. d, bias: float32 `[C]`. noise: `[1, 1, h, w]` or None.
        slope: below 0; 1 leaves out the leaky ReLU. clamp: > 0, or None.
    Returns: `[1, C, h, w]` in x's precision.
    """
    if kernels(x):
        return _kernels().activate(x, d, noise, bias, slope, clamp)
    y = x.float() * d[:, None, None]
    y = (y if noise is None else y + noise.float()) + bias[:, None, None]
    y = y if slope == 1.0 else F.leaky_relu(y, slope)
    return (y if clamp is None else y.clamp(-clamp, clamp)).to(x.dtype)


def fir_activate(x: Tensor, d: Tensor, noise: Tensor | None, bias: Tensor, slope: float, clamp: float | None) -> Tensor:
    """The same behind the 4x4 FIR: what a transposed convolution gave, `[1, C, 2h + 1, 2w + 1]`, becomes
    `[1, C, 2h, 2w]`."""
    if kernels(x):
        return _kernels().fir_activate(x, d, noise, bias, slope, clamp)
    fir = _fir(x)
    return activate(F.conv2d(x.float(), fir, padding=1, groups=x.shape[1]), d, noise, bias, slope, clamp).to(x.dtype)


def to_rgb(
    x: Tensor, weight: Tensor, bias: Tensor, clamp: float | None, skip: Tensor | None, pixels: bool = False
) -> Tensor:
    """A 1x1 convolution to the image's channels, clamped, plus the image below at twice its size.

    Args:
        x: `[1, C, h, w]`. weight: `[colours, C]`, with the style in it. bias: float32 `[colours]`.
        skip: float32 `[1, colours, h / 2, w / 2]`, or None.
        pixels: pack the sum: -1 is 0, 1 is 255, alpha 255, grey fills all three.
    Returns: float32 `[1, colours, h, w]`, or uint8 `[h, w, 4]`.
    """
    if kernels(x):
        return _kernels().to_rgb(x, weight, bias, clamp, skip, pixels)
    y = F.conv2d(x.float(), weight.float()[:, :, None, None]) + bias[:, None, None]
    y = y if clamp is None else y.clamp(-clamp, clamp)
    y = y if skip is None else y + F.conv_transpose2d(skip, _fir(skip), stride=2, padding=1, groups=skip.shape[1])
    return pack(y) if pixels else y


def sample(x: Tensor, grid: Tensor) -> Tensor:
    """x `[1, C, h, w]` at the points of `grid` `[1, h, w, 2]`: bilinear, mirrored at the edges."""
    if kernels(x):
        return _kernels().sample(x, grid)
    how = {"mode": "bilinear", "padding_mode": "reflection", "align_corners": False}
    return F.grid_sample(x.float(), grid.float(), **how).to(x.dtype)  # type: ignore[arg-type]


def pack(img: Tensor) -> Tensor:
    """Pixels as in an ImageFrame, on its device, of `[1, C, H, W]`: uint8 `[H, W, 4]`, or uint16 `[H, W, C]` of fields."""
    if img.shape[1] == fields.COUNT:
        half = 0.5 * fields.MOST
        levels = (img[0].float() * half + (half + 0.5)).floor().clamp(0, fields.MOST)
        return levels.int().permute(1, 2, 0).contiguous().to(torch.uint16)
    levels = (img[0].float() * 127.5 + 128.0).floor().clamp(0, 255).to(torch.uint8).expand(3, -1, -1)  # [3, H, W]
    return torch.cat([levels, torch.full_like(levels[:1], 255)]).permute(1, 2, 0).contiguous()


def _kernels() -> ModuleType:
    found = _triton()
    assert found is not None
    return found
