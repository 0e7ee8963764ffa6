"""What the tests of importing share: sizes of generators in every architecture, files of every kind, and when two
generators are the same."""

import io
from pathlib import Path

import numpy as np
import torch
from foreign_files import rosinality, stylegan, tensorflow
from heart import small

from liveviz.models import Generator
from liveviz.models.importing import import_file
from liveviz.models.stylegan.config import GeneratorConfig


def architecture(name: str, **fields: object) -> GeneratorConfig:
    return small(16, architecture=name, **fields)


STYLEGAN2 = {
    "skip": small(32),
    "classes, clamp, half": small(32, classes=3, conv_clamp=256.0, num_fp16_res=2, mapping_lr=0.1),
    "grey orig": architecture("stylegan2-orig", img_channels=1),
    "resnet": architecture("stylegan2-resnet", conv_clamp=256.0),
    "wide": small(16, const_height=3, const_width=7),
    "one width": small(16, channel_base=4096, channel_max=4),
}
STYLEGAN3 = {
    "t": small(32, architecture="stylegan3-t", num_layers=6, conv_clamp=256.0),
    "xl": small(16, architecture="stylegan3-t", num_layers=4, classes=6, z_dim=8, w_dim=16, mapping_layers=2),
    "r, classes, grey": small(32, architecture="stylegan3-r", num_layers=6, num_critical=1, classes=2, img_channels=1),
}
PICKLES = STYLEGAN2 | STYLEGAN3
SIZES = {  # where the released networks begin to get thinner, at a 64th of their width: config-e and -f, multiplier 1 and 2
    "config-e, 4 layers": small(64, channel_base=256, channel_max=8, mapping_layers=4),
    "config-f, 8 layers": small(128, channel_base=512, channel_max=8, mapping_layers=8),
}
ROSINALITY = {"small": small(32, z_dim=8, w_dim=8), "wide": small(16, z_dim=8, w_dim=8, const_width=6)} | SIZES


def assert_same(made: Generator, wanted: Generator) -> None:
    """Same numbers, same sizes; channel_base may differ where that changes no layer."""
    assert made.config.shapes() == wanted.config.shapes()
    for field in ("architecture", "resolution", "classes", "mapping_lr", "conv_clamp", "num_fp16_res"):
        assert getattr(made.config, field) == getattr(wanted.config, field), field
    for name, value in wanted.weights.items():
        np.testing.assert_allclose(made.weights[name], value, rtol=0, atol=3e-7, err_msg=name)


def imported(tmp_path: Path, data: bytes, name: str = "theirs.pkl") -> tuple[Generator, str]:
    path = tmp_path / name
    path.write_bytes(data)
    return import_file(path)


def foreign(kind: str, wanted: Generator) -> bytes:
    """A file of that kind with this generator in it."""
    if kind == "TensorFlow":
        return tensorflow(wanted)
    if kind == "rosinality":
        file = io.BytesIO()
        table = {name: torch.from_numpy(np.array(value)) for name, value in rosinality(wanted).items()}
        torch.save({"g_ema": table, "latent_avg": torch.from_numpy(wanted.weights["mapping.w_avg"])}, file)
        return file.getvalue()
    return stylegan(wanted)
