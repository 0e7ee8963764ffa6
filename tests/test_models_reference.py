"""The reference network against images that other code made."""

from pathlib import Path

import numpy as np
import pytest
import torch
from foreign_files import FIXTURES
from heart import close_to_original, plain_generator, relative_error, small

from liveviz.models import GeneratorConfig, MappingNetwork
from liveviz.models.importing import import_file
from liveviz.models.stylegan.reference import network, upsample

torch.set_num_threads(1)
FILES = ["sg2ada_64.pkl", "sg2ada_32_class.pkl", "sg3t_64.pkl", "sg3r_64.pkl", "rosinality_64.pt"]
HALVES = "sg2ada_32_class.pkl"  # its images have roundings to half precision in them
GOLDEN = Path(__file__).parent / "golden" / "reference.npz"
GOLDEN_CONFIGS = {
    "plain": small(32),
    "class_clamp": small(16, classes=3, conv_clamp=1.5, mapping_lr=0.1),
    "grey": small(16, img_channels=1),
}


def images(config: GeneratorConfig, seed: int, psi: float, cutoff: int | None) -> np.ndarray:
    """Two images of a plain generator, through the torch mapping network."""
    net = network(plain_generator(config, seed))
    z = torch.from_numpy(np.random.RandomState(seed + 1).randn(2, config.z_dim).astype(np.float32))
    c = torch.eye(config.classes)[[0, config.classes - 1]] if config.classes else None
    return net.synthesis(net.mapping.ws(net.mapping(z, c), psi, cutoff)).numpy()


@pytest.mark.skipif(not FIXTURES.exists(), reason="shared fixtures are not here")
@pytest.mark.parametrize("file", FILES)
def test_equals_the_images_of_the_original_programs(file: str) -> None:
    generator, _ = import_file(FIXTURES / file)
    truth = np.load((FIXTURES / file).with_suffix(".npz"))
    # One file's images carry the rounding of its two half-precision blocks.
    net, mapping = network(generator, fp16=True), MappingNetwork(generator)
    z, c = torch.from_numpy(truth["z"]), torch.from_numpy(truth["c"]) if generator.config.classes else None
    w = net.mapping(z, c)
    assert relative_error(mapping(truth["z"], truth["c"] if generator.config.classes else None), w.numpy()) < 1e-5
    checked = 0
    for key, psi, cutoff in [("img_psi07", 0.7, None), ("img_psi1_cutoff4", 1.0, 4)]:
        if key in truth:
            made = net.synthesis(net.mapping.ws(w, psi, cutoff)).numpy()
            assert close_to_original(
                made, truth[key], halves=generator.config.num_fp16_res > 0 and not generator.config.is_stylegan3
            )
            checked += 1
    assert checked


@pytest.mark.parametrize("name", GOLDEN_CONFIGS)
def test_equals_the_golden_images(name: str) -> None:
    """The golden file was written when the test above passed; it guards machines that have no fixtures."""
    made = images(GOLDEN_CONFIGS[name], 5, 0.7, 3)
    assert relative_error(made, np.load(GOLDEN)[name]) < 1e-5


def test_upsampling_spreads_a_point_as_the_filter_says() -> None:
    x = torch.zeros(1, 1, 4, 4)
    x[0, 0, 1, 2] = 1.0
    taps = np.array([1, 3, 3, 1]) / 4.0
    expected = np.zeros((8, 8))
    expected[1:5, 3:7] = np.outer(taps, taps)  # the point's own pixels are 2-3 and 4-5
    np.testing.assert_allclose(upsample(x)[0, 0].numpy(), expected, atol=1e-7)


def test_upsampling_has_zero_borders() -> None:
    y = upsample(torch.ones(1, 1, 4, 4))[0, 0]
    assert y[4, 4] == pytest.approx(1.0)
    assert y[0, 4] == pytest.approx(0.75)
    assert y[0, 0] == pytest.approx(0.5625)


@pytest.mark.parametrize("classes", [0, 4])
def test_numpy_mapping_equals_torch(classes: int) -> None:
    generator = plain_generator(small(16, classes=classes, mapping_layers=3), 2)
    net, mapping = network(generator), MappingNetwork(generator)
    z = np.random.RandomState(0).randn(5, 12).astype(np.float32)
    c = mapping.one_hot([0, 1, 2, 3, 0])
    w = net.mapping(torch.from_numpy(z), torch.from_numpy(c))
    assert relative_error(mapping(z, c), w.numpy()) < 1e-5
    for psi, cutoff in [(0.5, None), (0.3, 2), (1.0, 0), (0.0, None)]:
        torch.testing.assert_close(
            torch.from_numpy(mapping.ws(w.numpy(), psi, cutoff)), net.mapping.ws(w, psi, cutoff), atol=1e-5, rtol=1e-5
        )


def test_w_of_a_seed_is_what_scripts_everywhere_draw() -> None:
    generator = plain_generator(small(16, classes=4), 2)
    mapping = MappingNetwork(generator)
    z = np.random.RandomState(11).randn(1, 12)
    np.testing.assert_array_equal(mapping.w(11), mapping(z, np.eye(4)[[3]])[0])  # 11 % 4
    np.testing.assert_array_equal(mapping.w(11, 1), mapping(z, np.eye(4)[[1]])[0])
    assert not np.array_equal(mapping.w(11), mapping.w(12))
