"""Scenes: what they hold is where the show goes, evenly and without a jump, at their place in the music, and back."""

import itertools
import math
import tomllib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapping_kit import REGISTRY, SOURCES, frame, message, play, program, show

from liveviz import mapping
from liveviz.mapping.inserting import added, removed, replaced
from liveviz.mapping.scene_table import scene_text
from liveviz.mapping.scenes import QUANTA, in_scope
from liveviz.spec import LivevizError, ParameterFrame

FPS = 60.0
NAMES = [p.name for p in REGISTRY if in_scope(p.name, ("latents", "bends", "effects")) and not p.layered]
BODY = """
[set]
post.filter.cutoff = 20000

[[scene]]
name = "calm"
others = "rest"
fade = 1.0
[[scene]]
name = "wild"
fade = 1.0
values = { "pca.0" = 2.0, "post.filter.cutoff" = 200.0, "truncation_cutoff" = 4 }
images = [[7, -1, 1.0, 1.0, 0.5], [9, 2, 0.0, 0.0, 0.5]]
"""


def run(a_show: mapping.Performer, seconds: float, start: float = 0.0) -> list[ParameterFrame]:
    return [a_show.step(None, start + n / FPS, 1 / FPS) for n in range(1, round(seconds * FPS) + 1)]


def mix(f: ParameterFrame) -> dict[tuple[int, int], tuple[float, ...]]:
    totals = [sum(t.weights[r] for t in f.latents) for r in range(3)]
    return {(t.seed, t.cls): tuple(w / s for w, s in zip(t.weights, totals, strict=True)) for t in f.latents}


def test_numbers_go_along_their_curve_and_whole_ones_at_half_way() -> None:
    a_show = show(BODY)
    run(a_show, 0.5)
    a_show.scenes.go("wild")
    frames = run(a_show, 1.5, 0.5)
    assert a_show.scenes.current == "wild"
    for n, f in enumerate(frames[:60], 1):
        share = n / 60.0
        assert f["pca.0"] == pytest.approx(2.0 * share, abs=1e-6)
        assert f["post.filter.cutoff"] == pytest.approx(20000.0 * 0.01**share, rel=1e-6)
        assert f["truncation_cutoff"] == (18.0 if share < 0.5 else 4.0) or n == 30
    assert mix(frames[-1])[(7, -1)] == pytest.approx((1.0, 1.0, 0.5)) and mix(frames[-1])[(9, 2)][2] == pytest.approx(
        0.5
    )


def test_images_morph_without_a_jump_around_the_average_and_drift_again() -> None:
    a_show = show(
        BODY + 'images = []\n[[scene]]\nname = "free"\nimages = []\nfade = 1.0\n'.removeprefix("images = []\n")
    )
    frames = run(a_show, 1.0)
    for name in ("wild", "free", "wild"):
        a_show.scenes.go(name)
        frames += run(a_show, 1.5, frames[-1].time)
    for before, after in itertools.pairwise(frames):
        one, two = mix(before), mix(after)
        moved = max(abs(np.subtract(one.get(k, (0, 0, 0)), two.get(k, (0, 0, 0)))).max() for k in {*one, *two})
        assert moved < 0.06 and abs(after.morph - before.morph) < 0.07
    assert max(f.morph for f in frames) > 0.99 and frames[-1].morph == 0.0
    assert len(frames[-1].latents) == 2


@given(
    values=st.dictionaries(st.sampled_from(NAMES), st.floats(0.0, 1.0), min_size=1, max_size=12),
    fade=st.floats(0.0, 3.0),
)
@settings(max_examples=60, deadline=None)
def test_a_scene_gives_exactly_its_values(values: dict[str, float], fade: float) -> None:
    at = {name: REGISTRY[name].clamp(REGISTRY[name].at(x)) for name, x in values.items()}
    lines = "".join(f'"{name}" = {value!r}\n' for name, value in at.items())
    a_show = show(f'\n[[scene]]\nname = "x"\nfade = {fade!r}\n[scene.values]\n{lines}')
    before = a_show.step(None, 0.0, 1 / FPS)
    a_show.scenes.go("x")
    frames = run(a_show, fade + 0.1)
    for name, value in at.items():
        assert frames[-1][name] == value
        way = [before[name], *(f[name] for f in frames)]
        rising = value >= before[name]
        assert all((b - a) * (1 if rising else -1) >= -1e-9 * max(1.0, abs(a)) for a, b in itertools.pairwise(way))


def test_what_is_not_named_stays_or_rests() -> None:
    a_show = show(BODY)
    a_show.control(message(REGISTRY["pca.3"].osc, 1.0))
    a_show.scenes.go("wild")
    assert run(a_show, 1.5)[-1]["pca.3"] == 3.0
    a_show.scenes.go("calm")
    last = run(a_show, 1.5, 1.5)[-1]
    assert last["pca.3"] == 0.0 and last["pca.0"] == 0.0 and last["post.filter.cutoff"] == 20000.0
    a_show.scenes.undo()
    assert run(a_show, 1.0, 3.0)[-1]["pca.3"] == 3.0
    a_show.scenes.undo()
    assert run(a_show, 1.0, 4.0)[-1]["pca.0"] == 0.0
    with pytest.raises(ValueError, match="nothing to undo"):
        a_show.scenes.undo()


@pytest.mark.parametrize("at", [name for name in QUANTA if name != "now"])
@pytest.mark.parametrize("early", [0.0, 0.08])
def test_a_scene_lands_at_its_place(at: str, early: float) -> None:
    body = f'\n[[scene]]\nname = "x"\nfade = 0.0\nat = "{at}"\nvalues = {{ "pca.0" = 1.0 }}\n'
    a_show, bpm = show(body), 128.0
    a_show.scenes.early = early

    def song(t: float) -> dict[str, float]:
        beat = t * bpm / 60.0
        return {"tempo": bpm, "beat_phase": beat % 1.0, "bar_phase": (beat / 4.0) % 1.0}

    play(a_show, 20.1, FPS, song)
    a_show.scenes.go("x")
    assert a_show.scenes.armed is not None and a_show.scenes.current == ""
    landed = None
    for n in range(1, 60 * 60):
        t = 20.1 + n / FPS
        if a_show.step(frame(5000 + n, t, **song(t)), t, 1 / FPS)["pca.0"] == 1.0:
            landed = t + early
            break
    assert landed is not None
    beats = landed * bpm / 60.0
    unit = QUANTA[at] if at == "beat" else 4.0
    off = (beats + unit / 2.0) % unit - unit / 2.0
    assert abs(off) * 60.0 / bpm < 1.5 / FPS + 0.015
    assert landed - 20.1 - early <= QUANTA[at] * 60.0 / bpm + 0.05


def test_notes_keys_programs_and_parts_ask_for_scenes() -> None:
    body = """
[[scene]]
name = "a"
on = "midi.note.36"
[[scene]]
name = "b"
on = "midi.program.5"
section = 3
[[scene]]
name = "c"
on = "/my/button"
"""
    a_show = show(body)
    a_show.step(None, 0.0, 1 / FPS)
    assert a_show.control(message("midi.note.36.ch.10", 0.5)) and a_show.scenes.current == "a"
    assert a_show.control(message("midi.program.5", 1.0)) and a_show.scenes.current == "b"
    assert (
        a_show.control(message("/my/button", 1.0)) and a_show.scenes.current == "c" and "/my/button" in a_show.listens
    )
    a_show.control(message("midi.note.36.ch.10", 0.7))  # still held: no new stroke
    assert a_show.scenes.current == "c"
    a_show.step(frame(1, section_label__3=1.0), 0.1, 1 / FPS)
    assert a_show.scenes.current == "b"
    a_show.scenes.turn(1)
    assert a_show.scenes.current == "c"
    a_show.scenes.turn(1)
    assert a_show.scenes.current == "a"
    with pytest.raises(ValueError, match="there are a, b, c"):
        a_show.scenes.go("d")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("[[scene]]\nfade = 1", "scene.name: is missing"),
        ('[[scene]]\nname = "a"\n[[scene]]\nname = "a"', "'a' is the name of another scene"),
        ('[[scene]]\nname = "a"\nvalues = { "pca.99" = 1 }', "no parameter 'pca.99'"),
        ('[[scene]]\nname = "a"\nvalues = { "stage.blackout" = 1 }', "not in the scope"),
        ('[[scene]]\nname = "a"\nscope = ["bends"]\nvalues = { "pca.0" = 1 }', "not in the scope"),
        ('[[scene]]\nname = "a"\nvalues = { "pca.0" = 9 }', "from -3 to 3"),
        ('[[scene]]\nname = "a"\nimages = [[1, 2]]', "seed, class, coarse, middle, fine"),
        ('[[scene]]\nname = "a"\nfade = 1\nfade_beats = 1', "write one of the two"),
        ('[[scene]]\nname = "a"\non = "midi.cc.999"', "is no control"),
        ('[[scene]]\nname = "a"\nat = "tuesday"', "allowed: now, beat, bar"),
    ],
)
def test_a_mistake_is_told_with_its_line(body: str, words: str) -> None:
    with pytest.raises(LivevizError, match=r"^test\.toml:\d+: scene") as caught:
        program("\n" + body)
    assert words in str(caught.value)


def test_what_is_seen_is_kept_and_comes_back_from_the_file() -> None:
    a_show = show(BODY)
    a_show.control(message(REGISTRY["pca.5"].osc, 0.75))
    a_show.control(message(REGISTRY["bend.zoom"].osc, 0.9))
    seen = run(a_show, 5.0)[-1]
    text = added("version = 1\n" + BODY, scene_text(a_show.scenes.capture('kept "one" ü')))
    again = mapping.Performer(mapping.load(text, REGISTRY, SOURCES, name="x.toml"), REGISTRY, SOURCES)
    again.step(None, 0.0, 1 / FPS)
    again.scenes.go('kept "one" ü')
    back = run(again, 3.0)[-1]
    assert back["pca.5"] == pytest.approx(seen["pca.5"], abs=1e-5)
    assert [(b.op, b.layer) for b in back.bends] == [(b.op, b.layer) for b in seen.bends]
    for key, weights in mix(seen).items():
        assert mix(back)[key] == pytest.approx(weights, abs=1e-3)


COMMENTED = """# my show
version = 1   # of the language

[[scene]]  # first
name = "a"   # yes
[scene.values]
"pca.0" = 1.0

# about the second
[[scene]]
name = "b"
images = [
  [1, -1, 1, 1, 1],   # one
]

# the end
"""


def test_inserting_touches_nothing_else() -> None:
    more = '[[scene]]\nname = "c"\n'
    text = added(COMMENTED, more)
    assert text.startswith(COMMENTED) and tomllib.loads(text)["scene"][2] == {"name": "c"}
    text = replaced(COMMENTED, "scene", 0, more)
    assert text == COMMENTED.replace('[[scene]]  # first\nname = "a"   # yes\n[scene.values]\n"pca.0" = 1.0\n', more)
    text = replaced(COMMENTED, "scene", 1, more)
    assert [s["name"] for s in tomllib.loads(text)["scene"]] == ["a", "c"] and text.endswith("\n# the end\n")
    assert "# about the second" in removed(COMMENTED, "scene", 1)
    assert added(COMMENTED.replace("\n", "\r\n"), more).count("\r\n") == COMMENTED.count("\n") + 3
    with pytest.raises(LivevizError, match="another form"):
        added("version = 1\nscene = [{ name = 'a' }]\n", more)
    with pytest.raises(LivevizError, match="change it by hand"):
        replaced("version = 1\nscene = [{ name = 'a' }]\n", "scene", 0, more)


def test_a_way_between_two_images_keeps_its_distance_from_the_average() -> None:
    from heart import plain_generator, small

    from liveviz.engine.latents import Latents
    from liveviz.spec import CORE_PARAMETERS, LatentTerm, Registry

    latents = Latents(plain_generator(small(16), 3))
    values = Registry(CORE_PARAMETERS).defaults() | {"truncation_psi": 1.0}

    def length(morph: float) -> float:
        terms = tuple(LatentTerm(seed, -1, (0.5, 0.5, 0.5)) for seed in (1, 2))
        ws = latents.ws(ParameterFrame(0, 0.0, values, terms, morph=morph))
        return float(np.linalg.norm(ws[0, 0] - latents.mapping.w_avg))

    ends = [float(np.linalg.norm(latents.mapping.w(seed, -1) - latents.mapping.w_avg)) for seed in (1, 2)]
    assert length(0.0) < 0.9 * sum(ends) / 2.0
    assert length(1.0) == pytest.approx(sum(ends) / 2.0, rel=1e-4) and math.isfinite(length(0.5))
