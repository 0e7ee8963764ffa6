"""Contact sheets: what a run looks like, to be judged by eye."""

import struct
import zlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from liveviz.learning.pictures import COARSE_NUMBERS, MIDDLE_NUMBERS, Z_DIM, draw, normalise, paint, values
from liveviz.learning.procedural.network import FieldsNetwork
from liveviz.system.files import write_whole

DRAWN_ROWS = 512  # rows that a sheet's images are drawn at, before they are made half as large


def write_sheet(images: Tensor, columns: int, path: Path) -> None:
    """Write images `[n, 3, h, w]` in ±1 row by row into one PNG."""
    n, _, height, width = images.shape
    rows = -(-n // columns)
    full = torch.cat([images.cpu(), torch.full((rows * columns - n, 3, height, width), -1.0)])
    sheet = full.reshape(rows, columns, 3, height, width).permute(0, 3, 1, 4, 2)  # [rows, h, columns, w, 3]
    # As the sheets of all runs are written: `levels.to_bytes` would put two values in a million one level elsewhere
    values = ((sheet.clamp(-1.0, 1.0) + 1.0) * 127.5).round().to(torch.uint8)
    write_whole(path, _png(values.reshape(rows * height, columns * width, 3).numpy()))


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """The PNG of uint8 `[h, w, 3]`, by hand: a machine that trains may have numpy and torch alone."""
    height, width, _ = pixels.shape

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # 8 bits, RGB
    lines = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)  # 0: no filter
    parts = chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(lines.tobytes(), 6)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def painted(drawn: Tensor, colours: Tensor) -> Tensor:
    """Images `[n, 3, DRAWN_ROWS, width]` in ±1, on the CPU, of fields as drawn `[n, channels, h, w]` and colours `[n, 5, 3]`."""
    large = F.interpolate(values(drawn), scale_factor=DRAWN_ROWS / drawn.shape[2], mode="bicubic")
    return paint(large, colours.to(large)).cpu()


@torch.no_grad()
def progress_sheet(network: FieldsNetwork, names: list[str], path: Path, size: int = 128) -> None:
    """One row a pair of classes: wanted and drawn, two samples each, the same seeds every time."""
    random = torch.Generator().manual_seed(77)
    z = torch.randn(2 * len(names), Z_DIM, generator=random)
    classes = torch.arange(len(names)).repeat_interleave(2)
    device = network.w_avg.device
    unit = normalise(z).to(device)
    w = network.w(unit, classes.to(device))
    colours = network.colours(unit[:, COARSE_NUMBERS + MIDDLE_NUMBERS :])
    parts = [
        painted(network(some, some, size), table) for some, table in zip(w.split(8), colours.split(8), strict=True)
    ]
    wide = network.width(DRAWN_ROWS)
    wanted = torch.cat([draw(names, a, b, DRAWN_ROWS, wide) for a, b in zip(z.split(8), classes.split(8), strict=True)])
    both = torch.stack([wanted, torch.cat(parts)], dim=1).flatten(0, 1)  # [4 * classes, 3, DRAWN_ROWS, wide]
    write_sheet(F.interpolate(both, scale_factor=0.5, mode="area"), 8, path)
