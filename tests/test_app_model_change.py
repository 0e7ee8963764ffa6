"""Another generator in the middle of a show: it comes in at a beat, with a fade, and never at the cost of the one that
plays."""

import dataclasses
import math
import os
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from heart import bundle
from live_show import LiveShow, ask, free_port, read_stats
from pythonosc.udp_client import SimpleUDPClient
from waiting import pace, wait_until

from liveviz import models
from liveviz.engine import Engine
from liveviz.mapping import Performer
from liveviz.models import Card
from liveviz.runtime import composition, model_swap, paths
from liveviz.runtime.model_swap import Playing
from liveviz.runtime.open_generator import Opened, Opener
from liveviz.signals import outputs
from liveviz.spec import LivevizError, ParameterFrame

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("engines")
    for name, resolution, seed in (("one", 32, 1), ("two", 32, 2), ("three", 64, 3)):
        bundle(folder, name, resolution, seed)
    (folder / "broken").mkdir()
    (folder / "broken" / "generator.safetensors").write_bytes(b"\0" * 100)
    (folder / "broken" / "card.toml").write_text("")
    return folder


class Watched(Opener):
    """Opens engines as a show's does, and remembers what it opened: `opened` by name, and `way`, the engines between two.

    prepares: what a test does instead of compiling elsewhere.
    """

    def __init__(self, prepares: Callable[..., object]) -> None:
        super().__init__("auto")
        self.prepares, self.opened, self.way = prepares, dict[str, Opened](), list[Engine]()

    def prepare(self, *asked: Any) -> None:
        self.prepares(*asked)

    def open(self, name: str, bends: Any) -> Opened:
        self.opened[name] = super().open(name, bends)
        return self.opened[name]

    def between(self, a: Opened, b: Opened) -> list[Engine]:
        self.way = super().between(a, b)
        return self.way


@pytest.fixture
def playing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest):
    """One that plays `one`; whatever its `opener` prepares waits for `gate`. Its parameter is the budget, seconds."""
    monkeypatch.setattr(paths, "model_folders", lambda: [folder])
    monkeypatch.setattr(paths, "cache", lambda: tmp_path)
    monkeypatch.setattr(model_swap, "SETTLE_S", 0.0)
    gate = threading.Event()
    opener = Watched(lambda *asked: gate.wait(20))
    made = Playing("one", frozenset(), lambda size: size[0] <= 64, opener, getattr(request, "param", math.inf))
    made.gate, made.opener = gate, opener  # type: ignore[attr-defined]
    yield made
    gate.set()
    made.close()


class Frames:
    """ParameterFrames of a quiet show, 25 a second, on a beat of 120 BPM."""

    def __init__(self) -> None:
        program = composition.load_mapping("version = 1\n")
        self.show, self.n = Performer(program, composition.registry(), outputs(), seed=5), 0
        self.still = self.show.step(None, 0.0, 0.04)

    def next(self) -> ParameterFrame:
        self.n += 1
        return dataclasses.replace(self.still, sequence=self.n, time=0.04 * self.n, beats=0.08 * self.n)


def until_made(playing: Playing) -> None:
    """Wait for what `render` has begun to make."""
    wait_until(lambda: not playing.making, 30.0, "it is made")


def far(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(np.int16) - b).mean())


def test_it_waits_for_a_beat_fades_and_is_there(playing: Playing, folder: Path) -> None:
    frames = Frames()
    before = playing.render(frames.next()).pixels
    playing.ask("two")
    shown = [playing.render(frames.next()).pixels for _ in range(5)]
    assert all(far(p, before) == 0.0 for p in shown)  # it is being made, and nothing waits
    assert playing.coming is not None and playing.coming.words(0.0).startswith("model two comes: ")
    playing.gate.set()  # type: ignore[attr-defined]
    until_made(playing)
    beats, shares = [], []
    alone = Opener("auto").open("two", ()).engine
    after = alone.render(frames.still).pixels
    alone.close()
    while playing.name != "two":
        frame = frames.next()
        pixels = playing.render(frame).pixels
        beats.append(frame.beats)
        shares.append(far(pixels, before) / far(after, before))
        assert len(shares) < 100
    began = next(n for n, share in enumerate(shares) if share > 0.0)
    assert np.floor(beats[began]) > np.floor(beats[0]) and beats[began] % 1.0 < 0.25
    assert playing.coming is None
    assert shares[-1] == pytest.approx(1.0) and (np.diff(shares) >= -0.01).all()
    assert 0.6 < 0.04 * (len(shares) - began) < 1.1


def test_two_of_one_family_turn_into_one_another(playing: Playing, folder: Path, monkeypatch) -> None:
    one = models.open_model("one", [folder])
    random = np.random.default_rng(3)
    cousin = {n: np.float32(w + 0.3 * w.std() * random.standard_normal(w.shape)) for n, w in one.weights.items()}
    card = Card("cousin", False, "CC0-1.0", "a test")
    models.write_bundle(folder / "cousin", dataclasses.replace(one, weights=cousin, card=card))
    frames = Frames()
    playing.render(frames.next())
    playing.gate.set()  # type: ignore[attr-defined]
    playing.ask("cousin")
    playing.render(frames.next())
    until_made(playing)
    opener: Watched = playing.opener  # type: ignore[attr-defined]
    way = [opener.opened["one"].engine, *opener.way, opener.opened["cousin"].engine]
    assert len(way) == 5
    middle = way[2].render(frames.still).pixels
    faded = (way[0].render(frames.still).pixels / 2.0 + way[4].render(frames.still).pixels / 2.0).round()
    assert far(middle, faded) > 0.5  # an image of its own, not the two laid over each other
    for _ in range(60):
        playing.render(frames.next())
    closed = list[Engine]()
    for one in way:
        monkeypatch.setattr(one, "close", lambda one=one, close=one.close: closed.append(one) or close())
    for _ in way:
        playing.rest()
    assert playing.name == "cousin" and {id(one) for one in closed} == {id(one) for one in way[:-1]}


def test_a_larger_one_fades_in_too(playing: Playing) -> None:
    frames = Frames()
    playing.render(frames.next())
    playing.gate.set()  # type: ignore[attr-defined]
    playing.ask("three")
    playing.render(frames.next())
    until_made(playing)
    sizes = [playing.render(frames.next()).pixels.shape for _ in range(60)]
    assert sizes[-1] == (64, 64, 4) and playing.name == "three"
    assert all(shape in ((32, 32, 4), (64, 64, 4)) for shape in sizes)


@pytest.mark.parametrize(("name", "says"), [("broken", "broken"), ("nowhere", "nowhere")])
def test_one_that_is_no_good_leaves_the_old_one_playing(
    playing: Playing, name: str, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    frames = Frames()
    before = playing.render(frames.next()).pixels
    playing.gate.set()  # type: ignore[attr-defined]
    playing.ask(name)
    playing.render(frames.next())
    until_made(playing)
    for _ in range(60):
        assert far(playing.render(frames.next()).pixels, before) == 0.0
    assert playing.name == "one" and says in playing.mistake
    assert sum("the show goes on as it was" in r.message for r in caplog.records) == 1


def test_who_changes_his_mind_gets_the_last_one(playing: Playing) -> None:
    frames = Frames()
    playing.render(frames.next())
    playing.ask("broken")
    playing.render(frames.next())
    playing.ask("three")
    playing.gate.set()  # type: ignore[attr-defined]
    for _ in range(2):
        until_made(playing)
        for _ in range(80):
            playing.render(frames.next())
    assert playing.name == "three" and playing.mistake == ""


def test_who_pages_through_generators_makes_only_the_one_he_stops_at(playing: Playing, monkeypatch) -> None:
    monkeypatch.setattr(model_swap, "SETTLE_S", 0.15)
    frames, asked = Frames(), []
    playing.opener.prepares = lambda *words: asked.append(words[0])  # type: ignore[attr-defined]
    for n in range(60):  # for 1.2 s, 50 a second
        playing.ask(("two", "broken", "nowhere")[n % 3])
        playing.render(frames.next())
        pace(0.02)
    playing.ask("two")
    wait_until(lambda: playing.render(frames.next()) and playing.coming, 5.0, "it has settled", look=0.02)
    until_made(playing)
    for _ in range(60):
        playing.render(frames.next())
    assert playing.name == "two" and asked == ["two"]


@pytest.mark.parametrize("error", [RuntimeError("no room\nat all"), MemoryError(), ValueError("x" * 10)])
def test_whatever_a_library_does_the_old_one_plays_and_it_is_not_tried_again(playing: Playing, error) -> None:
    frames, tried = Frames(), []

    def fail(*words: object) -> None:
        tried.append(words[0])
        raise error

    before = playing.render(frames.next()).pixels
    playing.opener.prepares = fail  # type: ignore[attr-defined]
    playing.ask("two")
    for _ in range(20):
        assert far(playing.render(frames.next()).pixels, before) == 0.0
        until_made(playing)
    assert tried == ["two"] and playing.mistake.startswith("model two: ") and "\n" not in playing.mistake


@pytest.mark.parametrize("playing", [0.0], indirect=True)
def test_where_two_take_too_long_they_take_turns(playing: Playing, monkeypatch) -> None:
    frames = Frames()
    playing.render(frames.next())
    playing.gate.set()  # type: ignore[attr-defined]
    playing.ask("two")
    playing.render(frames.next())
    until_made(playing)
    drawn: list[str] = []
    for name, opened in playing.opener.opened.items():  # type: ignore[attr-defined]
        real = opened.engine.render
        monkeypatch.setattr(opened.engine, "render", lambda f, real=real, name=name: drawn.append(name) or real(f))
    each = []
    while playing.name == "one":
        drawn.clear()
        frame = frames.next()
        image = playing.render(frame)
        assert (image.parameters, image.time) == (frame.sequence, frame.time)
        each.append(tuple(drawn))
    fading = each[next(n for n, d in enumerate(each) if len(d) == 2) + 1 : -1]
    assert len(fading) > 15 and all(len(d) == 1 for d in fading)
    assert all(a != b for a, b in pairwise(fading))


def test_a_fade_on_the_device_is_the_one_on_the_host(folder: Path, tmp_path: Path, monkeypatch) -> None:
    from liveviz import engine
    from liveviz.engine.backends.cuda import backend as cuda

    def open_backend(generator, *, cache, bends, precision, threads):
        made = cuda.Cuda(generator, bends, "f32", "cpu")
        made.on_device = True
        return made

    monkeypatch.setattr(cuda, "available", lambda: (True, "the CPU, for a test"))
    monkeypatch.setattr(cuda, "open_backend", open_backend)
    monkeypatch.setattr(model_swap, "SETTLE_S", 0.0)
    monkeypatch.setattr(paths, "model_folders", lambda: [folder])
    monkeypatch.setattr(paths, "cache", lambda: tmp_path)
    monkeypatch.setattr(model_swap, "now", lambda: 0.0)  # no engine is slow
    shows = [Playing("one", frozenset(), lambda size: True, Opener("cuda")) for _ in range(2)]
    clocks = [Frames(), Frames()]
    for show in shows:
        show.ask("three")  # of another size
    for n in range(40):  # one beat and the fade are 33 frames
        there, here = shows[0].draw(clocks[0].next()), shows[1].render(clocks[1].next())
        assert isinstance(there, engine.DeviceImage) and shows[0].on_device
        np.testing.assert_array_equal(there.pixels.numpy(), here.pixels)
        if n == 0:
            for show in shows:
                until_made(show)
    assert [show.name for show in shows] == ["three", "three"]
    for show in shows:
        show.close()


def test_a_new_mask_holds_for_what_plays_and_for_what_comes(playing: Playing) -> None:
    frames = Frames()
    before = playing.render(frames.still).pixels
    playing.ask("two")
    playing.render(frames.next())
    playing.mask_noise(np.zeros((4, 4), np.float32))
    dark = playing.render(frames.still).pixels
    assert far(dark, before) > 0.0
    playing.gate.set()  # type: ignore[attr-defined]
    until_made(playing)
    coming = playing.opener.opened["two"].engine  # type: ignore[attr-defined]
    masked = coming.render(frames.still).pixels
    coming.mask_noise(None)
    assert far(masked, coming.render(frames.still).pixels) > 0.0


def test_one_that_is_too_large_for_the_show_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "model_folders", lambda: [folder])
    monkeypatch.setattr(paths, "cache", lambda: None)
    with pytest.raises(LivevizError, match="64x64 are too large for this show"):
        Playing(
            "three",
            frozenset(),
            lambda size: size[0] <= 32,
            Opener("auto"),
        )


def test_osc_changes_the_model_of_a_live_show_and_a_death_does_not_change_it_back(home: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    bundle(data / "liveviz" / "engines", "guest", 64, 9)
    stats, port = tmp_path / "stats.json", free_port()
    args = (
        "demo",
        "--headless",
        "--size",
        "320x180",
        "--midi",
        "none",
        "--osc",
        f"127.0.0.1:{port}",
        "--stats",
        stats,
        "--debug",
    )
    with LiveShow(home, *args, cwd=tmp_path, env={"XDG_DATA_HOME": str(data)}) as show:
        show.plays()
        show.until(lambda: ask(port, "/liveviz/model") is not None, 20.0, "it listens")
        client = SimpleUDPClient("127.0.0.1", port)
        client.send_message("/liveviz/model", "../../etc/passwd")
        show.wait_for("there is none of that name; there are default")
        client.send_message("/liveviz/model", "guest")
        show.wait_for("model guest plays", 120.0)
        os.kill(show.child("engine"), 9)
        show.wait_for("engine died")
        show.until(lambda: show.said.count("pictures: from host memory") == 2, 60.0, "the engine draws again")
        show.until(lambda: ask(port, "/liveviz/model") == "guest", 20.0, "it says so")
        show.interrupt()
        assert show.process.returncode == 0, show.said
    assert read_stats(stats)["engine"]["model"] == "guest"
