"""An image that stays in the GPU's memory, for those who take it there: packed pixels need not see the host between the
network that draws them and the GL texture that shows them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class DeviceImage:
    """As an ImageFrame, but its pixels are on the GPU, whole when it is handed out.

    pixels: uint8 tensor `[H, W, 4]`, RGBA, contiguous; its engine's next image overwrites it.
    """

    pixels: "Tensor"
    parameters: int
    time: float = 0.0
    signal_time: float = float("-inf")
    signal_sequence: int = -1

    @property
    def address(self) -> int:
        """Of the first pixel, in CUDA's memory."""
        return int(self.pixels.data_ptr())

    @property
    def bytes(self) -> int:
        """How many, 4 a pixel."""
        return int(self.pixels.numel())
