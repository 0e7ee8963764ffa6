"""The mapping files that come with the program: each loads, plays a song without leaving any range, and has no dead route."""

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from mapping_kit import SOURCES, frame, message

from liveviz import bending, mapping, post, signals
from liveviz.spec import CORE_PARAMETERS, ParameterFrame, Registry

ROOT = Path(__file__).parent.parent
FILES = mapping.list_files([ROOT / "mappings"])
REGISTRY = Registry([*CORE_PARAMETERS, *bending.parameters(), *post.parameters(post.shaders(ROOT / "shaders"))])
FPS = 30
BPM = 126.0


def song(t: float) -> dict[str, float]:
    """48 s: two bars of silence, then a beat that grows, with a chord change every two bars."""
    beat = max(0.0, t - 4.0) * BPM / 60.0
    on = float(t >= 4.0)
    grow = min(1.0, max(0.0, t - 4.0) / 30.0)
    swing = math.exp(-4.0 * (beat % 1.0)) * on
    root = int(beat / 8) * 5 % 12
    return {
        "rms": swing * (0.4 + 0.6 * grow),
        "bands.bass": swing,
        "bands.mid": 0.5 * on,
        "bands.high": math.exp(-8.0 * ((beat + 0.5) % 1.0)) * on,
        "onset": math.ceil(beat * 2),
        "onset__kick": math.ceil(beat),
        "onset__snare": math.ceil(max(0.0, beat - 1) / 2),
        "onset__hat": math.ceil(beat * 2),
        "onset_strength": swing,
        "energy": grow,
        "percussive": swing,
        "harmonic": grow,
        "spectral_centroid": 0.5 + 0.4 * math.sin(0.5 * t),
        "silence": 1.0 - on,
        "tempo": BPM * on,
        "beat": math.ceil(beat),
        "beat_phase": beat % 1.0,
        "bar_phase": beat / 4 % 1.0,
        **{f"chroma.{(root + i) % 12}": 0.9 * on for i in (0, 4, 7)},
        f"bass_chroma.{root}": on,
        f"chord.{root}": on,
        f"section_label.{int(t / 12) % 3}": 1.0,
        "build": max(0.0, t - 4.0) / 6.0 if t < 10.0 else 0.0,
        "drop": math.floor((t + 6.0) / 16.0),
        "section": math.floor((t + 2.0) / 12.0),
    }


def perform(program: mapping.Program, seconds: float = 48.0) -> list[ParameterFrame]:
    """The song, while a hand turns every knob that the program listens to from end to end."""
    show = mapping.Performer(program, REGISTRY, SOURCES)
    knobs = [r.source for r in program.routes if r.kind == "control"]
    frames = []
    for n in range(1, round(seconds * FPS) + 1):
        t = n / FPS
        for i, address in enumerate(knobs):
            show.control(message(address, 0.5 - 0.5 * math.cos(0.4 * t + i)))
        frames.append(show.step(frame(n, t, **song(t)), t, 1.0 / FPS))
    return frames


def test_the_three_shows_are_there():
    assert {"default", "chroma", "knobs", "sections"} <= set(FILES)


def test_signals_of_these_tests_are_those_of_the_analyser():
    real = {o.name: o.kind for o in signals.outputs()}
    assert {o.name: o.kind for o in SOURCES}.items() <= real.items()


@pytest.mark.parametrize("name", FILES)
def test_a_file_loads_reads_well_and_plays_a_song(name):
    program = mapping.load(FILES[name], REGISTRY, SOURCES)
    text = FILES[name].read_text()
    assert len(text.splitlines()) < 60
    assert text.count("#") >= 5, "a shipped file teaches"
    assert program.title and "\n" not in program.description and program.description
    assert mapping.describe(program, REGISTRY).isascii() or "×" in mapping.describe(program, REGISTRY)
    frames = perform(program)
    for f in frames:
        for p in REGISTRY:
            assert p.low <= f[p.name] <= p.high, (p.name, f.time)
        assert 1 <= len(f.latents) <= 32
        for r in range(3):
            assert sum(t.weights[r] for t in f.latents) == pytest.approx(1.0, abs=1e-4)
        assert [(f"bend.{b.op}", b.layer, b.channels) for b in f.bends] == [tuple(b[:3]) for b in program.bends]
    seen = {t.seed for f in frames for t in f.latents}
    assert len(seen) >= 3


@pytest.mark.parametrize("name", FILES)
def test_images_move_without_a_pop(name):
    """From frame to frame no picture's weight moves by more than a stroke is allowed to, and some weight always moves."""
    frames = perform(mapping.load(FILES[name], REGISTRY, SOURCES), 12.0)
    for a, b in pairwise(frames):
        old, new = ({(t.seed, t.cls): t.weights for t in f.latents} for f in (a, b))
        moves = [
            abs(new.get(k, (0.0,) * 3)[r] - old.get(k, (0.0,) * 3)[r])
            for k in old.keys() | new.keys()
            for r in range(3)
        ]
        assert 0.0 < max(moves) <= 0.6, a.time


@pytest.mark.parametrize(
    ("name", "index"), [(n, i) for n, p in FILES.items() for i in range(p.read_text().count("[[route]]"))]
)
def test_every_route_moves_its_parameter(name, index):
    program = mapping.load(FILES[name], REGISTRY, SOURCES)
    assert len(program.routes) == FILES[name].read_text().count("[[route]]")
    route = program.routes[index]
    alone = perform(replace(program, routes=(route,)), 40.0)
    seen = [f[route.to] for f in alone]
    assert max(seen) - min(seen) > 0.4 * abs(route.high - route.low), route
    together = [f[route.to] for f in perform(program, 12.0)]
    without = [
        f[route.to] for f in perform(replace(program, routes=tuple(r for r in program.routes if r is not route)), 12.0)
    ]
    assert max(abs(a - b) for a, b in zip(together, without, strict=True)) > 1e-4, route
