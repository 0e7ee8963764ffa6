"""The operations of bending in torch: what ops with nodes of their own are made of on a GPU, and in the reference."""

from torch import Tensor
from torch.nn import functional as F


class TorchOperations:
    """`BendOperations` on tensors of any device and precision. The first argument's precision is the result's; places
    stay float32, since half precision would miss pixels."""

    def add(self, a: Tensor, b: Tensor | float) -> Tensor:
        return a + _like(b, a)

    def subtract(self, a: Tensor, b: Tensor | float) -> Tensor:
        return a - _like(b, a)

    def multiply(self, a: Tensor, b: Tensor | float) -> Tensor:
        return a * _like(b, a)

    def clamp(self, x: Tensor, low: float, high: float) -> Tensor:
        return x.clamp(low, high)

    def above(self, x: Tensor, level: float) -> Tensor:
        return (x > level).to(x.dtype)

    def mean(self, x: Tensor, size: int) -> Tensor:
        return F.avg_pool2d(x, size, stride=1, padding=size // 2, count_include_pad=False)

    def largest(self, x: Tensor, size: int) -> Tensor:
        return F.max_pool2d(x, size, stride=1, padding=size // 2)

    def middle(self, x: Tensor) -> Tensor:
        return x.mean(dim=(2, 3), keepdim=True)

    def sample(self, x: Tensor, grid: Tensor) -> Tensor:
        grid = grid.float().expand(x.shape[0], -1, -1, -1)
        moved = F.grid_sample(x.float(), grid, mode="bilinear", padding_mode="reflection", align_corners=False)
        return moved.to(x.dtype)

    def choose(self, mask: Tensor, a: Tensor, b: Tensor) -> Tensor:
        return a.where(mask > 0.5, b)


def _like(b: Tensor | float, a: Tensor) -> Tensor | float:
    return b.to(a.dtype) if isinstance(b, Tensor) else b
