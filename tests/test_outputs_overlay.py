"""The overlay shows its figures large and bright on dark, follows level, beat and frame times, and survives nonsense."""

import math
from collections.abc import Iterator
from dataclasses import replace

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray

from liveviz.outputs.overlay import HEIGHT_PIXELS, WIDTH_PIXELS, Overlay, OverlayStats

STATS = OverlayStats(
    time=1.0, fps=30.0, target_fps=30.0, frame_ms=[33.0] * 60, latency_ms=41.0, level=0.5, level_db=-12.0, bpm=120.0,
    control=("midi.cc.1", 0.5), model="default", mapping="chroma", backend="openvino", message="all is well",
)  # fmt: skip


@pytest.fixture
def overlay(ctx: moderngl.Context) -> Iterator[Overlay]:
    made = Overlay(ctx)
    yield made
    made.close()


def pixels(overlay: Overlay, stats: OverlayStats) -> NDArray[np.int32]:
    """[HEIGHT_PIXELS, WIDTH_PIXELS, 4], row 0 at the top."""
    texture = overlay.draw(stats)
    assert texture.size == (WIDTH_PIXELS, HEIGHT_PIXELS)
    return np.frombuffer(texture.read(), np.uint8).reshape(HEIGHT_PIXELS, WIDTH_PIXELS, 4)[::-1].astype(np.int32)


def test_large_bright_letters_on_a_dark_panel(overlay: Overlay) -> None:
    seen = pixels(overlay, STATS)
    assert seen[4, 4].tolist() == [6, 8, 11, 205], "dark, translucent, premultiplied"
    assert (seen[..., :3] <= seen[..., 3:]).all(), "premultiplied: no colour above its alpha"
    number = seen[:92, :160, 1] > 200
    rows = np.flatnonzero(number.any(axis=1))
    assert rows[-1] - rows[0] >= 45, "the figure to read from two metres is 45 lines high or more, of 720"
    assert 0.02 < (seen[..., 1] > 150).mean() < 0.5


def test_every_line_of_letters_follows_its_figure(overlay: Overlay) -> None:
    seen = pixels(overlay, STATS)
    changes = {
        "fps": 12.5, "target_fps": 60.0, "latency_ms": None, "level_db": -48.0, "bpm": 93.0, "late": 7, "dropped": 9,
        "control": ("osc", 0.1), "model": "other", "mapping": "knobs", "backend": "cuda", "message": "no sound",
    }  # fmt: skip
    for number, (name, value) in enumerate(changes.items(), start=2):
        other = pixels(overlay, replace(STATS, **{name: value}, time=float(number)))
        assert (other != seen).any(axis=2).sum() > 30, name
        assert np.array_equal(pixels(overlay, replace(STATS, time=number + 0.5)), seen), f"{name} leaves no trace"


def test_letters_change_ten_times_a_second_at_most(overlay: Overlay) -> None:
    seen = pixels(overlay, STATS)
    soon = pixels(overlay, replace(STATS, time=1.05, message="changed"))
    later = pixels(overlay, replace(STATS, time=1.11, message="changed"))
    assert np.array_equal(soon, seen) and not np.array_equal(later, seen)


def green(seen: NDArray[np.int32]) -> NDArray[np.bool_]:
    return (seen[..., 1] > 200) & (seen[..., 0] < 120) & (seen[..., 2] < 180)


def test_level_and_beat_and_graph_move_with_every_frame(overlay: Overlay) -> None:
    rows = slice(200, 232)
    widths = [green(pixels(overlay, replace(STATS, level=x)))[rows].any(axis=0).sum() for x in (0.0, 0.3, 0.6)]
    assert widths[0] == 0 and widths[2] == pytest.approx(2 * widths[1], abs=3)

    light = [pixels(overlay, replace(STATS, beat_phase=x))[240:290, :70, 2].sum() for x in (0.0, 0.5, 0.9)]
    assert light[0] > light[1] > light[2]

    graph = slice(96, 180)
    short = green(pixels(overlay, replace(STATS, frame_ms=[10.0] * 120)))[graph].sum()
    long = green(pixels(overlay, replace(STATS, frame_ms=[30.0] * 120)))[graph].sum()
    assert long == pytest.approx(3 * short, rel=0.2)
    late = pixels(overlay, replace(STATS, frame_ms=[30.0] * 60 + [90.0] * 60))[graph]
    red = (late[..., 0] > 200) & (late[..., 1] < 120)
    assert red[:, 300:].any() and not red[:, :270].any(), "the newest is on the right"


def test_nonsense_does_not_stop_it(overlay: Overlay) -> None:
    nan, inf = math.nan, math.inf
    odd = OverlayStats(
        time=5.0, fps=nan, target_fps=0.0, frame_ms=[nan, inf, -5.0] * 500, latency_ms=inf, level=nan, level_db=-inf,
        beat_phase=nan, bpm=nan, control=("x" * 500, nan), message="\u2603\n" * 300, model="m" * 99,
    )  # fmt: skip
    assert pixels(overlay, odd).any()
    assert pixels(overlay, replace(odd, time=nan, frame_ms=(), control=None)).any()


def test_an_error_is_read_to_its_did_you_mean(overlay: Overlay) -> None:
    """The end of a message that is as long as they are makes a difference to what is seen."""
    error = "show.toml:12: route.to: no parameter 'bend.zom' (did you mean 'bend.{}' or 'bend.erode' or 'bend.rotate'?); allowed: "
    one, other = (
        pixels(overlay, replace(STATS, time=t, message=error.format(n))) for t, n in ((2.0, "zoom"), (3.0, "blur"))
    )
    assert (one != other).any(axis=2).sum() > 30
    lines = (one[412:502, :, 0] > 150).any(axis=1)
    assert np.count_nonzero(np.diff(lines.astype(int)) == 1) == 3  # three lines of letters
