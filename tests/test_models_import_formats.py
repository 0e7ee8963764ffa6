"""Importing, kind by kind: what was put into a file of another program, in every container and architecture, comes out."""

import argparse
import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from foreign_files import generator_module, pretrained_classes, pretrained_w, rosinality, stylegan, tensorflow
from heart import plain_generator
from import_kit import PICKLES, ROSINALITY, SIZES, STYLEGAN2, STYLEGAN3, assert_same, foreign, imported
from pickle_writer import Do, pickled

from liveviz.models import MappingNetwork, open_model
from liveviz.models.importing import import_file
from liveviz.models.stylegan.config import GeneratorConfig
from liveviz.spec import LivevizError

KINDS = [
    *(("pickle", name) for name in PICKLES),
    *(("TensorFlow", name) for name in STYLEGAN2),
    ("rosinality", "small"),
]


@pytest.mark.parametrize("name", PICKLES)
def test_stylegan_pickles(name: str, tmp_path: Path) -> None:
    wanted = plain_generator(PICKLES[name], 1)
    made, kind = imported(tmp_path, stylegan(wanted))
    assert_same(made, wanted)
    assert kind == ("StyleGAN3" if wanted.config.is_stylegan3 else "StyleGAN2")
    assert made.name == "theirs"


@pytest.mark.parametrize("name", [*STYLEGAN2, *SIZES])
def test_tensorflow_pickles(name: str, tmp_path: Path) -> None:
    wanted = plain_generator((STYLEGAN2 | SIZES)[name], 2)
    made, kind = imported(tmp_path, tensorflow(wanted))
    assert_same(made, wanted)
    assert kind == "TensorFlow-era StyleGAN2"


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "row"])
@pytest.mark.parametrize("config", ROSINALITY.values(), ids=ROSINALITY)
def test_rosinality_checkpoints_as_torch_writes_them(config: GeneratorConfig, zipped: bool, tmp_path: Path) -> None:
    wanted = plain_generator(config, 3)
    table = {name: torch.from_numpy(np.array(value)) for name, value in rosinality(wanted).items()}
    file = io.BytesIO()
    saved = {
        "g": table,
        "g_ema": table,
        "args": argparse.Namespace(size=32, channel_multiplier=2, path=Path("x")),
        "latent_avg": torch.from_numpy(wanted.weights["mapping.w_avg"]),
    }
    torch.save(saved, file, _use_new_zipfile_serialization=zipped)
    made, kind = imported(tmp_path, file.getvalue(), "theirs.pt")
    assert_same(made, wanted)
    assert kind == "StyleGAN2 by rosinality"
    saved["latent_avg"] = saved["latent_avg"][None]  # some keep a row of one
    file = io.BytesIO()
    torch.save(saved, file, _use_new_zipfile_serialization=zipped)
    assert_same(imported(tmp_path, file.getvalue(), "theirs.pt")[0], wanted)
    del saved["latent_avg"]
    file = io.BytesIO()
    torch.save(saved, file, _use_new_zipfile_serialization=zipped)
    averaged, _ = imported(tmp_path, file.getvalue(), "theirs.pt")
    assert np.abs(averaged.weights["mapping.w_avg"]).max() > 0.0


def test_the_first_rosinality_checkpoints_have_no_noise_of_their_own(tmp_path: Path) -> None:
    wanted = plain_generator(ROSINALITY["small"], 14)
    table = {k: torch.from_numpy(np.array(v)) for k, v in rosinality(wanted).items() if not k.startswith("noises.")}
    torch.save({"g_ema": table}, tmp_path / "theirs.pt")
    made, _ = import_file(tmp_path / "theirs.pt")
    assert not made.weights["synthesis.b8.conv0.noise_const"].any()
    for name in ("synthesis.b8.conv0.noise_strength", "synthesis.b8.conv0.weight"):
        np.testing.assert_array_equal(made.weights[name], wanted.weights[name])


@pytest.mark.parametrize(("kind", "name"), KINDS)
def test_every_kind_is_opened_as_a_model_and_kept(
    kind: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `--model FILE` does it: read once, found by its SHA-256 after that, the same generator both times."""
    wanted = plain_generator((PICKLES | ROSINALITY)[name], 15)
    path = tmp_path / "theirs"
    path.write_bytes(foreign(kind, wanted))
    first = open_model(path, [], tmp_path / "cache")
    assert_same(first, wanted)
    (kept,) = (tmp_path / "cache" / "imports").iterdir()
    assert hashlib.sha256(path.read_bytes()).hexdigest() in kept.name
    monkeypatch.setattr("liveviz.models.importing.cache.import_file", lambda path: pytest.fail("read again"))
    assert open_model(path, [], tmp_path / "cache").fingerprint == first.fingerprint


@pytest.mark.parametrize(("features", "width"), [(20, 8), (5, 16)])
def test_classes_by_way_of_a_pretrained_embedding(features: int, width: int, tmp_path: Path) -> None:
    """StyleGAN-XL's: w is what the paper's formula makes of the parts."""
    generator = plain_generator(STYLEGAN3["xl"], 17)
    data, parts = pretrained_classes(generator, features, width)
    made, kind = imported(tmp_path, data)
    assert kind.startswith("StyleGAN3 with StyleGAN-XL's classes")
    assert made.config.shapes() == generator.config.shapes()
    z = np.random.RandomState(3).randn(4, generator.config.z_dim).astype(np.float32)
    mapping = MappingNetwork(made)
    for cls in range(generator.config.classes):
        truth = pretrained_w(generator, parts, z, cls)
        np.testing.assert_allclose(
            mapping(z, mapping.one_hot([cls] * 4)), truth, rtol=0, atol=2e-5 * np.abs(truth).max()
        )
    np.testing.assert_allclose(made.weights["mapping.w_avg"], parts["means"].mean(axis=0), atol=1e-6)


def test_classes_in_a_way_that_nobody_wrote_down_are_refused(tmp_path: Path) -> None:
    generator = plain_generator(STYLEGAN3["xl"], 17)
    data, _ = pretrained_classes(generator, 20, 8, normalised=False)
    with pytest.raises(LivevizError, match="in a way that the paper does not say: the mean w of a class is"):
        imported(tmp_path, data)
    data, _ = pretrained_classes(generator, 20, 17)
    with pytest.raises(LivevizError, match="makes 17 numbers of a class; 1 to 16 can be played"):
        imported(tmp_path, data)


def test_a_stylegan_xl_that_was_grown_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LivevizError, match="has 7 layers, not the one more than its num_layers"):
        imported(tmp_path, stylegan(plain_generator(STYLEGAN3["t"], 18), num_layers=3))


def test_a_stylegan2_that_the_stylegan3_programs_saved_has_more_attributes(tmp_path: Path) -> None:
    wanted = plain_generator(STYLEGAN2["classes, clamp, half"], 16)
    root = generator_module(wanted, num_fp16_res=2, block_resolutions=[4, 8, 16, 32], num_ws=8, w_dim=32)
    state = root.args[0]["state"]
    state |= {"_init_args": (), "_init_kwargs": Do("dnnlib.util EasyDict", (), new=True, items={"z_dim": 32})}
    synthesis = state["_modules"]["synthesis"].args[0]["state"]["_modules"]
    for block in synthesis.values():
        block.args[0]["state"] |= {"channels_last": False, "is_last": False, "num_conv": 2, "in_channels": 4}
        block.args[0]["state"]["_non_persistent_buffers_set"] = Do("builtins set", ([],))
    assert_same(imported(tmp_path, pickled({"G": root, "D": None, "G_ema": root, "augment_pipe": None}))[0], wanted)
