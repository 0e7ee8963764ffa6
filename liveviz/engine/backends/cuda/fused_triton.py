"""The steps between convolutions as one Triton kernel each: a GPU's time goes into reading and writing activations, and
what is one pass here would be four to eight in torch. Imported only where Triton is; `fused` holds the same arithmetic
in torch, and tests compare the two in Triton's interpreter, which needs no GPU.

Activations are channels last, so that a kernel walks them as `[pixels, channels]`; all sums are float32.
"""

# mypy: disallow-untyped-defs=False, allow-untyped-defs
# (a kernel's arguments are pointers and numbers that Triton types itself)

import torch
import triton
import triton.language as tl
from torch import Tensor

_BLOCK = 1024
_PIXELS = 64


@triton.jit
def _activate(
    x_ptr,
    d_ptr,
    noise_ptr,
    bias_ptr,
    y_ptr,
    total,
    C: tl.constexpr,
    NOISE: tl.constexpr,
    SLOPE: tl.constexpr,
    CLAMP: tl.constexpr,
    BLOCK: tl.constexpr,
):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = i < total
    c = i % C
    x = tl.load(x_ptr + i, mask=inside, other=0.0).to(tl.float32)
    x = x * tl.load(d_ptr + c, mask=inside, other=0.0)
    if NOISE:
        x += tl.load(noise_ptr + i // C, mask=inside, other=0.0).to(tl.float32)
    x += tl.load(bias_ptr + c, mask=inside, other=0.0)
    x = tl.where(x > 0.0, x, x * SLOPE)
    if CLAMP > 0.0:
        x = tl.minimum(tl.maximum(x, -CLAMP), CLAMP)
    tl.store(y_ptr + i, x.to(y_ptr.dtype.element_ty), mask=inside)


@triton.jit
def _fir_activate(
    x_ptr,
    d_ptr,
    noise_ptr,
    bias_ptr,
    y_ptr,
    total,
    height,
    width,
    C: tl.constexpr,
    NOISE: tl.constexpr,
    SLOPE: tl.constexpr,
    CLAMP: tl.constexpr,
    BLOCK: tl.constexpr,
):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = i < total
    c = i % C
    p = i // C
    row = p // width
    column = p % width
    x = tl.zeros([BLOCK], tl.float32)
    for a in tl.static_range(4):
        for b in tl.static_range(4):
            tap = (3.0 if a == 1 or a == 2 else 1.0) * (3.0 if b == 1 or b == 2 else 1.0) / 16.0
            r = row + (a - 1)
            s = column + (b - 1)
            there = inside & (r >= 0) & (r <= height) & (s >= 0) & (s <= width)  # what comes in is one larger
            x += tap * tl.load(x_ptr + (r * (width + 1) + s) * C + c, mask=there, other=0.0).to(tl.float32)
    x = x * tl.load(d_ptr + c, mask=inside, other=0.0)
    if NOISE:
        x += tl.load(noise_ptr + p, mask=inside, other=0.0).to(tl.float32)
    x += tl.load(bias_ptr + c, mask=inside, other=0.0)
    x = tl.where(x > 0.0, x, x * SLOPE)
    if CLAMP > 0.0:
        x = tl.minimum(tl.maximum(x, -CLAMP), CLAMP)
    tl.store(y_ptr + i, x.to(y_ptr.dtype.element_ty), mask=inside)


@triton.jit
def _skip(skip_ptr, row, column, height, width, inside):
    """One channel of the image below, twice as large: three quarters of the nearer, one of the farther pixel."""
    h = height // 2
    w = width // 2
    near_r = row // 2
    near_c = column // 2
    far_r = near_r + (row % 2) * 2 - 1
    far_c = near_c + (column % 2) * 2 - 1
    in_r = (far_r >= 0) & (far_r < h)
    in_c = (far_c >= 0) & (far_c < w)
    sum_ = 0.5625 * tl.load(skip_ptr + near_r * w + near_c, mask=inside, other=0.0)
    sum_ += 0.1875 * tl.load(skip_ptr + far_r * w + near_c, mask=inside & in_r, other=0.0)
    sum_ += 0.1875 * tl.load(skip_ptr + near_r * w + far_c, mask=inside & in_c, other=0.0)
    sum_ += 0.0625 * tl.load(skip_ptr + far_r * w + far_c, mask=inside & in_r & in_c, other=0.0)
    return sum_


@triton.jit
def _to_rgb(
    x_ptr,
    weight_ptr,
    bias_ptr,
    skip_ptr,
    y_ptr,
    height,
    width,
    C: tl.constexpr,
    COLOURS: tl.constexpr,
    CLAMP: tl.constexpr,
    SKIP: tl.constexpr,
    PACK: tl.constexpr,
    CHANNELS: tl.constexpr,
    PIXELS: tl.constexpr,
):
    p = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    inside = p < height * width
    row = p // width
    column = p % width
    for k in tl.static_range(COLOURS):
        y = tl.zeros([PIXELS], tl.float32)
        for start in range(0, C, CHANNELS):
            c = start + tl.arange(0, CHANNELS)
            weight = tl.load(weight_ptr + k * C + c, mask=c < C, other=0.0).to(tl.float32)
            tile = tl.load(x_ptr + p[:, None] * C + c[None, :], mask=inside[:, None] & (c < C)[None, :], other=0.0)
            y += tl.sum(tile.to(tl.float32) * weight[None, :], axis=1)
        y += tl.load(bias_ptr + k)
        if CLAMP > 0.0:
            y = tl.minimum(tl.maximum(y, -CLAMP), CLAMP)
        if SKIP:
            y += _skip(skip_ptr + k * (height // 2) * (width // 2), row, column, height, width, inside)
        if PACK:
            level = tl.minimum(tl.maximum(tl.floor(y * 127.5 + 128.0), 0.0), 255.0).to(tl.uint8)
            if COLOURS == 1:
                for same in tl.static_range(3):
                    tl.store(y_ptr + p * 4 + same, level, mask=inside)
            else:
                tl.store(y_ptr + p * 4 + k, level, mask=inside)
        else:
            tl.store(y_ptr + k * height * width + p, y, mask=inside)
    if PACK:
        tl.store(y_ptr + p * 4 + 3, tl.full([PIXELS], 255, tl.uint8), mask=inside)


@triton.jit
def _reflected(at, size):
    """A coordinate in pixels, mirrored at the outer edges of the image until it is inside, then on a pixel."""
    at = tl.abs(at + 0.5)
    turns = tl.floor(at / size)
    rest = at - turns * size
    odd = turns - 2.0 * tl.floor(turns / 2.0)
    at = tl.where(odd > 0.5, size - rest, rest) - 0.5
    return tl.minimum(tl.maximum(at, 0.0), size - 1.0)


@triton.jit
def _sample(x_ptr, grid_ptr, y_ptr, total, height, width, C: tl.constexpr, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = i < total
    c = i % C
    p = i // C
    across = tl.load(grid_ptr + p * 2, mask=inside, other=0.0)
    down = tl.load(grid_ptr + p * 2 + 1, mask=inside, other=0.0)
    w = width * 1.0
    h = height * 1.0
    across = _reflected(((across + 1.0) * w - 1.0) * 0.5, w)
    down = _reflected(((down + 1.0) * h - 1.0) * 0.5, h)
    left = tl.floor(across)
    top = tl.floor(down)
    fx = across - left
    fy = down - top
    l0 = left.to(tl.int32)
    t0 = top.to(tl.int32)
    l1 = tl.minimum(l0 + 1, width - 1)
    t1 = tl.minimum(t0 + 1, height - 1)
    y = (1.0 - fy) * (1.0 - fx) * tl.load(x_ptr + (t0 * width + l0) * C + c, mask=inside, other=0.0).to(tl.float32)
    y += (1.0 - fy) * fx * tl.load(x_ptr + (t0 * width + l1) * C + c, mask=inside, other=0.0).to(tl.float32)
    y += fy * (1.0 - fx) * tl.load(x_ptr + (t1 * width + l0) * C + c, mask=inside, other=0.0).to(tl.float32)
    y += fy * fx * tl.load(x_ptr + (t1 * width + l1) * C + c, mask=inside, other=0.0).to(tl.float32)
    tl.store(y_ptr + i, y.to(y_ptr.dtype.element_ty), mask=inside)


def _last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def activate(x: Tensor, d: Tensor, noise: Tensor | None, bias: Tensor, slope: float, clamp: float | None) -> Tensor:
    """As `fused.activate`."""
    x = _last(x)
    y = torch.empty_like(x)
    grid = (triton.cdiv(x.numel(), _BLOCK),)
    field = bias if noise is None else noise
    words = {"C": x.shape[1], "NOISE": noise is not None, "SLOPE": slope, "CLAMP": clamp or 0.0, "BLOCK": _BLOCK}
    _activate[grid](x, d, field, bias, y, x.numel(), **words)
    return y


def fir_activate(x: Tensor, d: Tensor, noise: Tensor | None, bias: Tensor, slope: float, clamp: float | None) -> Tensor:
    """As `fused.fir_activate`."""
    x = _last(x)
    height, width = x.shape[2] - 1, x.shape[3] - 1
    shape = (1, x.shape[1], height, width)
    y = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=torch.channels_last)
    grid = (triton.cdiv(y.numel(), _BLOCK),)
    field = bias if noise is None else noise
    words = {"C": x.shape[1], "NOISE": noise is not None, "SLOPE": slope, "CLAMP": clamp or 0.0, "BLOCK": _BLOCK}
    _fir_activate[grid](x, d, field, bias, y, y.numel(), height, width, **words)
    return y


def to_rgb(x: Tensor, weight: Tensor, bias: Tensor, clamp: float | None, skip: Tensor | None, pixels: bool) -> Tensor:
    """As `fused.to_rgb`."""
    x, weight = _last(x), weight.contiguous()
    _, channels, height, width = x.shape
    colours = weight.shape[0]
    if pixels:
        y = torch.empty(height, width, 4, dtype=torch.uint8, device=x.device)
    else:
        y = torch.empty(1, colours, height, width, dtype=torch.float32, device=x.device)
    grid = (triton.cdiv(height * width, _PIXELS),)
    _to_rgb[grid](
        x, weight, bias, bias if skip is None else skip.contiguous(), y, height, width,
        C=channels, COLOURS=colours, CLAMP=clamp or 0.0, SKIP=skip is not None, PACK=pixels,
        CHANNELS=min(triton.next_power_of_2(channels), 64), PIXELS=_PIXELS,
    )  # fmt: skip
    return y


def sample(x: Tensor, grid: Tensor) -> Tensor:
    """As `fused.sample`."""
    x, grid = _last(x), grid.contiguous()
    y = torch.empty_like(x)
    _, channels, height, width = x.shape
    blocks = (triton.cdiv(x.numel(), _BLOCK),)
    _sample[blocks](x, grid, y, x.numel(), height, width, C=channels, BLOCK=_BLOCK)
    return y
