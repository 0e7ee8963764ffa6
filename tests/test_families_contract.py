"""Every family of generators there is keeps its promise, none is missing, and a new one is two new folders: what it says of
itself is so, and what its engine draws is what its reference network draws."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from heart import frame, relative_error
from own_copy import ROOT, copy, run

from liveviz import bending, engine, models
from liveviz.engine import families as engines
from liveviz.engine.backends.cuda.backend import Cuda
from liveviz.engine.family import LISTENED_PARAMETERS
from liveviz.fields import COUNT as FIELDS
from liveviz.models import Generator, families
from liveviz.models.importing import states
from liveviz.spec import BendSetting, LatentTerm, LivevizError, ParameterFrame, RowSetting

CASES = [(name, n) for name in families.names() for n in range(len(families.load(name).examples()))]
each = pytest.mark.parametrize(("name", "n"), CASES, ids=[f"{name}-{n}" for name, n in CASES])


def example(name: str, n: int, seed: int = 3) -> Generator:
    made = models.new(families.load(name).examples()[n], seed)
    return replace(made, directions=models.pca(made, 64 * max(made.config.classes, 1), 4))


def one_hot(generator: Generator, count: int) -> np.ndarray | None:
    mapping = models.mapping_of(generator)
    return mapping.one_hot(np.arange(count) % generator.config.classes) if generator.config.classes else None


def test_every_folder_is_found_and_has_both_halves() -> None:
    halves = [
        tuple(sorted(path.parent.name for path in Path(str(room.__file__)).parent.glob("[!_]*/family.py")))
        for room in (models, engine)
    ]
    assert families.names() == engines.names() == halves[0] == halves[1]
    assert "stylegan" in families.names()
    for load in (families.load, engines.load):
        with pytest.raises(LivevizError, match=r"family.*'diffusion'.* stylegan"):
            load("diffusion")


def test_nothing_outside_a_family_asks_which_one_it_is() -> None:
    """What trains StyleGANs knows that it does; everything else asks the family."""
    package = Path(models.__file__).parents[1]
    inside = {package / room / name for room in ("models", "engine") for name in (*families.names(), "_template")}
    may_import = {package / "models" / "__init__.py", package / "cli" / "train_like.py"}
    for path in sorted(package.rglob("*.py")):
        if inside & set(path.parents) or package / "learning" in path.parents:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            asks = re.search(
                r"is_stylegan|architecture *(==|!=|in )|architecture\.startswith|config\.family *(==|!=)", line
            )
            imports = re.search(rf"(models|engine)\.({'|'.join(families.names())})\b", line)
            where = f"{path}:{number}: {line.strip()}"
            assert not asks or path.name in ("families.py", "sizes.py"), where
            assert not imports or path in may_import, where


def test_networks_in_tables_of_tensors_are_told_apart() -> None:
    anchors = [anchor for family in families.every().values() for anchor in family.anchors.values()]
    assert len(set(anchors)) == len(anchors)
    for one in anchors:
        assert states.is_one([f"module.{one}"]) and one in states.looked_for()
        assert not any(other != one and other.endswith("." + one) for other in anchors)


@each
def test_a_config_says_what_makes_it_again(name: str, n: int) -> None:
    config = families.load(name).examples()[n]
    assert config.family == name
    table = json.loads(json.dumps(families.table_of(config)))
    assert families.config_of(table) == config
    assert families.FAMILY_FIELD not in families.table_of(config) or name != families.DEFAULT_FAMILY
    for wrong in (
        {**table, "colour of the sky": 1},
        {**table, "family": "diffusion"},
        {**table, "family": []},
        [table],
    ):
        with pytest.raises(LivevizError):
            families.config_of(wrong)
    for field in config.as_dict():
        for value in ([[]], {}, "x" * 200, -1, float("nan"), None):
            try:
                families.config_of({**table, field: value})
            except LivevizError as error:
                assert "\n" not in str(error) and len(str(error)) < 300


@each
def test_a_config_answers_what_the_weights_are(name: str, n: int, tmp_path: Path) -> None:
    config = families.load(name).examples()[n]
    made, again, other = (models.new(config, seed) for seed in (3, 3, 4))
    assert {k: v.shape for k, v in made.weights.items()} == config.shapes()
    assert all(v.dtype == np.float32 and np.isfinite(v).all() for v in made.weights.values())
    assert config.parameters == sum(v.size for v in made.weights.values())
    assert made.fingerprint == again.fingerprint != other.fingerprint
    models.write(tmp_path / "a.safetensors", made)
    read = models.read(tmp_path / "a.safetensors")
    assert read.config == config and read.fingerprint == made.fingerprint
    rows = config.ws_resolutions
    assert len(rows) == config.num_ws <= 64 and list(rows) == sorted(rows)
    assert config.img_channels in (1, 3, FIELDS) and config.architecture
    assert config.draws_fields == (config.img_channels == FIELDS)
    assert bool(config.noises) == ("noise" in engines.of(config).listens(config))
    assert config.plane == ("view" in engines.of(config).listens(config))
    assert [field.shape for field in families.of(config).stored_noise(made)] == [
        (place.height, place.width) for place in config.noises
    ]


@each
def test_rows_of_style_come_from_z_and_class(name: str, n: int) -> None:
    generator = example(name, n)
    config, mapping = generator.config, models.mapping_of(generator)
    z, c = np.concatenate([models.latent(seed, config.z_dim) for seed in (0, 1)]), one_hot(generator, 2)
    w = mapping(z, c)
    assert w.shape == (2, config.w_dim) and mapping.w_avg.shape == (config.w_dim,)
    np.testing.assert_allclose(mapping.w(1, 1 % max(config.classes, 1)), w[1], rtol=1e-5, atol=1e-5)
    ws = mapping.ws(w, 0.5, 1)
    assert ws.shape == (2, config.num_ws, config.w_dim)
    np.testing.assert_allclose(ws[:, 1:], np.repeat(w[:, None], config.num_ws - 1, axis=1), rtol=1e-5)
    assert np.abs(ws[:, 0] - w).max() > 0.0
    reference = families.of(config).reference(generator)
    theirs = reference.ws(torch.from_numpy(z), None if c is None else torch.from_numpy(c), 0.7).numpy()
    np.testing.assert_allclose(theirs, mapping.ws(w, 0.7), rtol=1e-4, atol=1e-4)
    for row, matrix in families.of(config).style_matrices(generator):
        assert 0 <= row < config.num_ws and matrix.shape[1] == config.w_dim


@each
def test_the_layers_that_bends_reach_are_the_networks(name: str, n: int) -> None:
    generator = example(name, n)
    config, seen = generator.config, {}

    def look(layer: int) -> Callable[[torch.Tensor], torch.Tensor]:
        def bend(x: torch.Tensor) -> torch.Tensor:
            seen[layer] = tuple(x.shape[1:])
            return x

        return bend

    ws = torch.from_numpy(models.mapping_of(generator).ws(models.mapping_of(generator).w(0)[None]))
    reference = families.of(config).reference(generator)
    with torch.inference_mode():
        image = reference.draw(ws, bends={layer: look(layer) for layer in config.layers})
    assert image.shape == (1, config.img_channels, config.height, config.width)
    assert seen == config.layers and list(seen) == list(config.layers)
    assert {k: (v.channels, v.height, v.width) for k, v in engine.layers_of(config).items()} == config.layers


@each
def test_every_engine_draws_what_the_reference_draws(name: str, n: int) -> None:
    generator = example(name, n)
    config, mapping = generator.config, models.mapping_of(generator)
    ws = mapping.ws(np.stack([mapping.w(seed) for seed in (0, 5)]), 0.8)
    with torch.inference_mode():
        reference = families.of(config).reference(generator)
        wanted = np.concatenate([reference.draw(torch.from_numpy(ws[k : k + 1])).numpy() for k in range(2)])
    assert wanted.std() > 0.05 and np.abs(wanted[0] - wanted[1]).max() > 0.1
    network = engine.network(generator)
    assert sorted((part.start, part.stop) for part, _ in network.parts())[-1][1] == network.style_size
    assert sum(int(np.prod(shape)) for _, shape in network.parts()) == network.style_size
    assert [(p.height, p.width) for p in network.noises] == [(p.height, p.width) for p in config.noises]
    assert engine.products(generator) > 0.0
    bends = tuple(BendSetting(op, layer, 0.3) for layer in config.layers for op in ("gain", "zoom"))
    topology = bending.stages(bends, engine.layers_of(config))
    drawn: dict[str, engine.Backend] = {
        "reference": engine.create("reference", generator, precision="f32"),
        "openvino": engine.create("openvino", generator, precision="f32", bends=topology),
        "cuda": Cuda(generator, topology, "f32", "cpu"),
    }
    frames = [frame(), frame(bends=bends)]
    pixels: dict[str, list[np.ndarray]] = {}
    for backend, opened in drawn.items():
        assert opened.size == (config.width, config.height)
        assert relative_error(opened.synthesize(ws), wanted) <= (0.0 if backend == "reference" else 1e-3), backend
        pixels[backend] = [opened.render(shown).pixels.astype(int) for shown in frames]
        opened.close()
    for backend in ("openvino", "cuda"):
        for made, truth in zip(pixels[backend], pixels["reference"], strict=True):
            assert np.percentile(np.abs(made - truth), 99) <= 1, backend


def changes(config: models.Config) -> dict[str, ParameterFrame]:
    """A frame that differs from `plain` in one thing that an image may listen to."""
    bent = tuple(BendSetting("gain", layer, 0.7) for layer in config.layers)
    return {
        "latents": plain(latents=(LatentTerm(4, 0, (1.0, 1.0, 1.0)),)),
        "classes": plain(latents=(LatentTerm(3, 1, (1.0, 1.0, 1.0)),)),
        "rows": plain(rows=(RowSetting("truncation_psi", 1, 64, 0.0),)),
        "bends": plain(bends=bent or (BendSetting("gain", 8, 0.7),)),
        "truncation": plain({"truncation_psi": 0.2}),
        "directions": plain({"pca.0": 2.0}),
        "noise": plain({f"noise_strength.{part}": 4.0 for part in ("coarse", "middle", "fine")}),
        "view": plain({"view.zoom": 1.7, "view.rotate": 0.1}),
    }


def plain(values: dict[str, float] | None = None, **more: Any) -> ParameterFrame:
    usual: dict[str, Any] = {"latents": (LatentTerm(3, 0, (1.0, 1.0, 1.0)),)}
    return frame(values, **{**usual, **more})


@each
@pytest.mark.parametrize("backend", ["reference", "openvino"])
def test_an_image_listens_to_what_its_family_says(name: str, n: int, backend: str) -> None:
    generator = example(name, n)
    says = engines.of(generator.config).listens(generator.config)
    assert says <= set(LISTENED_PARAMETERS) and ("classes" in says) == (generator.config.classes > 1)
    assert ("bends" in says) == bool(generator.config.layers)
    opened = engine.create(backend, generator, precision="f32")
    try:
        rest = opened.render(plain()).pixels
        np.testing.assert_array_equal(opened.render(plain()).pixels, rest)
        heard = {
            what for what, shown in changes(generator.config).items() if (opened.render(shown).pixels != rest).any()
        }
    finally:
        opened.close()
    assert heard == says


@each
def test_another_shape_and_less_work_are_generators_too(name: str, n: int) -> None:
    generator = example(name, n)
    for how in models.WIDE_MODES:
        made = models.widen(generator, (3 * generator.config.width, generator.config.height), how)
        assert {k: v.shape for k, v in made.weights.items()} == made.config.shapes()
        assert made.config.height == generator.config.height and made.config.width >= generator.config.width
        assert made is generator or how != "off"
    less = models.without_last_level(generator)
    assert less is None or (less.config.z_dim, less.config.w_dim) == (generator.config.z_dim, generator.config.w_dim)
    assert families.of(generator.config).precisions(generator.config)
    trained = families.of(generator.config).as_trained(generator)
    assert trained.weights is generator.weights


def test_an_old_file_says_no_family_and_is_the_first_ones(tmp_path: Path) -> None:
    made = models.new(models.small_config(16, 64, 8), 1)
    models.write(tmp_path / "a.safetensors", made)
    header = (tmp_path / "a.safetensors").read_bytes()[8:2000]
    assert b'"family' not in header and b'\\"family' not in header
    assert models.read(tmp_path / "a.safetensors").config.family == families.DEFAULT_FAMILY == "stylegan"


def test_a_new_family_is_two_folders(tmp_path: Path) -> None:
    """The templates, copied as CONTRIBUTING.md says: files of it are read, drawn by every backend, and held to this contract."""
    folder, home = copy(tmp_path / "own"), tmp_path / "home"
    home.mkdir()
    for source, target in re.findall(r"^cp -r (\S+_template) (\S+)$", (ROOT / "CONTRIBUTING.md").read_text(), re.M):
        shutil.copytree(folder / source, folder / target)
    environment = os.environ | {"HOME": str(home), "XDG_CACHE_HOME": str(home), "PYTHONPATH": str(folder)}

    def python(*words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *map(str, words)]
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
        )

    program = "from liveviz import models; from liveviz.models.checker.family import Config; "
    program += "models.write('one.safetensors', models.new(Config(64, classes=2), 5))"
    made = python("-c", program)
    assert made.returncode == 0, made.stderr
    images = []
    for backend in ("reference", "openvino"):
        out = folder / f"{backend}.npy"
        words = ("still", "one.safetensors", "--seed", 2, "--psi", 0.7, "--backend", backend, "-o", out)
        drawn = run(folder, *words, home=home)
        assert drawn.returncode == 0, drawn.stderr
        images.append(np.load(out))
    assert images[0].shape == (1, 3, 64, 64) and images[0].std() > 0.05
    assert relative_error(images[1], images[0]) < 1e-4
    info = run(folder, "model", "info", "one.safetensors", home=home)
    assert info.returncode == 0 and "checker" in info.stdout, info.stderr
    film = folder / "one.mp4"
    words = ("render", "demo", "--model", "one.safetensors", "-o", film, "--size", "64x64", "--fps", 2)
    played = run(folder, *words, home=home)
    assert played.returncode == 0 and film.stat().st_size > 1000, played.stderr
    told = python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", Path(__file__).resolve(), "-k", "checker or folder_is"
    )
    assert told.returncode == 0, told.stdout[-4000:]
    passed = re.search(r"(\d+) passed", told.stdout)
    assert passed is not None and int(passed[1]) > 15, told.stdout
