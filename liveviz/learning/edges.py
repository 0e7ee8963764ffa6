"""How wide edges are, in pixels: what distances between features of reduced images do not see, and an eye sees first.

Along every row and column brightness rises and falls in runs. A run's width is its rise divided by its steepest step:
1 for a step from one pixel to the next, √(2π) σ for a step blurred by σ. Of every image the steepest runs are asked,
as many in each, whatever its contrast.

Source: after Marziliano et al. 2002, "A no-reference perceptual blur metric" (edge width between local extremes).
"""

import torch
from torch import Tensor

SAMPLED_SHARE = 0.01  # runs that are asked, per pixel
LUMA_WEIGHTS = (0.2126, 0.7152, 0.0722)
"""Parts of red, green and blue in brightness (Rec. 709)."""


def edge_widths(images: Tensor) -> Tensor:
    """Width of the edges of images `[n, 3, h, w]` in ±1: the median of each image, in pixels, at least 1; `[n]`."""
    luma = (images.float() * torch.tensor(LUMA_WEIGHTS, device=images.device)[:, None, None]).sum(dim=1)  # [n, h, w]
    rises, steps = (torch.cat(v, dim=1) for v in zip(_runs(luma), _runs(luma.transpose(1, 2)), strict=True))
    places = steps.topk(max(1, int(SAMPLED_SHARE * luma[0].numel())), dim=1).indices
    widths = rises.gather(1, places) / steps.gather(1, places).clamp(min=1e-6)
    return widths.median(dim=1).values


def _runs(luma: Tensor) -> tuple[Tensor, Tensor]:
    """Rise and steepest step of the runs along the rows of `[n, h, w]`: each `[n, runs]`, 0 where there are fewer."""
    n, h, w = luma.shape
    change = luma.diff(dim=2).reshape(n * h, w - 1)
    turns = change.sign().diff(dim=1).ne(0).cumsum(dim=1)
    run = torch.cat([turns.new_zeros(n * h, 1), turns], dim=1)  # which run of its row each step belongs to
    empty = torch.zeros_like(change)
    rise = empty.scatter_add(1, run, change.abs())
    return rise.reshape(n, -1), empty.scatter_reduce(1, run, change.abs(), "amax").reshape(n, -1)
