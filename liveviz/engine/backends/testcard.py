"""A backend without a network: an image that shows at a glance whether frames, beats and parameters arrive. For
tests of everything that comes after the engine, and for a stage whose projector is being set up."""

import math
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from liveviz.engine.backend import Array, Backend
from liveviz.models import Generator
from liveviz.spec import ImageFrame, LivevizError, ParameterFrame

RANK = 0
SIDE_PIXELS = 256
FRAME_NUMBER_BITS = 16
_BAR_COLOURS = np.array(
    [[235, 235, 235], [235, 235, 16], [16, 235, 235], [16, 235, 16], [235, 16, 235], [235, 16, 16], [16, 16, 235]],
    np.uint8,
)


def available() -> tuple[bool, str]:
    """It always runs."""
    return True, "CPU"


def open_backend(
    generator: Generator | None,
    *,
    cache: Path | None,
    bends: frozenset[int],
    precision: str | None,
    threads: int | None,
) -> "TestCard":
    """A square of the generator's shorter side, or 256x256."""
    return TestCard(min(generator.config.width, generator.config.height) if generator else SIDE_PIXELS)


class TestCard(Backend):
    """Colour bars above; a grid whose circle beats with `beats` and swells with truncation_psi; a bar for noise_phase;
    the frame's number in 16 black and white squares, highest bit left."""

    __test__ = False  # pytest takes it for tests by its name
    name: ClassVar[str] = "testcard"

    def __init__(self, resolution: int) -> None:
        self.size = (resolution, resolution)
        line = (2.0 * np.arange(resolution, dtype=np.float32) + 1.0) / resolution - 1.0
        x, y = np.meshgrid(line, line)
        self._radius = np.sqrt(x * x + y * y)  # [r, r]
        card = np.full((resolution, resolution, 4), 40, np.uint8)
        card[..., 3] = 255
        step = max(resolution // 16, 1)
        card[::step, :, :3] = card[:, ::step, :3] = 90
        bars = (np.arange(resolution) * len(_BAR_COLOURS)) // resolution  # [r]
        card[: resolution // 8, :, :3] = _BAR_COLOURS[bars]
        self._card = card

    def render(self, frame: ParameterFrame) -> ImageFrame:
        return ImageFrame(self._draw(frame), frame.sequence, frame.time, frame.signal_time, frame.signal_sequence)

    def synthesize(self, ws: Array, noise_mode: str = "const", seed: int = 0) -> Array:
        raise LivevizError("backend testcard: has no network, so it makes no stills")

    def _draw(self, frame: ParameterFrame) -> NDArray[np.uint8]:
        r, pixels = self.size[0], self._card.copy()
        beat = 1.0 - frame.beats % 1.0
        circle = 0.25 + 0.2 * frame["truncation_psi"] + 0.1 * beat
        pixels[np.abs(self._radius - circle) < 0.03] = (255, int(255 * beat), 60, 255)
        hand = 2.0 * math.pi * (frame.beats / 4.0)
        centre = (
            int((0.5 + 0.5 * circle * math.sin(hand)) * r),
            int((0.5 - 0.5 * circle * math.cos(hand)) * r),
        )
        dot = max(r // 32, 1)
        pixels[max(centre[1] - dot, 0) : centre[1] + dot, max(centre[0] - dot, 0) : centre[0] + dot, :3] = 255
        bar = int(frame.noise_phase % 1.0 * r)
        pixels[r - 2 * (r // 8) : r - 2 * (r // 8) + max(r // 32, 1), :bar, :3] = (80, 160, 255)
        bits = (frame.sequence >> np.arange(FRAME_NUMBER_BITS)[::-1]) & 1  # [16]
        pixels[r - r // 8 :, :, :3] = (bits * 255).astype(np.uint8)[(np.arange(r) * FRAME_NUMBER_BITS) // r][
            None, :, None
        ]
        return pixels
