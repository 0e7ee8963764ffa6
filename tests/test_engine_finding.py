"""A generator without directions: found beside the show, kept, and played when they are there."""

import logging
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from heart import frame, plain_generator, small

from liveviz import engine
from liveviz.engine import directions_finder
from liveviz.models import Generator, pca, read_directions, write_directions
from liveviz.spec import LivevizError

TURNED = {"pca.0": 3.0}


@pytest.fixture(scope="module")
def generator() -> Generator:
    return plain_generator(small(16, classes=2), 4)


def image(made: engine.Engine, values: dict[str, float]) -> np.ndarray:
    return made.render(frame(values)).pixels.astype(int)


def test_live_the_first_frame_does_not_wait(
    generator: Generator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    go, done, real = threading.Event(), threading.Event(), directions_finder.pca

    def slow(*args, **kwargs):  # type: ignore[no-untyped-def]
        assert go.wait(60)
        found = real(*args, **kwargs)
        done.set()
        return found

    monkeypatch.setattr(directions_finder, "pca", slow)
    made = engine.Engine("openvino", generator, precision="f32", threads=1, cache=tmp_path)
    plain = image(made, {})
    np.testing.assert_array_equal(image(made, TURNED), plain)  # not there yet: the knob does nothing
    go.set()
    assert done.wait(60)
    for _ in range(2000):
        if np.abs(image(made, TURNED) - plain).max() > 3:
            break
        threading.Event().wait(0.005)
    assert np.abs(image(made, TURNED) - plain).max() > 3
    np.testing.assert_array_equal(image(made, {}), plain)
    made.close()
    assert directions_finder.kept_path(tmp_path, generator).is_file()
    monkeypatch.setattr(directions_finder, "pca", None)  # the second time nothing is computed
    again = engine.Engine("openvino", generator, precision="f32", threads=1, cache=tmp_path, wait=True)
    assert np.abs(image(again, TURNED) - plain).max() > 3
    again.close()


def test_offline_they_are_there_at_once_and_the_same(generator: Generator) -> None:
    runs = []
    for _ in range(2):
        made = engine.Engine("openvino", generator, precision="f32", threads=1, wait=True)
        runs.append([image(made, TURNED), image(made, {})])
        made.close()
    np.testing.assert_array_equal(runs[0], runs[1])
    assert np.abs(runs[0][0] - runs[0][1]).max() > 3


def test_a_show_that_ends_at_once(generator: Generator) -> None:
    engine.Engine("openvino", generator, precision="f32", threads=1).close()
    assert not [thread for thread in threading.enumerate() if thread.name == "direction-finder"]


def test_the_cache_is_of_this_generator_alone(generator: Generator, tmp_path: Path) -> None:
    found = directions_finder.find(generator, tmp_path)
    path = directions_finder.kept_path(tmp_path, generator)
    assert path != directions_finder.kept_path(tmp_path, plain_generator(small(16, classes=2), 5))
    np.testing.assert_array_equal(read_directions(path, 20).components, found.components)
    measured = pca(generator, 300, 4)
    write_directions(path, measured)  # as `liveviz model pca` does
    np.testing.assert_array_equal(directions_finder.find(generator, tmp_path).components, measured.components)


@pytest.mark.parametrize("damage", [b"", b"\xff" * 500, "cut", "other"])
def test_a_damaged_cache_is_found_again(
    generator: Generator, tmp_path: Path, damage: bytes | str, caplog: pytest.LogCaptureFixture
) -> None:
    path = directions_finder.kept_path(tmp_path, generator)
    if damage == "other":
        write_directions(path, pca(plain_generator(small(16, w_dim=7)), 300, 4))
    elif damage == "cut":
        directions_finder.find(generator, tmp_path)
        path.write_bytes(path.read_bytes()[:-5])
    else:
        assert isinstance(damage, bytes)
        path.write_bytes(damage)
    with caplog.at_level(logging.WARNING):
        found = directions_finder.find(generator, tmp_path)
    assert found.components.shape == (16, 20) and len(caplog.records) == 1 and "again" in caplog.text
    np.testing.assert_array_equal(read_directions(path, 20).std, found.std)


def test_no_cache_can_be_written(generator: Generator, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "cache").write_bytes(b"a file where the folder should be")
    with caplog.at_level(logging.WARNING):
        assert len(directions_finder.find(generator, tmp_path / "cache").std) == 16
    assert "not kept" in caplog.text


def test_the_cache_does_not_grow_for_ever(
    generator: Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directions_finder, "KEPT_FILES", 3)
    found = pca(generator, 300, 2)
    for n in range(5):
        directions_finder.keep(tmp_path / f"{n}.directions", found)
        os.utime(tmp_path / f"{n}.directions", (1000 + n, 1000 + n))
    assert {path.name for path in tmp_path.iterdir()} == {"2.directions", "3.directions", "4.directions"}


def test_what_goes_wrong_is_told_and_the_show_goes_on(
    generator: Generator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*args, **kwargs):  # type: ignore[no-untyped-def]
        raise LivevizError("no directions here")

    monkeypatch.setattr(directions_finder, "pca", refuse)
    with caplog.at_level(logging.WARNING):
        made = engine.Engine("openvino", generator, precision="f32", threads=1)
        plain = image(made, {})
        np.testing.assert_array_equal(image(made, TURNED), plain)
        made.close()
    assert "no directions here" in caplog.text
