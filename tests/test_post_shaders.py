"""The contract of a post effect, kept by every file of shaders/: amount comes first, 0 is no effect at all, every input
does something, and nothing that a knob can reach makes the image invalid."""

from pathlib import Path

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray

from liveviz import post
from liveviz.post.library import parameter_name
from liveviz.spec import CORE_PARAMETERS, ImageFrame, ParameterFrame, Registry

FOLDER = Path(__file__).parents[1] / "shaders"
NAMES = sorted(path.stem for path in FOLDER.glob("*.fs"))
SIZE = (96, 54)


def images(count: int) -> list[NDArray[np.uint8]]:
    """A bright ring on dark blue with a gradient, moving to the right."""
    y, x = np.mgrid[0:54, 0:96]
    made = []
    for i in range(count):
        ring = np.exp(-(((np.hypot(x - 30 - 6 * i, y - 24) - 12) / 4.0) ** 2))
        rgb = np.dstack([30 + 220 * ring, 20 + 150 * ring + y, 60 + 120 * ring + x])
        made.append(np.dstack([rgb.clip(0, 255), np.full((54, 96), 255.0)]).astype(np.uint8))
    return made


def render(ctx: moderngl.Context, name: str, frames: int = 5, **values: float) -> NDArray[np.uint8]:
    """The last of `frames` images through one effect alone, at 30 fps, uint8 [54, 96, 3]."""
    shaders = {name: post.shaders(FOLDER)[name]}
    registry = Registry([*CORE_PARAMETERS, *post.parameters(shaders)])
    numbers = registry.defaults() | {parameter_name(name, key): value for key, value in values.items()}
    chain = post.Chain(ctx, shaders, SIZE, scale=1.0)
    assert chain.effects == (name,), "the effect does not compile"
    try:
        for i, pixels in enumerate(images(frames)):
            chain.draw(ImageFrame(pixels, i), ParameterFrame(i, i / 30, numbers, ()), 5.0 + i / 30, 1 / 30)
        seen = chain.read()
        for texture in chain.buffers:
            kind = np.float32 if texture.dtype == "f4" else np.uint8
            assert np.isfinite(np.frombuffer(texture.read(), kind)).all(), "a buffer holds no number"
        assert ctx.error == "GL_NO_ERROR"
        return seen
    finally:
        chain.close()


def test_every_file_is_tested() -> None:
    assert len(NAMES) >= 3 and {"feedback", "kaleidoscope", "colour"} <= set(NAMES)
    assert sorted(post.shaders(FOLDER)) == NAMES, "a file of shaders/ is refused"
    assert set(post.DEFAULT_ORDER) == set(NAMES), "DEFAULT_ORDER should place every effect that is shipped"


@pytest.mark.parametrize("name", NAMES)
def test_header(name: str) -> None:
    shader = post.shaders(FOLDER)[name]
    first = shader.inputs[0]
    assert (first.name, first.implicit) == ("amount", False)
    assert shader.help
    assert all(p.help for p in post.parameters({name: shader}))
    assert all(i.help for i in shader.inputs[1:]), "every knob says what it does in LABEL"


@pytest.mark.parametrize("name", NAMES)
def test_amount_0_is_the_image_itself_and_amount_1_is_not(ctx: moderngl.Context, name: str) -> None:
    plain = images(5)[-1][..., :3]
    assert np.array_equal(render(ctx, name, amount=0.0), plain)
    seen = render(ctx, name, amount=1.0)
    assert np.abs(seen.astype(int) - plain).mean() > 1.0
    assert seen.std() > 5.0, "there is still an image"
    # half way is between, not a jump: the first touch of the knob is gentle
    assert np.abs(render(ctx, name, amount=0.02).astype(int) - plain).mean() < 6.0


@pytest.mark.parametrize("name", NAMES)
def test_same_input_same_pixels(ctx: moderngl.Context, name: str) -> None:
    assert np.array_equal(render(ctx, name, amount=0.8), render(ctx, name, amount=0.8))


@pytest.mark.parametrize("name", NAMES)
def test_every_input_from_end_to_end(ctx: moderngl.Context, name: str) -> None:
    for entry in post.shaders(FOLDER)[name].inputs[1:]:
        low = render(ctx, name, amount=1.0, **{entry.name: entry.low})
        high = render(ctx, name, amount=1.0, **{entry.name: entry.high})
        # both ends may be the same place of a circle, so a third one is asked for
        third = render(ctx, name, amount=1.0, **{entry.name: entry.low + 0.37 * (entry.high - entry.low)})
        differences = [np.abs(low.astype(int) - other).mean() for other in (high, third)]
        assert max(differences) > 0.3, f"{entry.name} does nothing"


@pytest.mark.parametrize("name", NAMES)
def test_all_knobs_at_their_ends_together(ctx: moderngl.Context, name: str) -> None:
    inputs = post.shaders(FOLDER)[name].inputs
    for end in ("low", "high"):
        render(ctx, name, **({i.name: getattr(i, end) for i in inputs} | {"amount": 1.0}))
