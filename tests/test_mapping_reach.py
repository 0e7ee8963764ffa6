"""`mapping check` refuses what could never be seen on the generator, and what a show would refuse."""

import dataclasses
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from mapping_kit import REGISTRY, SOURCES
from PIL import Image

from liveviz import mapping, models
from liveviz.mapping import Net
from liveviz.runtime import composition
from liveviz.spec import LivevizError

NET = Net("net", {4: 64, 8: 64, 16: 32}, rows=6, classes=16, directions=3, plane=False, noise=True)
ROUTE = "\n[[route]]\nfrom = 'rms'\nto = "

UNSEEN = [  # (text behind the version line, line, field, words)
    (ROUTE + "'bend.zoom'\nlayer = 512", 5, "route.layer", ["512", "4, 8, 16"]),
    (ROUTE + "'bend.zoom'\nlayer = 16\nchannels = [3, 32]", 6, "route.channels", ["channel 32", "0 to 31"]),
    (ROUTE + "'pca.0'\nlayers = [6, 9]", 5, "route.layers", ["6 rows", "[6, 9]"]),
    (ROUTE + "'pca.3'", 4, "route.to", ["3 directions", "pca.0 to pca.2"]),
    (ROUTE + "'view.x'", 4, "route.to", ["StyleGAN3"]),
    (ROUTE + "'noise_mask'", 4, "route.to", ["picture.png"]),
    (ROUTE + "'latent.speed'\n[latent]\nbase = { seeds = [4] }", 4, "route.to", ["more seeds"]),
    ("\n[set]\nview.zoom = 2.0", 3, "set.view.zoom", ["StyleGAN3"]),
    ("\n[set]\nbend.zoom = { value = 0.1, layer = 32 }", 3, "set.bend.zoom.layer", ["32 pixels"]),
    ("\n[latent.base]\nseeds = [1, 2]\nclasses = [3, 99]", 4, "latent.base.classes", ["class 99", "0 to 15"]),
    ("\n[latent]\ntarget = { seeds = 3, classes = 16 }", 3, "latent.target.classes", ["class 16"]),
    ("\n[latent]\nchords = { palette = 2, classes = [1, 70] }", 3, "latent.chords.classes", ["class 70"]),
    (
        "\n[[route]]\nfrom = 'midi.cc.1'\nto = 'pca.0'\n[[route]]\nfrom = 'rms'\nto = 'pca.0'",
        3,
        "route.from",
        ["line 5 sets pca.0", "add"],
    ),
]


@pytest.mark.parametrize(("text", "line", "field", "words"), UNSEEN, ids=[f"{u[2]}-{i}" for i, u in enumerate(UNSEEN)])
def test_what_a_generator_can_never_show_is_refused(text: str, line: int, field: str, words: list[str]) -> None:
    text = "version = 1" + text
    mapping.load(text, REGISTRY, SOURCES, name="x.toml")  # a show plays it: the generator may be changed under it
    with pytest.raises(LivevizError) as told:
        mapping.load(text, REGISTRY, SOURCES, name="x.toml", net=NET)
    assert str(told.value).startswith(f"x.toml:{line}: {field}: ") and "\n" not in str(told.value)
    assert all(word in str(told.value) for word in words), told.value


def test_what_it_can_show_is_good() -> None:
    text = """version = 1
    noise_mask = "x.png"
    [latent]
    base = { seeds = [1, 2], classes = [-1, 15] }
    [set]
    noise_mask = 0.5
    [[route]]
    from = "rms"
    to = "bend.zoom"
    layer = 16
    channels = [0, 31]
    [[route]]
    from = "midi.cc.1"
    to = "pca.2"
    layers = [5, 34]
    [[route]]
    from = "key.space"
    to = "latent.speed"
    """
    mapping.load(text, REGISTRY, SOURCES, net=NET)
    plane = dataclasses.replace(NET, plane=True, noise=False, classes=0, directions=None)
    for good in (ROUTE + "'view.x'", ROUTE + "'pca.15'"):
        mapping.load("version = 1" + good, REGISTRY, SOURCES, net=plane)
    for bad in (
        ROUTE + "'noise_strength.fine'",
        "\n[latent]\nbase = { seeds = 2, classes = 0 }",
        "\nnoise_mask = 'x.png'",
    ):
        with pytest.raises(LivevizError):
            mapping.load("version = 1" + bad, REGISTRY, SOURCES, net=plane)


def test_routes_that_wait_for_a_hand_are_noted() -> None:
    def noted(text: str) -> list[str]:
        registry = composition.registry()
        return [f"{n} {what}" for n, what in mapping.notes(composition.load_mapping("version = 1" + text), registry)]

    assert noted(ROUTE + "'post.colour.hue'") == [
        "2 post.colour.hue is not seen while post.colour.amount rests; /liveviz/post/colour/amount moves it"
    ]
    assert noted(ROUTE + "'post.colour.hue'\n[set]\npost.colour.amount = 0.2") == []
    assert noted(ROUTE + "'post.colour.hue'" + ROUTE + "'post.colour.amount'") == []
    assert "bend.noise_warp rests" in noted(ROUTE + "'bend.noise_warp_waves'")[0]
    assert "0 times anything" in noted(ROUTE + "'bend.zoom'\nmix = 'multiply'")[0]
    assert noted(ROUTE + "'truncation_psi'\nmix = 'multiply'") == []
    assert "more than this route" in noted(ROUTE + "'truncation_psi'\nmix = 'max'\nrange = [0.0, 0.5]")[0]


def test_the_command_reads_what_a_mapping_points_at(liveviz, tmp_path: Path) -> None:
    file = tmp_path / "show"
    models.write(tmp_path / "small.safetensors", models.new(models.small_config(32, 512, 32), 1))

    def check(text: str, *words: object) -> tuple[int, str]:
        file.write_text("version = 1\n" + text)
        os.utime(file, (1e9, 1e9))
        done = liveviz("mapping", "check", file, *words, cwd=tmp_path.parent)
        assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) <= 1
        return done.returncode, done.stdout + done.stderr

    layer = "[[route]]\nfrom = 'rms'\nto = 'bend.zoom'\nlayer = "
    code, said = check(layer + "64")
    assert code == 0 and "1 routes" in said and "default" in said
    code, said = check(layer + "512")  # no model: what a show would take
    assert code == 1 and "show:5: route.layer" in said and "default has no layer of 512" in said
    code, said = check("model = 'small.safetensors'\n" + layer + "64")
    assert code == 1 and "show:6: route.layer" in said and "4, 8, 16, 32" in said
    code, said = check(layer + "64", "--model", tmp_path / "small.safetensors")
    assert code == 1 and "small has no layer" in said
    code, said = check("model = 'none.pkl'\n")
    assert code == 1 and "model" in said and "none.pkl" in said
    (tmp_path / "cut.pkl").write_bytes(b"\x80\x04cut")
    os.utime(tmp_path / "cut.pkl", (1e9, 1e9))
    assert check("model = 'cut.pkl'\n")[0] == 1
    code, said = check("noise_mask = 'none.png'\n")
    assert code == 1 and "none.png: noise_mask" in said
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "dark.png")
    assert check("noise_mask = 'dark.png'\n")[0] == 0
    code, said = check("[[route]]\nfrom = 'rms'\nto = 'post.film.grain'\n")
    assert code == 0 and "show:2: note: post.film.grain is not seen" in said


def test_broken_files_of_every_kind_cost_themselves_alone(liveviz, root: Path, tmp_path: Path) -> None:
    """A copy of the program, in which somebody is writing a bend, a shader and a mapping."""
    shutil.copytree(root / "liveviz", tmp_path / "liveviz", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("shaders", "mappings"):
        shutil.copytree(root / name, tmp_path / name)
    (tmp_path / "engines").symlink_to(root / "engines")
    bends = tmp_path / "liveviz" / "bending"
    for name, text in {
        "syntax": "def warp(x, y, amount:\n",
        "nothing": '"""An op that is not there yet."""\n',
        "raises": "import nothing_of_that_name\n",
        "kind": "from liveviz.bending import Piece\nPARAMETER = Piece(0.0, 1.0, 0.0, '', 'x')\n",
        "range": "from liveviz.bending import Piece\nPARAMETER = Piece(1.0, 0.0, 0.0, '', 'x')\ngain = abs\n",
    }.items():
        (bends / f"{name}.py").write_text(text)
    (tmp_path / "shaders" / "half.fs").write_text("/*{")
    (tmp_path / "mappings" / "half.toml").write_text("version = 1\n[[rou")
    env = {"PYTHONPATH": str(tmp_path)}
    done = liveviz("mapping", "list", cwd=tmp_path, env=env)
    assert done.returncode == 1  # one of the mappings is broken, and is named in its place
    assert "sections" in done.stdout and "half         broken: " in done.stdout
    said = done.stderr.splitlines()
    for name in ("syntax", "nothing", "raises", "kind", "range", "half.fs"):
        assert [line for line in said if name in line and "left out" in line], name
    assert "Traceback" not in done.stderr
    done = liveviz("mapping", "check", "bends", cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
