"""The engine of a show: topologies change beside it, and what is compiled is kept."""

import logging
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from heart import frame, plain_generator, small
from waiting import wait_until

from liveviz import bending, engine
from liveviz.engine import engine as show
from liveviz.models import Generator
from liveviz.spec import BendSetting, Channels, LivevizError
from liveviz.system.threads import stand_back

ZOOM8 = (BendSetting("zoom", 8, 0.3),)
TURN16 = (BendSetting("rotate", 16, 0.1),)
MOVE8, MOVE16 = ({bending.BendSlot(layer, "*move")} for layer in (8, 16))


@pytest.fixture(scope="module")
def generator() -> Generator:
    return plain_generator(small(32), 6)


def until(ready) -> None:  # type: ignore[no-untyped-def]
    """Wait for something that another thread does; the limit is a hang guard."""
    wait_until(ready, 60.0, "the builder has done it")


def test_offline_a_bend_is_there_at_once_and_twice_the_same(generator: Generator) -> None:
    runs = []
    for _ in range(2):
        made = engine.Engine("openvino", generator, precision="f32", threads=1, wait=True)
        assert made.topology == frozenset() and made.size == (32, 32) and made.name == "openvino"
        frames = [frame(), frame(bends=ZOOM8), frame(bends=(*ZOOM8, *TURN16)), frame()]
        runs.append([made.render(f).pixels for f in frames])
        assert made.topology == {(8, "*move"), (16, "*move")}
        made.close()
    np.testing.assert_array_equal(runs[0], runs[1])
    built = engine.create("openvino", generator, bends=MOVE8, precision="f32", threads=1)
    assert np.abs(built.render(frame(bends=ZOOM8)).pixels.astype(int) - runs[0][1]).max() <= 1
    assert np.abs(runs[0][0].astype(int) - runs[0][1]).mean() > 1


def test_live_the_image_goes_on_while_a_topology_is_built(
    generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, real = threading.Event(), show.create

    def slow(*args, **kwargs):  # type: ignore[no-untyped-def]
        if kwargs["bends"]:
            assert go.wait(60)
        return real(*args, **kwargs)

    monkeypatch.setattr(show, "create", slow)
    made = engine.Engine("openvino", generator, precision="f32", threads=1)
    plain = made.render(frame()).pixels
    for _ in range(5):  # the builder is held up, and frames come all the same, unbent
        np.testing.assert_array_equal(made.render(frame(bends=ZOOM8)).pixels, plain)
    assert sum(t.name == "engine-builder" for t in threading.enumerate()) == 1
    go.set()
    until(lambda: np.abs(made.render(frame(bends=ZOOM8)).pixels.astype(int) - plain).mean() > 1)
    assert made.topology == MOVE8
    until(lambda: made.render(frame(bends=TURN16)).pixels is not None and made.topology == {*MOVE8, *MOVE16})
    made.close()


def count_created(monkeypatch: pytest.MonkeyPatch) -> list[bending.Topology]:
    """The topologies of every backend that engines create from here on."""
    created, real = list[bending.Topology](), show.create

    def create(*args, **kwargs):  # type: ignore[no-untyped-def]
        created.append(kwargs["bends"])
        return real(*args, **kwargs)

    monkeypatch.setattr(show, "create", create)
    return created


def stands_back() -> bool:
    """Whether the calling thread does; only Linux lets it."""
    if sys.platform != "linux":
        return True
    me = threading.get_native_id()
    return os.sched_getscheduler(me) == os.SCHED_IDLE or os.getpriority(os.PRIO_PROCESS, me) == 15


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priorities of their own")
@pytest.mark.parametrize(("load", "entirely", "idle"), [(0.1, True, True), (1e3, True, False), (0.1, False, False)])
def test_who_stands_back_is_done_some_day(load: float, entirely: bool, idle: bool, monkeypatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, load, load))
    seen: list[tuple[bool, int, int]] = []

    def look() -> None:
        stand_back(entirely=entirely)
        me = threading.get_native_id()
        policy = os.sched_getscheduler(me) == os.SCHED_IDLE
        seen.append((policy, os.getpriority(os.PRIO_PROCESS, me), os.getpriority(os.PRIO_PROCESS, 0)))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [(idle, 0 if idle else 15, seen[0][2])] and os.sched_getscheduler(0) != os.SCHED_IDLE


def test_live_a_topology_is_compiled_elsewhere_first_and_by_a_thread_that_stands_back(
    generator: Generator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[tuple[bending.Topology, bool, bool]] = []
    late = threading.Event()

    def ahead(topology, wanted) -> None:  # type: ignore[no-untyped-def]
        asked.append((topology, wanted(), stands_back()))
        if topology == {*MOVE8, *MOVE16}:
            raise LivevizError("no room")
        if len(asked) > 2:
            until(lambda: not wanted())
            late.set()
            raise LivevizError("nobody wants it")

    made = engine.Engine("openvino", generator, precision="f32", threads=1, ahead=ahead)
    until(lambda: made.render(frame(bends=ZOOM8)).pixels is not None and made.topology == MOVE8)
    with caplog.at_level(logging.WARNING, "liveviz.engine"):
        until(lambda: made.render(frame(bends=TURN16)).pixels is not None and bool(caplog.records))
        assert [r.getMessage() for r in caplog.records] == ["layers [16] cannot be bent: no room"]
        made.render(frame(bends=(BendSetting("zoom", 32, 0.1),)))
        made.close()  # waits for nothing
    assert late.is_set() and len(caplog.records) == 1
    assert [a[0] for a in asked[:2]] == [MOVE8, {*MOVE8, *MOVE16}] and asked[0][1:] == (True, True)

    offline = engine.Engine("openvino", generator, precision="f32", threads=1, ahead=ahead, wait=True)
    offline.render(frame(bends=ZOOM8))
    assert len(asked) == 3
    offline.close()


def test_live_what_comes_in_is_warm_and_what_goes_is_closed_between_two_images(
    generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: dict[object, list[str]] = {}
    closed, real = [], show.create

    def watched(*args, **kwargs):  # type: ignore[no-untyped-def]
        made = real(*args, **kwargs)
        render, drawn[made] = made.render, []
        made.render = lambda f: drawn[made].append(threading.current_thread().name) or render(f)
        close = made.close
        made.close = lambda: closed.append((made, threading.current_thread().name)) or close()
        return made

    monkeypatch.setattr(show, "create", watched)
    made = engine.Engine("openvino", generator, precision="f32", threads=1)
    made.render(frame(bends=ZOOM8))
    until(lambda: not made.building)
    first, second = drawn
    assert drawn[second] == ["engine-builder"] and not closed
    made.render(frame(bends=ZOOM8))
    assert made.backend is second and not closed
    made.rest()
    assert closed == [(first, "MainThread")]
    made.close()
    assert [backend for backend, _ in closed] == [first, second]


def test_a_mask_that_comes_while_a_backend_is_built_holds_for_it_too(
    generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, real = threading.Event(), show.create

    def slow(*args, **kwargs):  # type: ignore[no-untyped-def]
        made = real(*args, **kwargs)
        assert not kwargs["bends"] or go.wait(60)
        return made

    monkeypatch.setattr(show, "create", slow)
    made = engine.Engine("openvino", generator, precision="f32", threads=1)
    noisy = frame({"noise_strength.fine": 4.0})
    plain = made.render(noisy).pixels.astype(int)
    made.render(frame(bends=ZOOM8))  # begins to build
    made.mask_noise(np.zeros((4, 4), np.float32))
    masked = made.render(noisy).pixels
    assert np.abs(masked - plain).max() > 20
    go.set()
    until(lambda: not made.building)
    first = made.backend
    np.testing.assert_allclose(made.render(noisy).pixels.astype(int), masked, atol=1)  # of another network
    assert made.backend is not first
    made.close()


def test_layers_that_nobody_bends_any_more_are_dropped(generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show, "RECENT", 3)
    made = engine.Engine("openvino", generator, precision="f32", threads=1, wait=True)
    made.render(frame(bends=ZOOM8))
    for _ in range(4):
        made.render(frame())
    assert made.topology == MOVE8  # nothing is built for the sake of dropping
    made.render(frame(bends=TURN16))
    assert made.topology == MOVE16


def test_a_topology_that_cannot_be_built_is_left_out_and_said_once(
    generator: Generator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = engine.Engine("openvino", generator, precision="f32", threads=1, wait=True)
    calls = []

    def fail(*args, **kwargs):  # type: ignore[no-untyped-def]
        calls.append(kwargs["bends"])
        raise LivevizError("out of luck")

    monkeypatch.setattr(show, "create", fail)
    with caplog.at_level(logging.WARNING, "liveviz.engine"):
        images = [made.render(frame(bends=ZOOM8)).pixels for _ in range(5)]
    assert calls == [MOVE8]
    assert sum("out of luck" in r.getMessage() for r in caplog.records) == 1
    np.testing.assert_array_equal(images[0], images[4])


def test_layers_that_are_not_there_start_no_builder(generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    made = engine.Engine("openvino", generator, precision="f32", threads=1)
    created = count_created(monkeypatch)
    made.render(frame(bends=(BendSetting("zoom", 64, 0.3), BendSetting("zoom", 7, 0.3))))
    made.close()  # waits for the builder
    assert not created


@pytest.mark.parametrize("backend", ["testcard", "reference"])
def test_backends_without_topologies(backend: str, generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    made = engine.Engine(backend, generator, wait=True)
    first, created = made.backend, count_created(monkeypatch)
    for _ in range(3):
        made.render(frame(bends=ZOOM8))
    if backend == "reference":
        assert made.backend is first and not created
    else:
        assert created == [MOVE8]  # asked for once, never again
    made.close()


def test_the_cache_keeps_what_was_compiled(
    generator: Generator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = tmp_path / "a" / "cache"

    def pixels(source: Generator = generator, **kwargs) -> np.ndarray:  # type: ignore[no-untyped-def]
        return (
            engine.create("openvino", source, cache=cache, precision="f32", threads=1, **kwargs).render(frame()).pixels
        )

    first = pixels()
    (blob,) = cache.rglob("*.openvino")
    written = blob.stat().st_mtime_ns
    np.testing.assert_array_equal(pixels(), first)
    assert list(cache.rglob("*.openvino")) == [blob] and blob.stat().st_mtime_ns == written
    for number, damage in enumerate((b"", b"text", blob.read_bytes()[:-9], blob.read_bytes()[:-1] + b"\x00\x01")):
        blob.write_bytes(damage)
        with caplog.at_level(logging.WARNING):
            np.testing.assert_array_equal(pixels(), first)
        assert sum("damaged" in r.getMessage() for r in caplog.records) == number + 1
    pixels(bends=MOVE8)
    pixels(plain_generator(generator.config, 7))
    assert len(list(cache.rglob("*.openvino"))) == 3  # another topology, another generator: other files


def test_a_cache_that_cannot_be_written_costs_time_only(
    generator: Generator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    made = engine.create("openvino", generator, cache=tmp_path / "file" / "cache", precision="f32", threads=1)
    assert made.render(frame()).pixels.any()
    assert any("nothing is kept" in r.getMessage() for r in caplog.records)


def test_another_op_at_a_bent_layer_is_another_network_and_other_channels_are_not(generator: Generator) -> None:
    made = engine.Engine("openvino", generator, precision="f32", threads=1, wait=True)
    made.render(frame(bends=ZOOM8))
    made.render(frame(bends=(*ZOOM8, BendSetting("blur", 8, 0.5))))
    assert made.topology == {*MOVE8, bending.BendSlot(8, "blur")}
    before = made.backend
    made.render(frame(bends=(BendSetting("rotate", 8, 0.3), BendSetting("blur", 8, 0.5, Channels((0, 2))))))
    assert made.backend is before
    made.render(frame(bends=(BendSetting("rotate", 8, 0.3, Channels((0, 2))),)))
    assert made.topology == {*MOVE8, bending.BendSlot(8, "blur"), bending.BendSlot(8, "*move.1")}


def test_a_show_begins_with_bends_or_with_the_stages_of_another(generator: Generator) -> None:
    first = engine.Engine("openvino", generator, precision="f32", threads=1, bends=(*ZOOM8, *TURN16))
    second = engine.Engine("openvino", plain_generator(small(16), 2), precision="f32", threads=1, bends=first.topology)
    assert first.topology == second.topology == {*MOVE8, *MOVE16}
    third = engine.Engine("openvino", plain_generator(small(16), 2), threads=1, bends=(BendSetting("zoom", 32, 0.1),))
    assert third.topology == frozenset()  # a layer that it has not


def test_a_mask_reaches_every_backend_that_is_built(generator: Generator) -> None:
    mask = np.zeros((8, 8), np.float32)
    made = engine.Engine("openvino", generator, precision="f32", threads=1, noise_mask=mask, wait=True)
    none, some = ({"noise_mask": amount} for amount in (1.0, 0.0))
    silent = frame({f"noise_strength.{part}": 0.0 for part in ("coarse", "middle", "fine")})
    np.testing.assert_array_equal(made.render(frame(none)).pixels, made.render(silent).pixels)
    assert (made.render(frame(none)).pixels != made.render(frame(some)).pixels).any()
    moved = made.render(frame(none, bends=ZOOM8)).pixels  # another backend
    np.testing.assert_array_equal(made.render(frame(silent.values, bends=ZOOM8)).pixels, moved)
