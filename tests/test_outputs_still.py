"""A PNG holds exactly the pixels, appears whole, and a place that cannot be written to is one line."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from liveviz.outputs.still import write_png
from liveviz.spec import LivevizError


@pytest.mark.parametrize("channels", [3, 4])
def test_the_pixels_come_back(tmp_path: Path, channels: int) -> None:
    pixels = np.random.RandomState(0).randint(0, 256, (9, 14, channels)).astype(np.uint8)
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    write_png(pixels[::-1], path, "still")
    assert np.array_equal(np.asarray(Image.open(path)), pixels[::-1])
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_an_impossible_place_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    for path in (tmp_path / "nowhere" / "a.png", tmp_path / "folder.png"):
        with pytest.raises(LivevizError) as caught:
            write_png(np.zeros((2, 2, 3), np.uint8), path, "still")
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["folder.png"]
