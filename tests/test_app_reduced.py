"""A generator drawn with less in the middle of a show: at once where it was prepared, never at the cost of an image."""

import dataclasses
import time
from pathlib import Path

import pytest
from heart import frame

from liveviz import models
from liveviz.models import Card
from liveviz.runtime import paths
from liveviz.runtime.model_swap import Playing
from liveviz.runtime.open_generator import Opener
from liveviz.runtime.quality import start as quality_start
from liveviz.runtime.quality import steps as quality_steps
from liveviz.runtime.quality.reduced import Reduction

LIGHT, SMALL = Reduction(light=True), Reduction(small=True)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, lighter, most in (("heavy", "feather", 32), ("feather", "", 8), ("alone", "nobody", 16)):
        generator = models.new(models.small_config(128, 1024, most), 1)
        card = Card(name, False, "CC0-1.0", "a test", lighter=lighter)
        models.write_bundle(tmp_path / name, dataclasses.replace(generator, card=card))
    monkeypatch.setattr(paths, "model_folders", lambda: [tmp_path])
    monkeypatch.setattr(paths, "cache", lambda: tmp_path / "cache")
    return tmp_path


def play(name: str) -> Playing:
    return Playing(name, frozenset(), lambda size: True, Opener("openvino"))


def until(playing: Playing, size: tuple[int, int]) -> int:
    """Images until one of that size comes; all before are whole ones."""
    end, count = time.monotonic() + 30, 0
    while (found := playing.render(frame()).pixels.shape[:2][::-1]) != size:
        assert found == (128, 128) and time.monotonic() < end
        count += 1
    return count


def test_what_was_prepared_is_there_at_once(folder: Path) -> None:
    playing = play("heavy")
    whole = playing.render(frame()).pixels
    playing.prepare(SMALL, frame())
    playing.reduce(SMALL)
    assert until(playing, (64, 64)) == 0
    playing.reduce(Reduction())
    assert (playing.render(frame()).pixels == whole).all()  # and back at once, to the bit
    playing.close()


def test_what_was_not_prepared_comes_when_it_is_ready(folder: Path) -> None:
    playing = play("heavy")
    playing.reduce(SMALL)
    until(playing, (64, 64))
    playing.reduce(Reduction(light=True, small=True))
    end = time.monotonic() + 30
    small = playing.render(frame()).pixels
    while (playing.render(frame()).pixels == small).all():  # as before, not as whole
        assert time.monotonic() < end
    assert playing.render(frame()).pixels.shape == (64, 64, 4)
    playing.close()


def test_what_there_is_not_leaves_the_image_as_it_is(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    playing = play("alone")  # its card names a bundle that is not here
    whole = playing.render(frame()).pixels
    assert playing.cost(LIGHT) is None
    playing.prepare(LIGHT, frame())
    playing.reduce(LIGHT)
    for _ in range(3):
        assert (playing.render(frame()).pixels == whole).all()
    told = [r.getMessage() for r in caplog.records if "nobody" in r.getMessage()]
    assert told and all("\n" not in line for line in told)
    playing.close()


def test_costs_are_those_of_the_networks(folder: Path) -> None:
    playing = play("heavy")
    costs = [playing.cost(what) for what in (LIGHT, SMALL, Reduction(True, True))]
    assert all(cost is not None and 0.0 < cost < 1.0 for cost in costs)
    assert costs[2] < min(costs[0], costs[1])  # type: ignore[type-var]
    playing.close()


def test_a_show_begins_where_it_settled_before(folder: Path) -> None:
    kept = quality_start.Kept("cpu", "wide", (1280, 720))
    assert kept.read() == ""
    kept.write("small-effects")
    assert quality_start.Kept("cpu", "wide", (1280, 720)).read() == "small-effects"
    assert quality_start.Kept("cpu", "wide", (1920, 1080)).read() == ""
    (written,) = (folder / "cache").glob("quality-*")
    written.write_text("nonsense" * 40)
    assert kept.read() == ""


def test_what_is_measured_before_a_show() -> None:
    drawn: list[object] = []
    assert 0.0 <= quality_start.alone_s(drawn.append) < 0.01 and drawn  # nothing is drawn in no time
    start = quality_start.Start(0.2, 0.7, 0.15)
    assert [s.name for s in start.steps(False)] == [n for n in quality_steps.STEP_NAMES if n != "small-effects"]
    assert [s.name for s in start.steps(True)] == [n for n in quality_steps.STEP_NAMES if n != "in-between"]


def test_what_images_take_is_kept_for_these_facts_alone(folder: Path) -> None:
    costs = quality_start.Costs("a CPU", "f32", "0123")
    for n, (whole, light) in enumerate([(0.012, 0.3), (0.010, 0.9), (0.030, 0.25)]):
        assert costs.read() is None, n
        costs.write(quality_start.Start(light, 0.7, None, whole))
    assert costs.read() == quality_start.Start(0.25, 0.7, None, 0.010)
    assert quality_start.Costs("a CPU", "f32", "0123").read() == costs.read()
    assert quality_start.Costs("a CPU", "bf16", "0123").read() is None
    (written,) = (folder / "cache").rglob("*.costs")
    written.write_bytes(written.read_bytes()[:-1])
    assert costs.read() is None
