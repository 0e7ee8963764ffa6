"""How wrong drawn fields are: absolute differences (soft near 0) at several scales, and of the gradients, which keeps edges
where they belong. What is hidden counts little: the ground's place behind a figure, u where no detail is seen. Its gradient
is written by hand: it was a fifth of a step."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from liveviz.fields import CHANNELS, NAMES

# The range of each channel is its own: a weight is of an error of 1 in its own unit.
CHANNEL_WEIGHTS = {
    "figure_edge": 1.2,
    "front_edge": 1.2,
    "ground_place": 1.2,
    "ground_shade": 0.9,
    "figure_place": 1.2,
    "figure_shade": 0.9,
    "front_place": 1.0,
    "front_shade": 0.8,
    "glow": 1.0,
    "detail": 0.5,
    "u": 0.35,
    "v": 0.35,
}
UNSEEN_WEIGHT = 0.04
"""What an error counts where it cannot be seen."""
MARGIN_STEEPNESS = 6.0
"""How fast an error of a side stops to count beyond its edge: the edge is stored as tanh(d / REACH)."""
EDGE_WEIGHT = 2.0
"""How much more an error of an edge counts on it than far away."""
SCALE_WEIGHTS = (1.0, 1.0, 1.0, 0.7, 0.5)
"""Weight of the error at full size, at half of it, and so on."""
GRADIENT_WEIGHT = 0.5
"""Weight of the error of the differences between neighbours, in parts of that of the values."""
BORDER_WEIGHTS = (8.0, 5.0, 4.0, 3.0)
"""Weight of the outermost pixels: zero padding makes a frame, unless it costs."""


class Charbonnier(torch.autograd.Function):
    """Mean of √(x² + 1e-4)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        root = torch.addcmul(x.new_tensor(1e-4), x, x).sqrt_()
        mean = root.mean()
        ctx.save_for_backward(torch.div(x, root, out=root).mul_(1.0 / x.numel()))
        return mean

    @staticmethod
    def backward(ctx: Any, *grad: Tensor) -> Tensor:
        (slope,) = ctx.saved_tensors
        return slope * grad[0]


def charbonnier(x: Tensor) -> Tensor:
    """Mean of √(x² + 1e-4): an absolute value that is smooth at 0."""
    mean: Tensor = Charbonnier.apply(x)
    return mean


@torch.no_grad()
def importance(wanted: Tensor) -> Tensor:
    """What an error counts at every place of the right fields `[n, channels, h, w]` (as stored, in ±1): of that shape."""
    at = NAMES.index
    figure_edge, front_edge = wanted[:, at("figure_edge")], wanted[:, at("front_edge")]
    figure, front = (
        torch.sigmoid(MARGIN_STEEPNESS * (figure_edge + 0.25)),
        torch.sigmoid(MARGIN_STEEPNESS * (front_edge + 0.25)),
    )
    behind = torch.sigmoid(MARGIN_STEEPNESS * (0.25 - front_edge))
    ground = torch.sigmoid(MARGIN_STEEPNESS * (0.25 - figure_edge)) * behind
    detail = wanted[:, at("detail")]
    seen = {
        "figure_edge": (0.3 + EDGE_WEIGHT * (1.0 - figure_edge.square())) * (UNSEEN_WEIGHT + behind),
        "front_edge": 0.3 + EDGE_WEIGHT * (1.0 - front_edge.square()),
        "ground_place": ground,
        "ground_shade": ground,
        "figure_place": figure * behind,
        "figure_shade": figure * behind,
        "front_place": front,
        "front_shade": front,
        "u": (3.0 * detail.abs()).clamp(max=1.0),
        "v": (-3.0 * detail).clamp(0.0, 1.0),
    }
    one = torch.ones_like(detail)
    planes = []
    for channel in CHANNELS:
        unit = 0.5 * (channel.high - channel.low) * CHANNEL_WEIGHTS[channel.name]
        planes.append((UNSEEN_WEIGHT + seen.get(channel.name, one)) * unit)
    return torch.stack(planes, dim=1)


def fields_loss(drawn: Tensor, wanted: Tensor) -> Tensor:
    """One number ≥ 0 for fields `[n, channels, s, s]` as they are stored."""
    return _pyramid((drawn - wanted) * importance(wanted), True)


def image_loss(drawn: Tensor, wanted: Tensor, whole: bool = True) -> Tensor:
    """One number ≥ 0 for images `[n, C, h, w]` in ±1, or (not `whole`) parts of such."""
    return _pyramid(drawn - wanted, whole)


def _pyramid(error: Tensor, whole: bool) -> Tensor:
    """One number for errors `[n, C, h, w]`; of `whole` images the border counts more."""
    if whole and error.shape[-1] >= 64:
        border = torch.ones(error.shape[-2:], device=error.device)
        for depth, cost in reversed(list(enumerate(BORDER_WEIGHTS))):  # from the inside outwards
            for line in (border[depth], border[-1 - depth], border[:, depth], border[:, -1 - depth]):
                line.fill_(cost)
        error = error * border
    total = error.new_zeros(())
    for k, scale in enumerate(SCALE_WEIGHTS):
        if error.shape[-1] < 8:
            break
        total = total + scale * charbonnier(error)
        if k < 3:
            down, right = error[..., 1:, :] - error[..., :-1, :], error[..., 1:] - error[..., :-1]
            total = total + GRADIENT_WEIGHT * scale * (charbonnier(down) + charbonnier(right))
        error = F.avg_pool2d(error, 2)
    return total
