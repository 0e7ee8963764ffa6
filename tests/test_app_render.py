"""Offline: a song becomes a video, frame-exact, the same for the same seed; every mapping and every parameter shows."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import wait_until

from liveviz import bending, engine, mapping, models, signals
from liveviz.outputs.headless import Headless
from liveviz.post import Chain
from liveviz.runtime import composition, paths
from liveviz.spec import LatentTerm, ParameterFrame

SIZE = (192, 108)


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds: a kick on every beat at 120 bpm, a bass, then a bright chord; 48 kHz stereo."""
    path = tmp_path_factory.mktemp("song") / "beat.flac"
    t = np.arange(3 * 48000) / 48000
    beat = t % 0.5
    kick = np.sin(2 * np.pi * (50 * beat + 20 * (1 - np.exp(-30 * beat)) / 3)) * np.exp(-9 * beat)
    chord = sum(np.sin(2 * np.pi * f * t) for f in (220.0, 277.2, 329.6)) * (t > 1.5)
    noise = np.random.default_rng(1).normal(size=t.size) * np.exp(-60 * ((t + 0.25) % 0.5))
    left = 0.6 * kick + 0.08 * chord + 0.1 * noise
    soundfile.write(path, np.stack([left, 0.9 * left], 1).clip(-1, 1), 48000)
    return path


def frames_of(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])


def test_the_same_seed_gives_the_same_frames(liveviz, song: Path, tmp_path: Path) -> None:
    videos = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        out = tmp_path / f"{name}.mp4"
        done = liveviz(
            "render", song, "-o", out, "--size", "192x108", "--fps", "25", "--seed", seed, "--mapping", "chroma"
        )
        assert done.returncode == 0, done.stderr
        videos.append(frames_of(out))
    a, b, c = videos
    assert a.shape == (75, 108, 192, 3)
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)
    assert np.abs(a[10].astype(int) - a[60]).mean() > 2.0
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        rate = container.streams.audio[0].rate
        heard = np.concatenate([f.to_ndarray().mean(0) for f in container.decode(audio=0)])
    truth, _ = soundfile.read(song)
    assert rate == 48000 and abs(len(heard) / rate - 3.0) < 0.1
    lags = range(-2400, 2401, 48)
    middle = truth[12000:36000].mean(1)
    best = max(lags, key=lambda lag: float(np.dot(middle, heard[12000 + lag : 36000 + lag])))
    assert abs(best) <= 0.03 * rate, "image and sound are together"


@pytest.mark.parametrize("name", sorted(p.stem for p in paths.mappings().glob("*.toml")))
def test_every_mapping_renders(liveviz, song: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "x.mp4"
    done = liveviz("render", song, "-o", out, "--mapping", name, "--size", "192x108", "--fps", "20")
    assert done.returncode == 0, done.stderr
    frames = frames_of(out).astype(int)
    assert len(frames) == 60
    assert frames.std() > 10, "not grey"
    assert (frames.reshape(60, -1).mean(1) > 4).all(), "never black"


def test_an_interrupted_render_leaves_what_it_has(home: Path, tmp_path: Path, root: Path) -> None:
    out = tmp_path / "x.mp4"
    process = subprocess.Popen(
        [sys.executable, "-m", "liveviz", "render", "demo", "-o", str(out), "--size", "192x108"],
        env={**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")},
        cwd=root,
        stderr=subprocess.PIPE,
    )
    wait_until(lambda: any(p.stat().st_size > 30_000 for p in tmp_path.glob(".*.mp4")), 40.0, "a growing video")
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=10)
    assert time.monotonic() - began < 2.5
    assert process.returncode == 1 and b"Traceback" not in error
    assert [*tmp_path.iterdir()] == [out] and len(frames_of(out)) > 5


def test_analyze_writes_what_the_design_says(liveviz, song: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.json"
    assert liveviz("analyze", song, "-o", out).returncode == 0
    found = json.loads(out.read_text())
    assert set(found) >= {
        "sample_rate",
        "hop",
        "t",
        "rms",
        "onset_strength",
        "chroma",
        "bpm",
        "beat_phase",
        "bands",
        "events",
    }
    hops = len(found["t"])
    assert hops == 3 * 48000 // found["hop"]
    assert np.allclose(np.diff(found["t"]), found["hop"] / 48000, atol=2e-6)
    for key in ("rms", "onset_strength", "chroma", "bpm", "beat_phase"):
        assert len(found[key]) == hops
    assert all(known >= time - 1e-9 for time, known in found["events"]["onset"])
    kicks = np.array([event[0] for event in found["events"]["kick"]])
    near = [np.abs(kicks - t).min() < 0.05 for t in (0.5, 1.0, 1.5, 2.0, 2.5)]
    assert sum(near) >= 4
    page = tmp_path / "x.png"
    assert liveviz("analyze", song, "-o", page).returncode == 0
    assert page.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


class Studio:
    """The default generator at work, without a show: parameters in, canvas out."""

    def __init__(self, cache: Path) -> None:
        generator = models.open_model("default", paths.model_folders())
        half = np.tile(np.linspace(0.0, 1.0, 64, dtype=np.float32), (64, 1))  # where noise is held back, and where not
        self.engine = engine.Engine("openvino", generator, cache=cache, noise_mask=half, wait=True)
        plane = models.new(models.small_config(32, 128, 16, architecture="stylegan3-t"), 4)
        self.plane = engine.Engine("openvino", plane, cache=cache, wait=True)  # what only a StyleGAN3 has
        self.screen = Headless(SIZE)
        self.chain = Chain(self.screen.ctx, composition.shaders(), SIZE)
        program = composition.load_mapping(paths.find_mapping("knobs"))
        self.registry = composition.registry()
        self.show = mapping.Performer(program, self.registry, signals.outputs())

    def canvas(self, frame: ParameterFrame, time: float = 1.0, plane: bool = False) -> np.ndarray:
        live = self.plane if plane else self.engine
        self.chain.reset()
        past = replace(frame, latents=(LatentTerm(9, -1, (1.0, 1.0, 1.0)),))
        for step, shown in enumerate((past, past, past, frame, frame)):  # trails need a past that was another image
            self.chain.draw(live.render(shown), shown, time + step / 30, 1 / 30)
        return self.chain.read().astype(int)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("cache"))


def frame_with(studio: Studio, **values: float) -> ParameterFrame:
    from liveviz.spec import BendSetting

    every = studio.registry.defaults() | {k: v for k, v in values.items() if "=" not in k}
    bends = tuple(
        BendSetting(name.removeprefix("bend."), 16, value)
        for name, value in values.items()
        if name.removeprefix("bend.") in bending.ops()
    )
    return ParameterFrame(0, 0.0, every, (LatentTerm(4, -1, (1.0, 1.0, 1.0)),), bends, noise_phase=0.3, beats=2.3)


EFFECT_INPUTS = [p.name for p in composition.registry() if p.name.startswith("post.")]
MAPPING = ["latent.speed", "latent.target", "latent.chords", "latent.other", "noise_speed"]
ENGINE = [n for n in composition.registry().names if n not in MAPPING and not n.startswith(("post.", "stage."))]


@pytest.mark.parametrize("name", ENGINE + EFFECT_INPUTS + ["stage.fit"])
def test_every_parameter_is_read(studio: Studio, name: str) -> None:
    """Two values of it make two images: nothing in the registry is there for show."""
    parameter = studio.registry[name]
    context = {}
    if name.startswith("post.") and not name.endswith(".amount"):
        context = {name.rpartition(".")[0] + ".amount": 1.0}
    if name == "truncation_cutoff":
        context = {"truncation_psi": 0.2}
    if name == "noise_mask":
        context = {f"noise_strength.{layers}": 3.0 for layers in ("coarse", "middle", "fine")}
    for op in bending.ops():
        if name.startswith(f"bend.{op}_") and name.removeprefix("bend.") not in bending.ops():  # a knob of that op
            context = {f"bend.{op}": studio.registry[f"bend.{op}"].high}
    values = [parameter.at(0.2), parameter.at(0.65)]  # the ends of an angle are one and the same
    images = [
        studio.canvas(frame_with(studio, **{**context, name: value}), plane=name.startswith("view."))
        for value in values
    ]
    assert np.abs(images[0] - images[1]).max() > 4


@pytest.mark.parametrize("name", MAPPING)
def test_every_mapping_parameter_is_read(name: str) -> None:
    head = (
        "version = 1\n[latent]\nbase = { seeds = [1, 2, 3], loop_bars = 1 }\nother = { seeds = [4] }\ntarget = { seeds = [9] }\n"
        'chords = { palette = 12, from = "chroma", layers = "all" }\n[set]\n'
    )
    if name != "latent.chords":
        head += "latent.chords = 0\n"  # a full chord would hide the base
    registry, sources = composition.registry(), signals.outputs()
    values = np.array(
        [1 / 12 if o.name.startswith("chroma.") else 120.0 if o.name == "tempo" else 0.0 for o in sources]
    )
    seen = []
    for value in (registry[name].low, registry[name].high):
        show = mapping.Performer(
            mapping.load(f'{head}"{name}" = {value}', registry, sources, name="t"), registry, sources
        )
        from liveviz.spec import SignalFrame

        for n in range(50):  # not a whole number of loops
            frame = show.step(SignalFrame(n, n / 30, values), n / 30, 1 / 30)
        seen.append((frame.latents, frame.noise_phase))
    assert seen[0] != seen[1]


def test_every_core_parameter_has_a_test_of_being_read() -> None:
    tested = {*ENGINE, *EFFECT_INPUTS, *MAPPING, "stage.fit"}
    untested = set(composition.registry().names) - tested
    assert untested == {"stage.blackout", "stage.freeze"}, "these two are seen in the window's test"


@settings(derandomize=True, deadline=None, max_examples=25)
@given(data=st.data())
def test_any_parameters_make_a_finite_image(studio: Studio, data: st.DataObject) -> None:
    values = {
        p.name: data.draw(st.sampled_from([p.low, p.default, p.high]), label=p.name)
        for p in studio.registry
        if not p.name.startswith("stage.")
    }
    image = studio.canvas(frame_with(studio, **values))
    assert image.shape == (SIZE[1], SIZE[0], 3)


def test_offline_and_live_share_the_tick() -> None:
    """The walls again: only `tick.py` steps the show; `message_account.py` steps one of its own, to say what messages do."""
    from live_show import ROOT

    files = (ROOT / "liveviz/runtime").rglob("*.py")
    callers = sorted(p.name for p in files if "show.step(" in p.read_text().replace("_show", "show"))
    assert callers == ["message_account.py", "tick.py"]
