"""The layers of a StyleGAN3 and its filters, against a file of the original program and by hand."""

import numpy as np
import pytest
from foreign_files import FIXTURES

from liveviz.models import ARCHITECTURES, GeneratorConfig, new, small_config
from liveviz.models.importing import import_file
from liveviz.models.stylegan.filters import low_pass
from liveviz.models.stylegan.layers3 import layers
from liveviz.spec import LivevizError


@pytest.mark.skipif(not FIXTURES.exists(), reason="shared fixtures are not here")
@pytest.mark.parametrize("file", ["sg3t_64.pkl", "sg3r_64.pkl"])
def test_designed_filters_are_those_of_the_original(file: str) -> None:
    generator, _ = import_file(FIXTURES / file)
    checked = 0
    for layer in layers(generator.config)[:-1]:
        rate = layer.in_rate * layer.up
        for n, part, taps, radial in ((0, "up", layer.up_taps, False), (1, "down", layer.down_taps, layer.radial)):
            made = low_pass(taps, layer.cutoff[n], 2.0 * layer.half_width[n], rate, radial)
            np.testing.assert_allclose(made, generator.weights[f"{layer.name}.{part}_filter"], atol=1e-6)
            checked += 1
    assert checked == 16


def test_sizes_of_the_papers_configuration() -> None:
    """StyleGAN3-T at 1024 has 22.3 M parameters (Karras et al. 2021, table 1); -R has these names."""
    config = GeneratorConfig(1024, architecture="stylegan3-t", mapping_layers=2)
    counted = [shape for name, shape in config.shapes().items() if name.endswith(("weight", "bias"))]
    assert abs(sum(int(np.prod(shape, dtype=np.int64)) for shape in counted) / 1e6 - 22.3) < 0.2
    config = GeneratorConfig(1024, 65536, 1024, architecture="stylegan3-r", mapping_layers=2)
    names = [layer.name.removeprefix("synthesis.") for layer in layers(config)]
    assert names[0] == "L0_36_1024" and names[10] == "L10_1044_161" and names[-1] == "L14_1024_3"
    assert config.num_ws == 16 and config.ws_resolutions[0] == 4 and config.ws_resolutions[-1] == 1024


def test_every_layers_sizes_fit_together() -> None:
    for width in (4, 7):
        config = GeneratorConfig(256, architecture="stylegan3-t", const_width=width)
        for layer in layers(config):
            for size, out in ((layer.in_height, layer.height), (layer.in_width, layer.width)):
                high = (size + layer.kernel - 1) * layer.up + sum(layer.padding) - layer.up_taps + 1
                assert (high - layer.down_taps) // layer.down + 1 == out
        assert (layers(config)[-1].width, layers(config)[-1].height) == (config.width, 256)


def test_a_filter_passes_what_it_should() -> None:
    for radial in (False, True):
        taps = low_pass(48, 8.0, 8.0, 64.0, radial)
        assert taps.sum() == pytest.approx(1.0, abs=1e-6)
        row = taps if not radial else taps.sum(axis=0)
        spectrum = np.abs(np.fft.rfft(row, 640))  # 0.1 cycles per bin
        assert spectrum[30] == pytest.approx(1.0, abs=0.02)
        assert spectrum[80] == pytest.approx(0.5, abs=0.05)
        assert spectrum[130:].max() < 0.02


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_new_generator_of_every_architecture(architecture: str) -> None:
    config = small_config(32, 128, 8, 3, architecture)
    a, b = new(config, 3), new(config, 3)
    assert {n: w.shape for n, w in a.weights.items()} == config.shapes()
    assert a.fingerprint == b.fingerprint != new(config, 4).fingerprint
    assert all(w.dtype == np.float32 and np.isfinite(w).all() for w in a.weights.values())


def test_sizes_that_make_no_sense() -> None:
    with pytest.raises(LivevizError, match="num_critical"):
        GeneratorConfig(64, architecture="stylegan3-t", num_layers=4, num_critical=4)
    with pytest.raises(LivevizError, match="const_width"):
        GeneratorConfig(2048, const_width=64, const_height=64)
    with pytest.raises(LivevizError, match="const_height"):
        GeneratorConfig(64, const_height=0)
