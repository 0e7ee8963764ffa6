"""The noise mask of a mapping file: a picture from anywhere, in grey, or one line."""

from pathlib import Path

import numpy as np
import pytest
from mapping_kit import program
from PIL import Image

from liveviz.app import noise_mask
from liveviz.spec import LivevizError


def read(folder: Path, name: str = "mask.png") -> np.ndarray | None:
    return noise_mask.of(program(f'\nnoise_mask = "{name}"'), folder / "show.toml")


def test_a_picture_beside_the_mapping_file_becomes_grey(tmp_path: Path) -> None:
    assert noise_mask.of(program(""), tmp_path / "show.toml") is None
    grey = np.array([[0, 51], [255, 102], [0, 0]], np.uint8)
    Image.fromarray(grey).save(tmp_path / "mask.png")
    Image.fromarray(np.repeat(grey[..., None], 3, 2)).save(tmp_path / "colour.png")
    for name in ("mask.png", "colour.png"):
        made = read(tmp_path, name)
        assert made is not None and made.dtype == np.float32
        np.testing.assert_allclose(made, grey / 255.0, atol=1e-6)


def test_what_is_no_mask_is_told_in_one_line(tmp_path: Path) -> None:
    Image.new("L", (5000, 8)).save(tmp_path / "wide.png")
    Image.new("L", (8, 8)).save(tmp_path / "other.gif")
    whole = (tmp_path / "wide.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[:40])
    (tmp_path / "text.png").write_text("version = 1")
    (tmp_path / "empty.png").write_bytes(b"")
    # A header that says 4000x4000 and nothing behind it: refused without its 16 million pixels.
    Image.new("L", (4000, 4000)).save(tmp_path / "large.png")
    (tmp_path / "forged.png").write_bytes((tmp_path / "large.png").read_bytes()[:200])
    names = ["wide.png", "other.gif", "cut.png", "text.png", "empty.png", "forged.png", "none.png", "."]
    for name in names:
        with pytest.raises(LivevizError, match="noise_mask: ") as told:
            read(tmp_path, name)
        assert "\n" not in str(told.value) and name.rstrip(".") in str(told.value)
