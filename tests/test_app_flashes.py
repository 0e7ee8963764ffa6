"""The shipped shows against the general flash threshold of WCAG 2.3.1: a flash is a pair of opposing changes of at least
10 % of full relative luminance whose darker end is below 0.8; nowhere more than three in any second over a quarter of the
image. Measured on what is rendered of the demo song's build, drop and break. It says that nothing was found here, not
that a show is safe."""

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from liveviz import mapping
from liveviz.inputs.demo.reader import DemoReader
from liveviz.runtime import offline

FPS, FLASHES, AREA = 30, 3, 0.25
FILES = mapping.list_files([Path(__file__).parents[1] / "mappings"])


def share_that_flashes(light: NDArray[np.floating]) -> float:
    """The largest share of pixels with more than FLASHES flashes in one second.

    Args:
        light: relative luminance `[frames, h, w]`, 0 to 1.
    """
    low, high = light[0].copy(), light[0].copy()
    going = np.zeros(light[0].shape, np.int8)  # 1 after a rise, -1 after a fall
    turns = np.zeros(light.shape, np.int32)
    for frame, now in enumerate(light):
        low, high = np.minimum(low, now), np.maximum(high, now)
        rise = (going <= 0) & (now - low >= 0.1) & (low < 0.8)
        fall = (going >= 0) & (high - now >= 0.1) & (now < 0.8)
        going[rise], going[fall] = 1, -1
        turned = rise | fall
        turns[frame] = turned
        low[turned] = high[turned] = now[turned]
        # what still rises has its low where it turned, and its high wherever it gets to; and the other way round
        low, high = np.where(going > 0, now, low), np.where(going < 0, now, high)
    total = np.cumsum(turns, axis=0)
    second = total[FPS:] - total[:-FPS]
    return float((second // 2 > FLASHES).mean(axis=(1, 2)).max())


@pytest.mark.parametrize(("hz", "expected"), [(1.0, 0.0), (2.9, 0.0), (5.0, 0.5)])
def test_the_measure_knows_a_strobe(hz: float, expected: float) -> None:
    t = np.arange(3 * FPS) / FPS
    light = np.full((len(t), 4, 8), 0.3)
    light[:, :, :4] += 0.2 * np.sign(np.sin(2 * np.pi * hz * (t + 0.001)))[:, None, None]
    assert share_that_flashes(light) == expected
    assert share_that_flashes(0.3 + 0.2 * (light - 0.3)) == 0.0, "4 % is no flash"


@pytest.mark.soak
@pytest.mark.parametrize("name", FILES)
def test_no_shipped_show_flashes(name: str, tmp_path: Path) -> None:
    reader = DemoReader()
    sound = reader.read(62 * reader.sample_rate)[28 * reader.sample_rate :]
    soundfile.write(tmp_path / "drop.wav", sound, reader.sample_rate)
    out = tmp_path / "out.mp4"
    offline.render(str(tmp_path / "drop.wav"), out, model=None, mapping_file=FILES[name], size=(320, 180), fps=FPS, seed=None,
                   backend="auto")  # fmt: skip
    light = []
    with av.open(str(out)) as container:
        for frame in container.decode(video=0):
            rgb = frame.reformat(64, 36, "rgb24").to_ndarray() / 255.0
            linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
            light.append(linear @ (0.2126, 0.7152, 0.0722))
    share = share_that_flashes(np.stack(light))
    print(f"\n{name}: more than {FLASHES} flashes in a second on {share:.1%} of the image", end="")
    assert share <= AREA
