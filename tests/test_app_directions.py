"""`model pca`, `model info` and `model sheet` as a user meets them: what is written, printed and refused."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from heart import plain_generator, small
from PIL import Image

from liveviz.cli.commands.model.pca import with_names
from liveviz.cli.main import main
from liveviz.engine import directions_finder
from liveviz.models import Card, Directions, Generator, open_model, pca, widen, write, write_bundle, write_card
from liveviz.models.directions.file import MAX_ROWS
from liveviz.reports import contact_sheet, direction_sheet, model_sheet

WIDE = small(16, classes=2, const_width=8, mapping_layers=1)


@pytest.fixture(scope="module")
def made() -> Generator:
    card = Card("tiny", True, "CC0-1.0", "here", "", ("fog", "rain"))
    return replace(plain_generator(WIDE, 5), card=card)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    """What a command prints, line by line; its cache is in tmp_path."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(*words: object) -> list[str]:
        assert main(["model", *map(str, words)]) == 0, capsys.readouterr().err
        return capsys.readouterr().out.splitlines()

    return run


def test_a_bundle_gets_its_directions_a_sheet_and_keeps_its_names(said, made: Generator, tmp_path: Path) -> None:
    folder, out = tmp_path / "tiny", tmp_path / "x.png"
    write_bundle(folder, made)
    words = ("pca", folder, "--samples", "300", "--components", "3", "--method", "sefa")
    *rows, sheet_line, last = said(*words, "-o", out)
    assert sheet_line == f"written: {out}"
    generator = open_model(folder, [])
    found = generator.directions
    assert found is not None and len(found.std) == len(rows) == 3 and found.method == "sefa"
    assert found.fingerprint == generator.fingerprint
    assert last == f"written: {folder / 'directions.safetensors'}"
    assert all(re.fullmatch(r" +\d+  [a-z+]+ +-\d.\d to \+\d.\d sigma +rows \d+-\d+, moves +\d+%", row) for row in rows)
    with Image.open(out) as sheet:
        width, height = sheet.size
    tile = (
        round(direction_sheet.TILE_PIXELS * 2**0.5),
        round(direction_sheet.TILE_PIXELS / 2**0.5),
    )  # images of 32x16
    assert width > 15 * tile[0] and len(rows) * tile[1] < height < len(rows) * (tile[1] + 10) + 300
    assert generator.card is not None
    named = replace(generator.card, direction_names=("up", "glow", "grain"))
    write_card(folder / "card.toml", named)
    (folder / "card.toml").write_text("# mine\n" + (folder / "card.toml").read_text())
    before = (folder / "directions.safetensors").read_bytes()
    again = said(*words, "-o", out)
    assert " 1  glow " in again[1]
    kept = folder / "directions-2.safetensors"
    assert again[-3:-1] == [f"what was there before is now: {kept}", f"written: {out} (in place of the earlier one)"]
    assert kept.read_bytes() == before and (folder / "card.toml").read_text().startswith("# mine")
    assert open_model(folder, []).card == named
    told = "\n".join(said("info", folder))
    assert "32 x 16" in told and "3, sefa\n" in told and " 2  grain " in told
    write_bundle(folder, replace(plain_generator(WIDE, 6), card=named))  # another network, the old directions
    assert "of another generator" in "\n".join(said("info", folder))


def test_names_go_with_their_directions() -> None:
    rows = np.eye(4, dtype=np.float32)
    old = Directions.unmeasured(rows, np.ones(4, np.float32))
    card = Card("x", True, "CC0-1.0", "y", "", (), ("up", "glow", "red", "grain"))
    generator = replace(plain_generator(small(16, w_dim=4)), card=card, directions=old)
    new = replace(old, components=rows[[2, 0, 3, 1]], layers=np.array([(0, 64), (0, 64), (0, 64), (0, 4)]))
    named = with_names(generator, new).card
    assert named is not None and named.direction_names == ("red", "up", "grain")  # the last moves other rows now
    named = with_names(generator, replace(new, components=np.full((4, 4), 0.5, np.float32))).card
    assert named is not None and named.direction_names == ()


def test_a_file_s_directions_are_kept_where_a_show_looks(said, made: Generator, tmp_path: Path) -> None:
    write(tmp_path / "g.safetensors", made)
    last = said("pca", tmp_path / "g.safetensors", "--samples", "300", "--components", "3")[-1]
    path = directions_finder.kept_path(tmp_path / "cache" / "liveviz", open_model(tmp_path / "g.safetensors", []))
    assert last == f"written: {path}"
    wide = widen(open_model(tmp_path / "g.safetensors", []), (1920, 480), "mirror")
    assert (directions_finder.find(wide, path.parent).share > 0).all()  # measured, though the image is another


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("nobody",), 1, "nobody"),
        (("default", "--components", "0"), 2, "1 to 512"),
        (("default", "--samples", "20"), 2, "100 to 10000000"),
        (("default", "--method", "magic"), 2, "pca"),
        (("default", "-o", "x.jpg"), 2, "png"),
        (("default", "-o", "/nowhere/x.png"), 1, "cannot write"),
        (("",), 2, "empty"),
        (("default",), 1, "comes with liveviz"),
        (("engines/wide", "-o", "{tmp}/x.png"), 1, "comes with liveviz"),
    ],
)
def test_mistakes(
    words: tuple[str, ...], code: int, says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, root: Path
) -> None:
    shipped = [*root.glob("engines/*/*")]
    before = [path.read_bytes() for path in shipped]
    assert main(["model", "pca", *(word.replace("{tmp}", str(tmp_path)) for word in words)]) == code
    assert before == [path.read_bytes() for path in root.glob("engines/*/*")] and not [*tmp_path.iterdir()]
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line


def test_a_row_rests_in_its_middle(made: Generator) -> None:
    found = replace(
        pca(made, 300, 3),
        range=np.array([[-1, 5]] * 3, np.float32),
        layers=np.array([(0, 4), (2, MAX_ROWS), (5, 6)]),
    )
    rest = np.random.RandomState(1).randn(2, 6, 20).astype(np.float32)
    for n in range(3):
        for steps in (5, 8):
            ws = direction_sheet.moved(rest, found, n, steps).reshape(2, steps, 6, 20)
            np.testing.assert_array_equal(ws[:, steps // 2], rest)
            step = found.std[n] * found.components[n]
            start, end = found.layers[n]
            np.testing.assert_allclose(ws[:, 0, start:end], rest[:, start:end] - step, atol=1e-5)
            np.testing.assert_allclose(ws[:, -1, start:end], rest[:, start:end] + 5 * step, atol=1e-5)
            still = [row for row in range(6) if not start <= row < end]
            np.testing.assert_array_equal(ws[:, :, still], np.repeat(rest[:, None, still], steps, axis=1))


def test_words_of_each(made: Generator) -> None:
    found = replace(
        pca(made, 300, 2),
        range=np.array([[-3, 3]] * 2, np.float32),
        layers=np.array([(0, 4), (3, MAX_ROWS)]),
        share=np.array([0.25, -1.0], np.float32),
    )
    assert made.card is not None
    named = replace(made, card=replace(made.card, direction_names=("height",)))
    first, second = direction_sheet.described(named, found)
    assert first == ("height", "-3.0 to +3.0 sigma", "rows 0-3, moves 25%")
    assert second[0] == "structure+detail" and second[2] == "rows 3-5, not measured"


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 64, 128), (3, 512, 128), (1, 16, 16)])
def test_tiles_keep_the_shape_of_images(shape: tuple[int, int, int]) -> None:
    raw = np.zeros((2, *shape), np.float32)
    raw[1] = np.nan
    tiles = contact_sheet.tiles(raw, 96)
    assert tiles.dtype == np.uint8 and tiles.shape[3] == 3
    assert tiles.shape[1] * tiles.shape[2] == pytest.approx(96 * 96, rel=0.03)
    assert tiles.shape[2] / tiles.shape[1] == pytest.approx(shape[2] / shape[1], rel=0.02)
    assert (tiles[0] == 128).all() and (tiles[1] == 0).all()


def test_a_sheet_of_wide_images(made: Generator) -> None:
    def flat(ws: np.ndarray) -> np.ndarray:
        return np.zeros((len(ws), 3, 16, 32), np.float32)

    done: list[tuple[int, int]] = []
    pixels = model_sheet.draw(made, flat, lambda n, total: done.append((n, total)))
    assert done[-1][0] == done[-1][1] and len({total for _, total in done}) == 1 and pixels.ndim == 3
    assert pixels.shape[1] > 8 * 203  # tiles of 204x102
