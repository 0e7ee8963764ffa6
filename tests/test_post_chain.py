"""The chain: images lie upright and undistorted on every canvas, effects come in order and only when asked for, and a
broken shader or a collection's file does not stop the show."""

import logging
import math
from pathlib import Path

import moderngl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from post_kit import FOLDER, frame

from liveviz import post
from liveviz.post.chain import work_scale
from liveviz.post.fit import Fit, quads
from liveviz.spec import ImageFrame, LivevizError

SIDES = st.integers(40, 150)


def rgba(rgb: NDArray[np.generic]) -> NDArray[np.uint8]:
    return np.dstack([rgb, np.full(rgb.shape[:2], 255)]).astype(np.uint8)


def show(
    ctx: moderngl.Context, pixels: NDArray[np.uint8], size: tuple[int, int], fit: int, scale: float | None = 1.0
) -> NDArray[np.uint8]:
    chain = post.Chain(ctx, {}, size, scale=scale)
    try:
        chain.draw(ImageFrame(pixels, 0), frame(stage__fit=fit), 0.0, 1 / 30)
        return chain.read()
    finally:
        chain.close()


def isf(folder: Path, name: str, header: str, body: str) -> dict[str, post.IsfShader]:
    (folder / f"{name}.fs").write_text(f"/*{header}*/\n{body}\n")
    return post.shaders(folder)


def once(ctx: moderngl.Context, shaders: dict[str, post.IsfShader], frames: int = 1, **values: float) -> list[int]:
    """Middle pixel after some frames of a grey image (100, 100, 100) on a canvas of 8x4, at 10 fps."""
    chain = post.Chain(ctx, shaders, (8, 4), scale=1.0)
    try:
        grey = rgba(np.full((4, 8, 3), 100))
        for i in range(frames):
            chain.draw(ImageFrame(grey, i), frame(**values), 3.0 + i / 10, 0.1)
        return chain.read()[2, 4].tolist()
    finally:
        chain.close()


@pytest.mark.parametrize("fit", [0, 1, 2])
@pytest.mark.parametrize("scale", [1.0, 0.5])
@pytest.mark.parametrize("size", [(64, 64), (160, 64), (64, 160)])
def test_the_top_left_of_the_image_is_at_the_top_left(
    ctx: moderngl.Context, fit: int, scale: float, size: tuple[int, int]
) -> None:
    rgb = np.zeros((32, 32, 3))
    rgb[:16, :16], rgb[:16, 16:], rgb[16:, :16], rgb[16:, 16:] = (250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0)
    seen = show(ctx, rgba(rgb), size, fit, scale).astype(int)
    assert seen.shape == (size[1], size[0], 3)
    cx, cy = size[0] // 2, size[1] // 2
    for dx, dy, colour in [(-1, -1, (250, 0, 0)), (1, -1, (0, 250, 0)), (-1, 1, (0, 0, 250)), (1, 1, (250, 250, 0))]:
        assert np.abs(seen[cy + 16 * dy, cx + 16 * dx] - colour).max() <= 6
    corner = seen[2, 2] if fit == 1 or size[0] == size[1] else None
    if corner is not None:
        assert np.abs(corner - (250, 0, 0)).max() <= 6


@pytest.mark.parametrize("fit", [0, 1, 2])
def test_an_image_of_the_canvas_size_is_not_touched(ctx: moderngl.Context, fit: int) -> None:
    pixels = np.random.RandomState(fit).randint(0, 256, (37, 53, 4)).astype(np.uint8)
    assert np.array_equal(show(ctx, pixels, (53, 37), fit), pixels[..., :3])


@pytest.mark.parametrize("fit", [0, 1, 2])
@pytest.mark.parametrize("canvas", [(160, 160), (320, 320), (480, 320), (256, 160)])
def test_the_frame_that_zero_padding_leaves_is_not_shown_enlarged(
    ctx: moderngl.Context, fit: int, canvas: tuple[int, int]
) -> None:
    pixels = np.full((160, 160, 4), 90, np.uint8)
    pixels[[0, -1]] = pixels[:, [0, -1]] = 255
    seen = show(ctx, pixels, canvas, fit)
    at_its_own_size = canvas == (160, 160) or (fit == 0 and canvas[1] == 160)
    assert (seen.max() == 255) == at_its_own_size


def test_an_image_smaller_by_an_even_margin_lies_exactly_in_the_middle(ctx: moderngl.Context) -> None:
    pixels = np.random.RandomState(5).randint(0, 256, (40, 20, 4)).astype(np.uint8)
    contained = show(ctx, pixels, (70, 40), 0)
    assert np.array_equal(contained[:, 25:45], pixels[..., :3])
    assert not contained[:, :25].any() and not contained[:, 45:].any()
    mirrored = show(ctx, pixels, (70, 40), 2)
    assert np.array_equal(mirrored[:, 25:45], pixels[..., :3])
    assert np.array_equal(mirrored[:, 5:25], pixels[:, ::-1, :3])
    assert np.array_equal(mirrored[:, 45:65], pixels[:, ::-1, :3])
    assert np.array_equal(mirrored[:, :5], pixels[:, -5:, :3])


@settings(derandomize=True, max_examples=20, deadline=None)
@given(st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES), st.sampled_from([0, 1, 2]))
def test_a_circle_stays_round(ctx: moderngl.Context, image: tuple[int, int], canvas: tuple[int, int], fit: int) -> None:
    (pw, ph), (cw, ch) = image, canvas
    enlargement = (max if fit == 1 else min)(cw / pw, ch / ph)
    radius = 0.3 * min(pw, ph, cw / enlargement, ch / enlargement)
    y, x = np.mgrid[0:ph, 0:pw] + 0.5
    disc = np.clip(radius + 0.5 - np.hypot(x - pw / 2, y - ph / 2), 0, 1) * 255
    seen = show(ctx, rgba(np.dstack([disc] * 3)), canvas, fit)[..., 0].astype(float)
    y, x = np.mgrid[0:ch, 0:cw] + 0.5
    seen[(np.abs(x - cw / 2) > pw * enlargement / 2) | (np.abs(y - ch / 2) > ph * enlargement / 2)] = 0  # mirrored ones
    weight = seen.sum()
    dx, dy = x - (x * seen).sum() / weight, y - (y * seen).sum() / weight
    assert abs((x * seen).sum() / weight - cw / 2) < 1.0 and abs((y * seen).sum() / weight - ch / 2) < 1.0
    wide, high = (math.sqrt((d * d * seen).sum() / weight) for d in (dx, dy))
    expected = radius * enlargement / 2  # standard deviation along an axis of an even disc
    assert wide == pytest.approx(expected, rel=0.06, abs=0.3)
    assert wide == pytest.approx(high, rel=0.03, abs=0.15)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.tuples(st.integers(1, 3000), st.integers(1, 3000)), st.tuples(st.integers(1, 3000), st.integers(1, 3000)))
def test_cover_and_mirror_leave_no_part_of_the_canvas_black(image: tuple[int, int], canvas: tuple[int, int]) -> None:
    for mode in (1, 2):
        corners = quads(image, canvas, mode)
        for axis in (0, 1):
            assert corners[:, axis].min() <= -1 + 1e-4 and corners[:, axis].max() >= 1 - 1e-4
        assert len(corners) % 6 == 0 and len(corners) <= 6 * (max(canvas) + 3)


def test_enlarging_in_a_hurry_shows_no_lattice(ctx: moderngl.Context) -> None:
    """A smooth wave enlarged 2.8 times: the error to the true wave is half of what plain bilinear leaves."""
    wave = lambda n, size: 128 + 100 * np.sin((np.arange(n) + 0.5) / n * 2 * np.pi * 12)[None, :].repeat(size, 0)  # noqa: E731
    seen = show(ctx, rgba(np.dstack([wave(64, 64)] * 3)), (180, 180), 0, None)[90, 20:160, 0].astype(float)
    true = wave(180, 1)[0, 20:160]
    at = (np.arange(20, 160) + 0.5) / 180 * 64 - 0.5
    bilinear = np.interp(at, np.arange(64), wave(64, 1)[0])
    assert np.abs(seen - true).mean() < 0.6 * np.abs(bilinear - true).mean()


@pytest.mark.parametrize("angle", [0.0, 0.4, math.pi / 4, math.pi / 2])
def test_enlarging_makes_soft_edges_steep_where_they_are(ctx: moderngl.Context, angle: float) -> None:
    """An edge that rises over 5 pixels, enlarged 4 times: steeper by a third, in its place, without halo or stripes."""

    def edge(n: int) -> NDArray[np.floating]:
        y, x = (np.mgrid[0:n, 0:n] + 0.5) / n * 64 - 32
        return 60 + 140 / (1 + np.exp(-1.2 * (x * math.cos(angle) + y * math.sin(angle))))

    image = rgba(np.dstack([edge(64)] * 3).round())
    soft, crisp = (show(ctx, image, (256, 256), 0, scale)[..., 0].astype(float) for scale in (None, 1.0))
    middle = (slice(64, 192), slice(64, 192))
    slope = [np.hypot(*np.gradient(seen[middle])).max() for seen in (soft, crisp)]
    assert slope[1] > 1.33 * slope[0]
    assert crisp.min() >= 57 and crisp.max() <= 203
    true = edge(256)[middle]
    assert ((crisp[middle] > 130) == (true > 130))[np.abs(true - 130) > 18].all()
    near = np.abs(true - 130) < 66
    same = np.polynomial.Polynomial.fit(true[near], crisp[middle][near], 5)(true[near])
    assert np.abs(crisp[middle][near] - same).mean() < 3, "what is as far from the edge is as light"


def test_enlarging_leaves_grain_as_it_is(ctx: moderngl.Context) -> None:
    grain = np.random.RandomState(2).randint(-4, 5, (64, 64, 1)) + 128.0
    soft, crisp = (show(ctx, rgba(grain.repeat(3, 2)), (256, 256), 0, s)[40:216, 40:216].std() for s in (None, 1.0))
    assert crisp < 1.6 * soft


def test_a_show_without_a_gpu_enlarges_cheaply_and_says_so(
    ctx: moderngl.Context, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "liveviz.post"):
        post.Chain(ctx, {}, (1280, 720), scale=1.0).close()
        assert not caplog.records
        post.Chain(ctx, {}, (1280, 720)).close()
    assert len(caplog.records) == ("llvmpipe" in ctx.info["GL_RENDERER"])
    assert all("no GPU draws here" in r.getMessage() and "730x411" in r.getMessage() for r in caplog.records)


def test_the_same_image_is_uploaded_once(ctx: moderngl.Context, monkeypatch: pytest.MonkeyPatch) -> None:
    uploads = []
    upload = Fit.upload
    monkeypatch.setattr(Fit, "upload", lambda self, pixels: (uploads.append(1), upload(self, pixels))[1])
    chain = post.Chain(ctx, {}, (16, 16), scale=1.0)
    pixels = rgba(np.full((16, 16, 3), 10))
    image = ImageFrame(pixels, 7, 1.0)
    for _ in range(3):
        chain.draw(image, frame(), 0.0, 0.1)
    assert len(uploads) == 1
    pixels[:] = 99  # a mailbox writes the next image into the same memory
    chain.draw(ImageFrame(pixels, 8, 1.1), frame(), 0.1, 0.1)
    assert len(uploads) == 2 and chain.read()[0, 0].tolist() == [99, 99, 99]
    chain.draw(ImageFrame(rgba(np.full((8, 4, 3), 50)), 9), frame(stage__fit=1), 0.2, 0.1)
    assert (chain.read() == 50).all()
    chain.close()


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4, 3), np.uint8),
        np.zeros((4, 4, 4), np.float32),
        np.zeros((0, 4, 4), np.uint8),
        np.zeros(4, np.uint8),
    ],
)
def test_what_is_no_image_is_refused(ctx: moderngl.Context, pixels: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="uint8"):
        show(ctx, pixels, (16, 16), 0)


@pytest.mark.parametrize("size", [(0, 0), (-1, 5), (10**6, 10)])
def test_an_impossible_canvas_is_one_clear_line(ctx: moderngl.Context, size: tuple[int, int]) -> None:
    with pytest.raises(LivevizError, match="allowed: 1x1 to"):
        post.Chain(ctx, {}, size)


def test_order_and_skipping(ctx: moderngl.Context, tmp_path: Path) -> None:
    header = '{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}'
    isf(tmp_path, "double", header, "void main() { gl_FragColor = IMG_THIS_PIXEL(inputImage) * 2.0; }")
    both = isf(tmp_path, "less", header, "void main() { gl_FragColor = IMG_THIS_PIXEL(inputImage) - 20.0 / 255.0; }")
    on = {"post__double__amount": 1.0, "post__less__amount": 1.0}
    assert once(ctx, both, **on) == [180, 180, 180]
    assert once(ctx, both, post__less__amount=1.0) == [80, 80, 80]
    assert once(ctx, both) == [100, 100, 100]
    chain = post.Chain(ctx, both, (8, 4), ("less", "unheard-of"), scale=1.0)
    assert chain.effects == ("less", "double")
    chain.draw(ImageFrame(rgba(np.full((4, 8, 3), 100)), 0), frame(**on), 0.0, 0.1)
    assert chain.read()[0, 0].tolist() == [160, 160, 160]
    chain.close()


def test_a_broken_shader_is_bypassed_with_one_warning(
    ctx: moderngl.Context, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    isf(tmp_path, "good", "{}", "void main() { gl_FragColor = vec4(1.0, 0.0, 0.0, 1.0); }")
    shaders = isf(tmp_path, "broken", "{}", "\n\nvoid main() { gl_FragColor = vec4(nonsense); }")
    with caplog.at_level(logging.WARNING):
        assert once(ctx, shaders, 3, post__broken__amount=1.0, post__good__amount=1.0) == [255, 0, 0]
    assert len(caplog.records) == 1
    text = caplog.records[0].getMessage()
    assert "broken" in text and "nonsense" in text and "\n" not in text
    assert "4(" in text or ":4" in text, "the line is that of the file"


GLSL = [
    ("generator", "{}", "void main() { gl_FragColor = vec4(0.2, 0.4, 0.6, 1.0); }", 1, [51, 102, 153]),
    (
        "time",
        "{}",
        "void main() { gl_FragColor = vec4(TIME, TIMEDELTA, float(FRAMEINDEX) / 255.0, 1); }",
        6,
        [128, 26, 5],
    ),
    ("size", "{}", "void main() { gl_FragColor = vec4(RENDERSIZE / 255.0, float(PASSINDEX), 1); }", 1, [8, 4, 0]),
    ("place", "{}", "void main() { gl_FragColor = vec4(isf_FragNormCoord, 0, 1); }", 1, [143, 96, 0]),
    (
        "reads",
        '{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}',
        "void main() { gl_FragColor = vec4(IMG_PIXEL(inputImage, vec2(1.5, 1.5)).r,"
        " IMG_NORM_PIXEL(inputImage, vec2(0.5)).g * 0.5, IMG_SIZE(inputImage).x / 255.0, 1); }",
        1,
        [100, 50, 8],
    ),
    (
        "constants",
        '{"INPUTS": [{"NAME": "tint", "TYPE": "color", "DEFAULT": [0.2, 0.4, 0, 1]},'
        ' {"NAME": "at", "TYPE": "point2D", "DEFAULT": [0.6, 0.8]}]}',
        "void main() { gl_FragColor = vec4(tint.rg, at.x, 1); }",
        1,
        [51, 102, 153],
    ),
    (
        "counter",
        '{"PASSES": [{"TARGET": "store", "PERSISTENT": true, "FLOAT": true}]}',
        "void main() { gl_FragColor = IMG_THIS_PIXEL(store) + vec4(1.0 / 255.0, 0, 0, 0); }",
        7,
        [7, 0, 0],
    ),
    (
        "small",
        '{"PASSES": [{"TARGET": "tiny", "WIDTH": "$WIDTH/4", "HEIGHT": 2}, {}]}',
        "void main() { if (PASSINDEX == 0) gl_FragColor = vec4(RENDERSIZE / 255.0, 0, 1);"
        " else gl_FragColor = vec4(IMG_NORM_PIXEL(tiny, vec2(0.5)).rg, IMG_SIZE(tiny).y / 255.0, 1); }",
        1,
        [2, 2, 2],
    ),
    (
        "old",
        "{}",
        "#version 120\nvoid main(void) { gl_FragColor = vec4(vv_FragNormCoord.x, 0, 0, 1); }",
        1,
        [143, 0, 0],
    ),
]


@pytest.mark.parametrize(("name", "header", "body", "frames", "expected"), GLSL, ids=[g[0] for g in GLSL])
def test_the_dialect_of_shader_collections(
    ctx: moderngl.Context, tmp_path: Path, name: str, header: str, body: str, frames: int, expected: list[int]
) -> None:
    seen = once(ctx, isf(tmp_path, name, header, body), frames, **{f"post__{name}__amount": 1.0})
    assert np.abs(np.array(seen) - expected).max() <= 1
    mixed = once(ctx, post.shaders(tmp_path), frames, **{f"post__{name}__amount": 0.5})
    if name != "counter":
        assert np.abs(np.array(mixed) - (np.array(expected) + 100) / 2).max() <= 1.5


def test_long_and_bool_arrive_as_such(ctx: moderngl.Context, tmp_path: Path) -> None:
    header = '{"INPUTS": [{"NAME": "n", "TYPE": "long", "VALUES": [1, 10, 200]}, {"NAME": "on", "TYPE": "bool"}]}'
    body = "void main() { gl_FragColor = vec4(float(n) / 255.0, on ? 1.0 : 0.0, 0, 1); }"
    shaders = isf(tmp_path, "x", header, body)
    for n, on, expected in [(1, 0, [1, 0, 0]), (12.0, 1, [10, 255, 0]), (180.0, 0.4, [200, 0, 0])]:
        assert once(ctx, shaders, post__x__amount=1.0, post__x__n=n, post__x__on=on) == expected


def flash(ctx: moderngl.Context, fps: int, seconds: float) -> float:
    """Light that is left of a white flash of 1/10 s, some seconds after it: mean of the canvas."""
    shaders = {"feedback": post.shaders(FOLDER)["feedback"]}
    chain = post.Chain(ctx, shaders, (64, 36), scale=1.0)
    still = {f"post__feedback__{k}": 0.0 for k in ("zoom", "rotate", "hue")}
    values = frame(post__feedback__amount=1.0, post__feedback__decay=1.0, **still)
    try:
        for i in range(round(fps * (0.1 + seconds))):
            light = 255 if i < fps // 10 else 0
            chain.draw(ImageFrame(rgba(np.full((36, 64, 3), light)), i), values, i / fps, 1 / fps)
        return float(chain.read().mean())
    finally:
        chain.close()


def test_trails_fade_in_seconds_not_in_frames(ctx: moderngl.Context) -> None:
    slow, fast = flash(ctx, 20, 1.0), flash(ctx, 120, 1.0)
    assert slow == pytest.approx(fast, rel=0.05)
    assert 255 * math.exp(-1.0) == pytest.approx(fast, rel=0.25)
    assert flash(ctx, 30, 9.0) < 0.5, "a trail ends; it does not stay as a grey veil"


def test_switching_feedback_on_shows_nothing_from_before(ctx: moderngl.Context) -> None:
    chain = post.Chain(ctx, {"feedback": post.shaders(FOLDER)["feedback"]}, (32, 18), scale=1.0)
    white, black = (rgba(np.full((18, 32, 3), v)) for v in (255, 0))
    on, off = frame(post__feedback__amount=1.0), frame()
    chain.draw(ImageFrame(white, 0), on, 0.0, 0.03)
    chain.draw(ImageFrame(black, 1), off, 0.1, 0.03)
    assert chain.read().max() == 0
    chain.draw(ImageFrame(black, 2), on, 0.2, 0.03)
    assert chain.read().max() == 0
    chain.draw(ImageFrame(white, 3), on, 0.3, 0.03)
    chain.reset()
    chain.draw(ImageFrame(black, 4), on, 50.0, 0.03)
    assert chain.read().max() == 0
    chain.close()


def test_only_a_software_renderer_works_on_fewer_pixels() -> None:
    assert work_scale("NVIDIA GeForce RTX 4090/PCIe/SSE2", (3840, 2160)) == 1.0
    assert work_scale("llvmpipe (LLVM 15.0.6, 256 bits)", (320, 240)) == 1.0
    part = work_scale("llvmpipe (LLVM 15.0.6, 256 bits)", (1280, 720))
    assert 0.4 < part < 0.7


def test_fewer_pixels_look_the_same_from_a_distance(ctx: moderngl.Context) -> None:
    y, x = np.mgrid[0:64, 0:64] / 64
    image = rgba(np.dstack([255 * x, 255 * y, 128 + 100 * np.sin(6 * x + 4 * y)]))
    whole, part = (show(ctx, image, (128, 128), 2, scale).astype(float) for scale in (1.0, 0.57))
    assert np.abs(whole - part).mean() < 2.0
