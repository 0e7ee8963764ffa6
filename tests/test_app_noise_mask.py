"""The noise mask of a mapping file: an image from anywhere, in grey, or one line."""

import logging
import threading
from pathlib import Path

import numpy as np
import pytest
from live_show import LiveShow
from PIL import Image
from waiting import pace

from liveviz.runtime import composition, noise_mask
from liveviz.runtime.ipc.shared_memory import Slot
from liveviz.spec import LivevizError


def read(folder: Path, name: str = "mask.png") -> np.ndarray | None:
    text = f'version = 1\nnoise_mask = "{name}"'
    return noise_mask.of(composition.load_mapping(text, folder / "show.toml"))


def test_an_image_beside_the_mapping_file_becomes_grey(tmp_path: Path) -> None:
    assert noise_mask.of(composition.load_mapping("version = 1", tmp_path / "show.toml")) is None
    grey = np.array([[0, 51], [255, 102], [0, 0]], np.uint8)
    Image.fromarray(grey).save(tmp_path / "mask.png")
    Image.fromarray(np.repeat(grey[..., None], 3, 2)).save(tmp_path / "colour.png")
    for name in ("mask.png", "colour.png"):
        made = read(tmp_path, name)
        assert made is not None and made.dtype == np.float32
        np.testing.assert_allclose(made, grey / 255.0, atol=1e-6)


STEPS = np.linspace(0.0, 1.0, 12).reshape(3, 4)  # dark to bright, 3 rows of 4


def eight(levels: np.ndarray) -> np.ndarray:
    return np.round(levels * 255.0).astype(np.uint8)


@pytest.mark.parametrize(
    ("name", "image", "expected"),
    [
        ("deep.png", Image.fromarray(np.round(STEPS * 65535).astype(np.uint16)), STEPS),
        ("dim.png", Image.fromarray(np.round(STEPS * 200).astype(np.uint16)), STEPS * 200 / 65535),
        ("deep.tif", Image.fromarray(np.round(STEPS * 65535).astype(np.uint16)), STEPS),
        ("float.tif", Image.fromarray(STEPS.astype(np.float32)), STEPS),
        ("float255.tif", Image.fromarray((STEPS * 255).astype(np.float32)), STEPS),
        ("hole.tif", Image.fromarray(np.where(STEPS > 0.8, np.nan, STEPS).astype(np.float32)), STEPS * (STEPS <= 0.8)),
        ("whole.tif", Image.fromarray(np.round(STEPS * 65535).astype(np.int32)), STEPS),
        ("bits.png", Image.fromarray(STEPS > 0.5), STEPS > 0.5),
        ("palette.png", Image.fromarray(eight(STEPS)).convert("P"), STEPS),
        ("palette.gif", Image.fromarray(eight(STEPS)).convert("P"), STEPS),
        # What is transparent is black, whatever colour lies under it
        ("alpha.png", Image.fromarray(np.dstack([eight(0 * STEPS + 1), eight(STEPS)]), "LA"), STEPS),
        ("alpha.webp", Image.fromarray(np.dstack([eight(0 * STEPS + 1)] * 3 + [eight(STEPS)]), "RGBA"), STEPS),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_kind_of_image_is_read_as_a_viewer_shows_it(
    tmp_path: Path, name: str, image: Image.Image, expected: np.ndarray
) -> None:
    image.save(tmp_path / name, **({"lossless": True, "exact": True} if name.endswith(".webp") else {}))
    made = read(tmp_path, name)
    assert made is not None and made.dtype == np.float32
    np.testing.assert_allclose(made, expected, atol=0.004)


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_a_phone_that_was_held_upright(tmp_path: Path, suffix: str) -> None:
    about = Image.Exif()
    about[0x0112] = 6  # a quarter turn to the right is to be made
    wide = np.zeros((32, 64), np.uint8)
    wide[:, :32] = 255  # left becomes the top
    Image.fromarray(wide).save(tmp_path / f"mask.{suffix}", exif=about)
    made = read(tmp_path, f"mask.{suffix}")
    assert made is not None and made.shape == (64, 32)
    assert made[:28].min() > 0.9 and made[36:].max() < 0.1


def test_a_palette_with_a_transparent_colour(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    image.putpalette([255, 255, 255, 255, 255, 255])
    image.save(tmp_path / "mask.png", transparency=0)
    made = read(tmp_path)
    assert made is not None and made.tolist() == [[0.0, 1.0]]


def test_an_image_that_is_still_being_copied_is_waited_for(tmp_path: Path) -> None:
    random = np.random.default_rng(1).integers(0, 255, (64, 64), np.uint8)
    Image.fromarray(random).save(tmp_path / "whole.png")
    data, target = (tmp_path / "whole.png").read_bytes(), tmp_path / "mask.png"
    target.write_bytes(data[: len(data) // 2])

    def copy() -> None:
        pace(0.3)
        with target.open("ab") as file:
            file.write(data[len(data) // 2 :])

    copying = threading.Thread(target=copy)
    copying.start()
    made = read(tmp_path)
    copying.join()
    assert made is not None and (np.round(made * 255) == random).all()


def test_what_is_no_mask_is_told_in_one_line(tmp_path: Path) -> None:
    Image.new("L", (5000, 8)).save(tmp_path / "wide.png")
    Image.new("L", (8, 8)).save(tmp_path / "other.ico")
    whole = (tmp_path / "wide.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[:40])
    (tmp_path / "text.png").write_text("version = 1")
    (tmp_path / "empty.png").write_bytes(b"")
    # A header that says 4000x4000 and nothing behind it: refused without its 16 million pixels.
    Image.new("L", (4000, 4000)).save(tmp_path / "large.png")
    (tmp_path / "forged.png").write_bytes((tmp_path / "large.png").read_bytes()[:200])
    names = ["wide.png", "other.ico", "cut.png", "text.png", "empty.png", "forged.png", "none.png", "."]
    for name in names:
        with pytest.raises(LivevizError, match="noise_mask: ") as told:
            read(tmp_path, name)
        assert "\n" not in str(told.value) and name.rstrip(".") in str(told.value)


def follow(masks: noise_mask.MaskFile, looks: int = 12) -> None:
    for _ in range(looks):
        masks.step()
        masks.close()


def save(path: Path, level: int) -> None:
    Image.new("L", (4 + level % 7, 4), level).save(path)


def test_a_live_show_follows_its_mask_and_keeps_the_old_one_through_every_mistake(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "liveviz.runtime")
    text, show, image = 'version = 1\nnoise_mask = "mask.png"\n', tmp_path / "show.toml", tmp_path / "mask.png"
    save(image, 51)
    slot, used = Slot(10_000), list[np.ndarray | None]()
    try:
        slot.write(text.encode())
        masks = noise_mask.MaskFile(composition.load_mapping(text, show), show, slot, (), used.append)
        follow(masks)
        assert used == []  # what was there at the beginning is in use already
        save(image, 102)
        follow(masks)
        assert len(used) == 1 and used[0] == pytest.approx(0.4)
        whole = image.read_bytes()
        for broken in (whole[: len(whole) // 2], None):
            if broken is None:
                image.unlink()
            else:
                image.write_bytes(broken)
            caplog.clear()
            follow(masks)
            assert len(used) == 1 and "mask.png: noise_mask" in masks.mistake
            assert len(caplog.records) == 1 and "the noise stays as it was" in caplog.records[0].message
        for _ in range(3):  # an editor that takes it away for a moment
            image.unlink(missing_ok=True)
            masks.step()
            save(image, 153)
            follow(masks)
        assert used[-1] == pytest.approx(0.6) and masks.mistake == ""
        count = len(used)
        slot.write((text + 'title = "saved again"\n').encode())
        follow(masks)
        assert len(used) == count  # another mapping, the same mask
        save(tmp_path / "other.png", 255)
        slot.write(text.replace("mask.png", "other.png").encode())
        follow(masks)
        assert used[-1] == pytest.approx(1.0)
        slot.write(b"version = 1\n")
        follow(masks)
        assert used[-1] is None
        count = len(used)
        follow(masks)
        assert len(used) == count
    finally:
        slot.close(unlink=True)


@pytest.mark.live
def test_a_mask_that_is_saved_cut_and_taken_away_while_it_plays(home: Path, tmp_path: Path) -> None:
    save(tmp_path / "mask.png", 51)
    (tmp_path / "show.toml").write_text('version = 1\nnoise_mask = "mask.png"\n')
    words = ("demo", "--headless", "--size", "64x64", "--fps", 15, "--backend", "testcard", "--midi", "none")
    with LiveShow(home, *words, "--mapping", tmp_path / "show.toml", cwd=tmp_path) as show:
        show.wait_for("pictures: from host memory", 120.0)
        save(tmp_path / "mask.png", 102)
        show.wait_for("noise mask mask.png: loaded", 60.0)
        (tmp_path / "mask.png").write_bytes((tmp_path / "mask.png").read_bytes()[:30])
        show.wait_for("mask.png: noise_mask: cannot be read")
        (tmp_path / "mask.png").unlink()
        show.wait_for("mask.png: noise_mask: there is no such file")
        (tmp_path / "show.toml").write_text("version = 1\n")  # the mapping does without: no image is looked for
        show.wait_for("show.toml: loaded again")
        show.interrupt()
        assert show.process.returncode == 0, show.said
    assert show.said.count("the noise stays as it was") == 2 and "died" not in show.said
