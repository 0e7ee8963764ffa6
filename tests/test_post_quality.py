"""Images in between and effects on fewer pixels: mixed as told, to the bit where nothing is mixed, and trails go on."""

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray
from post_kit import FOLDER, frame

from liveviz import post
from liveviz.spec import ImageFrame

SIZE = (96, 54)


def grey(level: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    return np.dstack([np.full((size[1], size[0], 3), level), np.full(size[::-1], 255)]).astype(np.uint8)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("before", [SIZE, (48, 27)])
def test_the_newest_image_is_mixed_with_the_one_before(
    ctx: moderngl.Context, share: float, before: tuple[int, int]
) -> None:
    chain = post.Chain(ctx, {}, SIZE, scale=1.0)
    chain.draw(ImageFrame(grey(40, before), 0), frame(), 0.0, 1 / 30)
    chain.draw(ImageFrame(grey(200), 1), frame(), 0.1, 1 / 30, share)
    np.testing.assert_allclose(chain.read(), 40 + 160 * share, atol=1)
    chain.close()


def test_whole_images_are_the_same_to_the_bit_after_a_mixture(ctx: moderngl.Context) -> None:
    random = np.random.RandomState(3)
    images = [np.dstack([random.randint(0, 256, (27, 48, 3)), np.full((27, 48), 255)]).astype(np.uint8) for _ in "ab"]
    seen = []
    for share in (1.0, 0.5):
        chain = post.Chain(ctx, {}, SIZE, scale=1.0)
        chain.draw(ImageFrame(images[0], 0), frame(), 0.0, 1 / 30)
        chain.draw(ImageFrame(images[1], 1), frame(), 0.1, 1 / 30, share)
        chain.draw(ImageFrame(images[1], 1), frame(), 0.2, 1 / 30)
        seen.append(chain.read())
        chain.close()
    np.testing.assert_array_equal(*seen)


def test_effects_on_fewer_pixels_keep_their_trails_and_the_canvas_its_size(ctx: moderngl.Context) -> None:
    shaders = {"feedback": post.shaders(FOLDER)["feedback"]}
    values = {"post__feedback__amount": 1.0, "post__feedback__decay": 8.0, "post__feedback__zoom": 0.0}

    def trail(rescale: bool) -> float:
        chain = post.Chain(ctx, shaders, SIZE, scale=1.0)
        chain.draw(ImageFrame(grey(255), 0), frame(**values), 0.0, 1 / 30)
        if rescale:
            chain.rescale(0.7)
        for n in range(1, 6):
            chain.draw(ImageFrame(grey(0), n), frame(**values), n / 30, 1 / 30)
        seen = chain.read()
        assert seen.shape == (54, 96, 3) and chain.effects == ("feedback",)
        chain.rescale(1.0)
        for n in range(6, 12):
            chain.draw(ImageFrame(grey(0), n), frame(**values), n / 30, 1 / 30)
        assert chain.read().mean() > 100.0
        chain.close()
        return float(seen.mean())

    kept, plain = trail(True), trail(False)
    assert plain > 150.0 and kept == pytest.approx(plain, rel=0.02)
    assert ctx.error == "GL_NO_ERROR"


def test_a_size_that_is_taken_back_before_it_came_changes_nothing(ctx: moderngl.Context) -> None:
    chain = post.Chain(ctx, post.shaders(FOLDER), SIZE, scale=1.0)
    chain.rescale(0.5)
    chain.draw(ImageFrame(grey(90), 0), frame(), 0.0, 1 / 30)
    chain.rescale(1.0)
    for n in range(12):
        texture = chain.draw(ImageFrame(grey(90), 0), frame(), n / 30, 1 / 30)
    assert texture.size == SIZE
    chain.close()
