"""From one generator to another: by images, and by weights."""

import numpy as np
import pytest
from heart import frame, plain_generator, small

from liveviz import engine, fields
from liveviz.engine.crossfade import mix
from liveviz.models import Generator
from liveviz.spec import ImageFrame, LivevizError


def image(pixels: np.ndarray, sequence: int = 0) -> ImageFrame:
    return ImageFrame(pixels.astype(np.uint8), sequence)


@pytest.fixture(scope="module")
def pair() -> tuple[Generator, Generator]:
    return plain_generator(small(16), 1), plain_generator(small(16), 2)


def open_one(generator: Generator) -> engine.Backend:
    return engine.create("reference", generator, threads=1)


def test_images_mix_in_even_steps_and_rest_at_both_ends() -> None:
    random = np.random.RandomState(0)
    a, b = (random.randint(0, 256, (8, 8, 4)) for _ in range(2))
    for share in (0.0, 0.25, 0.5, 0.999, 1.0, -3.0, 9.0):
        part = min(max(share, 0.0), 1.0)
        made = engine.mix(image(a), image(b, 5), share)
        assert made.parameters == 5
        assert np.abs(made.pixels - ((1 - part) * a + part * b)).max() <= 1.0
    np.testing.assert_array_equal(engine.mix(image(a), image(b), 0.0).pixels, a)
    np.testing.assert_array_equal(engine.mix(image(a), image(b), 1.0).pixels, b)


def test_an_image_of_another_size_is_brought_to_the_new_one() -> None:
    quarters = np.zeros((4, 4, 4))
    quarters[:2, 2:] = 200
    made = engine.mix(image(quarters), image(np.zeros((8, 16, 4))), 0.5).pixels
    assert made.shape == (8, 16, 4)
    assert (made[:4, 8:] == 100).all() and made.sum() == made[:4, 8:].sum()


@pytest.mark.parametrize("size", [(8, 8), (4, 6), (16, 4)])
def test_images_on_the_device_mix_to_the_same_bits(size: tuple[int, int]) -> None:
    torch = pytest.importorskip("torch")
    random = np.random.RandomState(1)
    a, b = random.randint(0, 256, (*size, 4)).astype(np.uint8), random.randint(0, 256, (8, 8, 4)).astype(np.uint8)
    for share in (0.0, 0.1, 0.5, 0.73, 1.0):
        there = engine.mix(
            engine.DeviceImage(torch.from_numpy(a), 1), engine.DeviceImage(torch.from_numpy(b), 5, 2.0), share
        )
        assert (there.parameters, there.time, there.bytes) == (5, 2.0, 256) and there.pixels.is_contiguous()
        np.testing.assert_array_equal(there.pixels.numpy(), engine.mix(image(a), image(b), share).pixels)


def test_a_crossfade_starts_and_ends_at_its_generators(pair: tuple[Generator, Generator]) -> None:
    a, b = (open_one(g) for g in pair)
    fade, shown = engine.Crossfade([a, b]), frame()
    first, last = (e.render(shown).pixels for e in (a, b))
    np.testing.assert_array_equal(fade.render(shown, 0.0).pixels, first)
    np.testing.assert_array_equal(fade.render(shown, 1.0).pixels, last)
    np.testing.assert_allclose(fade.render(shown, 0.5).pixels, 0.5 * first + 0.5 * last, atol=1.0)


def test_weights_mix_one_by_one(pair: tuple[Generator, Generator]) -> None:
    a, b = pair
    made = engine.mix_weights(a, b, 0.25)
    for name, value in made.weights.items():
        np.testing.assert_allclose(value, 0.75 * a.weights[name] + 0.25 * b.weights[name], rtol=1e-5, atol=1e-5)
    for share, end in ((0.0, a), (1.0, b)):
        assert engine.mix_weights(a, b, share).fingerprint == end.fingerprint


def test_engines_in_between_turn_one_form_into_the_other(pair: tuple[Generator, Generator]) -> None:
    """Half-way, a crossfade by weights shows the generator that is half of each, not half of each image."""
    a, b = pair
    generators = [a, *(engine.mix_weights(a, b, share) for share in (0.25, 0.5, 0.75)), b]
    fade, shown = engine.Crossfade([open_one(g) for g in generators]), frame()
    for place, generator in enumerate(generators):
        np.testing.assert_array_equal(fade.render(shown, place / 4).pixels, open_one(generator).render(shown).pixels)
    run = np.stack([fade.render(shown, s).pixels.astype(int) for s in np.linspace(0, 1, 33)])
    assert 0.0 < np.abs(np.diff(run, axis=0)).mean(axis=(1, 2, 3)).max() < 20.0  # no cut anywhere


def test_what_does_not_fit_is_told(pair: tuple[Generator, Generator]) -> None:
    other = plain_generator(small(32), 1)
    assert engine.can_mix_weights(*pair) and not engine.can_mix_weights(pair[0], other)
    with pytest.raises(LivevizError, match="different layers"):
        engine.mix_weights(pair[0], other, 0.5)
    with pytest.raises(LivevizError, match="16x16, 32x32"):
        engine.Crossfade([open_one(pair[0]), open_one(other)])
    with pytest.raises(LivevizError, match="two or more"):
        engine.Crossfade([open_one(pair[0])])


def test_fields_fade_as_shapes_and_into_colours() -> None:
    """Two images of fields mix their planes and palettes; one of fields and one with colours mix what is seen."""
    planes = [np.full((8, 12, fields.COUNT), value, np.uint16) for value in (0, 65535)]
    palettes = [np.full((fields.COLOURS, 3), value, np.float32) for value in (0.2, 0.6)]
    one, two = (ImageFrame(p, n, palette=colours) for n, (p, colours) in enumerate(zip(planes, palettes, strict=True)))
    half = mix(one, two, 0.5)
    assert half.pixels.dtype == np.uint16 and abs(int(half.pixels[0, 0, 0]) - 32768) <= 1
    assert half.palette is not None and np.allclose(half.palette, 0.4)
    red = ImageFrame(np.tile(np.array([255, 0, 0, 255], np.uint8), (8, 12, 1)), 2)
    for pair in ((one, red), (red, one)):
        seen = mix(*pair, 0.5)
        assert seen.palette is None and seen.pixels.shape == (8, 12, 4)
        assert seen.pixels[4, 4, 0] >= 126 and seen.pixels[4, 4, 2] < 130
