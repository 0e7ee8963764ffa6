"""The reference page is what the program reads, word by word, and every effect has an image."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from liveviz import mapping, signals
from liveviz.reports import mapping_reference
from liveviz.runtime import composition
from liveviz.spec import LivevizError
from liveviz.spec.keys import KEYS


def test_the_page_in_docs_is_what_the_program_reads(root: Path) -> None:
    assert (root / "docs" / mapping_reference.PAGE_FILE).read_text() == mapping_reference.page(), "run `make docs`"


def test_every_word_of_the_language_is_on_it() -> None:
    page = mapping_reference.page()
    words = {key for table in mapping.TABLES.values() for key in table} | set(mapping.CURVES) | set(KEYS)
    words |= {o.name for o in signals.outputs()} | set(composition.registry().names)
    assert [word for word in sorted(words) if f"`{word}`" not in page] == []
    for word in (
        "target",
        "chords",
        "set",
        "mix",
        "curve",
        "threshold",
        "takeover",
        "key.NAME",
        "palette",
        "noise_mask",
    ):
        assert word in page
    assert all(help for table in mapping.TABLES.values() for _, help in table.values())


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("The top of the file", "{} = true"),
        ("[[route]]", "[[route]]\n{} = 1"),
        ("[latent]", "[latent]\n{} = 1"),
        ("[latent] base", "[latent.base]\n{} = 'x'"),
        ("[latent] target", "[latent.target]\n{} = true"),
        ("[latent] chords", "[latent.chords]\n{} = true"),
        ("[set], a bend", "[set]\nbend.zoom = {{ {} = 'x' }}"),
        ("[set], pca.N", "[set]\npca.0 = {{ {} = 'x' }}"),
        ("channels = { ... }", "[[route]]\nfrom = 'rms'\nto = 'bend.zoom'\nchannels = {{ {} = 'x' }}"),
    ],
)
def test_what_is_on_it_is_known_and_nothing_else(title: str, body: str) -> None:
    """A key of the page is never called unknown (its value here may be wrong), and another one always is."""

    def said(key: str) -> str:
        with pytest.raises(LivevizError) as told:
            composition.load_mapping("version = 1\n" + body.format(key))
        return str(told.value)

    for key in mapping.TABLES[title]:
        if key != "version":
            assert f"{key}: unknown key" not in said(key), key
    assert "unknown key" in said("frobnicate")


def test_every_effect_has_an_image_in_which_it_is_seen(root: Path) -> None:
    folder = root / "docs" / mapping_reference.IMAGES_FOLDER
    names = {path.stem for path in folder.glob("*.jpg")}
    assert names == {"none", *composition.shaders()}, "run `make docs`"
    drawn = mapping_reference.images()
    for name in names:
        with Image.open(folder / f"{name}.jpg") as image:
            there = np.asarray(image.convert("RGB"), np.float32)
        assert there.shape == (mapping_reference.SIZE_PIXELS[1], mapping_reference.SIZE_PIXELS[0], 3)
        assert np.abs(there - drawn[name]).mean() < 6.0, f"{name}: run `make docs`"
        if name != "none":
            assert np.abs(drawn[name].astype(np.float32) - drawn["none"]).mean() > 1.0, name


def test_the_command_prints_it(liveviz, tmp_path: Path) -> None:
    assert liveviz("mapping", "reference").stdout == mapping_reference.page()
    done = liveviz("mapping", "reference", "-o", tmp_path / "new" / "docs")
    assert done.returncode == 0 and (tmp_path / "new" / "docs" / "effects" / "glow.jpg").stat().st_size > 1000
