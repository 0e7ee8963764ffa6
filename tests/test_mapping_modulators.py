"""Modulators: every kind keeps the contract, and does what its words say."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapping_kit import frame, message, play, program, show

from liveviz.mapping.modulators import Moment, kinds
from liveviz.spec import LivevizError, ParameterFrame

LEAST = {"envelope": 'on = "onset.kick"'}
"""What a kind cannot do without."""
NAMES = sorted(kinds())


def one(kind: str, keys: str = "") -> str:
    keys = keys or LEAST.get(kind, "")
    return (
        f'\n[modulator.it]\nkind = "{kind}"\n{keys}\n[[route]]\nfrom = "modulator.it"\nto = "pca.0"\nrange = [0, 1]\n'
    )


def values(frames: list[ParameterFrame]) -> list[float]:
    return [f["pca.0"] for f in frames]


def test_there_are_the_kinds_that_are_promised() -> None:
    assert {"lfo", "envelope", "sample_hold", "smooth_random"} <= set(NAMES)


@pytest.mark.parametrize("kind", NAMES)
def test_documented(kind: str) -> None:
    module = kinds()[kind]
    assert module.__doc__ and module.HELP and all(allowed and what for allowed, what in module.KEYS.values())


@pytest.mark.parametrize("kind", NAMES)
@given(
    seed=st.integers(0, 2**32 - 1),
    steps=st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)), min_size=1, max_size=60),
    beats=st.floats(0.0, 1e6),
)
@settings(max_examples=60, deadline=None)
def test_within_0_and_1_and_the_same_again(
    kind: str, seed: int, steps: list[tuple[float, float]], beats: float
) -> None:
    modulator = program(one(kind)).modulators[0]

    def run() -> list[float]:
        moving, now, out = kinds()[kind].start(modulator.settings, seed), 0.0, []
        for dt, level in steps:
            now += dt
            inputs = [level] * len(modulator.settings.inputs)
            out.append(moving.step(Moment(beats + 2.0 * now, now, dt), inputs))
        return out

    first = run()
    assert all(math.isfinite(v) and -1e-9 <= v <= 1.0 + 1e-9 for v in first) and first == run()


@pytest.mark.parametrize(
    ("shape", "at"),
    [
        ("sine", [0.0, 0.5, 1.0, 0.5]),
        ("triangle", [0.0, 0.5, 1.0, 0.5]),
        ("saw_up", [0.0, 0.25, 0.5, 0.75]),
        ("saw_down", [1.0, 0.75, 0.5, 0.25]),
        ("square", [1.0, 1.0, 0.0, 0.0]),
    ],
)
def test_the_shapes_of_an_lfo(shape: str, at: list[float]) -> None:
    settings_ = program(one("lfo", f'shape = "{shape}"\nseconds = 4')).modulators[0].settings
    moving = kinds()["lfo"].start(settings_, 0)
    assert [moving.step(Moment(0.0, float(n), 1.0), []) for n in range(4)] == pytest.approx(at)


def test_an_lfo_in_beats_follows_the_music() -> None:
    played = show(one("lfo", 'shape = "saw_up"\nbeats = 8\nphase = 0.25'))
    frames = play(played, 20.0, 60.0, lambda t: {"tempo": 150.0, "beat_phase": (2.5 * t) % 1.0})
    for f in frames[-300:]:
        assert f["pca.0"] == pytest.approx((f.beats / 8.0 + 0.25) % 1.0, abs=1e-9)


@pytest.mark.parametrize("fps", [30.0, 120.0])
def test_an_envelope(fps: float) -> None:
    keys = 'on = "midi.note.60"\nattack = 0.2\ndecay = 0.1\nsustain = 0.5\nrelease = 0.2'
    played = show(one("envelope", keys))

    def until(seconds: float, start: float) -> float:
        frames = [played.step(None, start + n / fps, 1 / fps) for n in range(1, round(seconds * fps) + 1)]
        return frames[-1]["pca.0"] if frames else 0.0

    assert until(0.5, 0.0) == 0.0
    played.control(message("midi.note.60", 0.7))
    assert until(0.1, 0.5) == pytest.approx(0.5, abs=0.2)
    until(0.15, 0.6)
    assert until(1.5, 0.75) == pytest.approx(0.5, abs=0.01)  # it stays while the note is held
    played.control(message("midi.note.60", 0.0))
    assert until(0.2, 2.25) == pytest.approx(0.5 * math.exp(-1.0), abs=0.03)
    assert until(2.0, 2.45) < 0.001


def test_sample_and_hold() -> None:
    played = show(one("sample_hold", 'on = "onset.kick"\nfrom = "rms"'))
    got = []
    for n, (kicks, rms) in enumerate(((0, 0.1), (1, 0.3), (1, 0.9), (2, 0.6), (2, 0.2))):
        got.append(played.step(frame(n, n / 30, onset__kick=kicks, rms=rms), n / 30, 1 / 30)["pca.0"])
    assert got == pytest.approx([0.0, 0.3, 0.3, 0.6, 0.6])


def test_a_random_walk_has_no_jumps_and_covers_its_range() -> None:
    frames = values(play(show(one("smooth_random", "seconds = 0.5")), 120.0, 60.0, lambda t: {}))
    assert max(abs(b - a) for a, b in itertools.pairwise(frames)) < 0.06
    assert min(frames) < 0.05 and max(frames) > 0.95


def test_a_modulator_may_read_those_before_it_and_no_others() -> None:
    body = """
[modulator.clock]
kind = "lfo"
shape = "square"
seconds = 1
[modulator.steps]
kind = "sample_hold"
on = "modulator.clock"
[[route]]
from = "= modulator.steps * modulator.clock"
to = "pca.0"
"""
    assert [m.source for m in program(body).modulators] == ["modulator.clock", "modulator.steps"]
    with pytest.raises(LivevizError, match=r"steps\.on: no modulator"):
        program(body.replace('on = "modulator.clock"', 'on = "modulator.later"'))
    with pytest.raises(LivevizError, match="unknown key"):
        program(body.replace('shape = "square"', 'colour = "red"'))
    with pytest.raises(LivevizError, match="allowed: envelope, lfo"):
        program(body.replace('kind = "lfo"', 'kind = "lof"'))


def test_a_changed_file_does_not_set_modulators_back() -> None:
    body = one("sample_hold", 'on = "onset.kick"\nfrom = "rms"')
    played = show(body)
    for n, kicks in enumerate((0, 1, 1)):
        played.step(frame(n, n / 30, onset__kick=kicks, rms=0.7), n / 30, 1 / 30)
    played.replace(program(body + '\n[[route]]\nfrom = "rms"\nto = "pca.1"\n'))
    assert played.step(frame(3, 0.1, onset__kick=1, rms=0.1), 0.1, 1 / 30)["pca.0"] == pytest.approx(0.7)


def test_noise_and_latents_come_back_after_their_bars() -> None:
    body = "\nnoise_loop = { bars = 4, fields = 6 }\n[latent]\nbase = { seeds = [1, 2, 3], loop_bars = 4 }\n"
    played = show(body)
    frames = play(played, 32.0, 60.0, lambda t: {"tempo": 120.0, "beat_phase": (2.0 * t) % 1.0})
    loop = round(8.0 * 60.0)  # 4 bars at 120 bpm
    for early, late in zip(frames[loop : 2 * loop], frames[2 * loop : 3 * loop], strict=True):
        assert late.noise_phase == pytest.approx(early.noise_phase, abs=0.02)
    phases = [f.noise_phase for f in frames[loop : 2 * loop]]
    assert min(phases) < 0.01 and max(phases) > 5.99
    assert max(abs(b - a) for a, b in itertools.pairwise(phases)) < 0.06


def test_a_second_loop_comes_in_as_far_as_it_is_asked() -> None:
    body = '\n[latent]\nbase = { seeds = [1] }\nother = { seeds = [9], detail = "fine" }\n'
    body += '[[route]]\nfrom = "energy"\nto = "latent.other"\n'
    for energy in (0.0, 0.25, 1.0):
        shown = show(body).step(frame(1, energy=energy), 0.0, 1 / 30)
        mixed = {t.seed: t.weights for t in shown.latents}
        assert mixed.get(9, (0, 0, 0))[2] == pytest.approx(energy) and mixed[1][:2] == pytest.approx((1.0, 1.0))
        for r in range(3):
            assert sum(t.weights[r] for t in shown.latents) == pytest.approx(1.0)
