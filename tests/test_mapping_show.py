"""The show in time: envelopes against their formulas, events over skipped frames, 30 and 120 fps, latents, hot replace."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mapping_kit import REGISTRY, SOURCES, frame, message, play, program, show

from liveviz import mapping
from liveviz.mapping.curves import CURVES
from liveviz.spec import ControlMessage, ParameterFrame, SignalFrame

KICK = '\n[[route]]\nfrom = "onset.kick"\nto = "pca.0"\nrange = [0, 1]\nrelease = 0.25\n'
LEVEL = '\n[[route]]\nfrom = "rms"\nto = "pca.0"\nrange = [0, 1]\n'


def mix(f: ParameterFrame) -> dict[int, tuple[float, float, float]]:
    return {t.seed: t.weights for t in f.latents}


def check(f: ParameterFrame) -> None:
    """All that a ParameterFrame promises."""
    assert set(f.values) == set(REGISTRY.names)
    for p in REGISTRY:
        v = f[p.name]
        assert type(v) is float
        assert p.low <= v <= p.high, p.name
        assert p.curve not in ("integer", "toggle") or v == round(v)
    assert 1 <= len(f.latents) <= 32
    for t in f.latents:
        assert 0 <= t.seed < 2**32
        assert all(0.0 <= w <= 1.0 + 1e-9 for w in t.weights)
    for r in range(3):
        assert sum(t.weights[r] for t in f.latents) == pytest.approx(1.0, abs=1e-4)
    assert len(f.bends) <= 16
    assert len({(b.op, b.layer) for b in f.bends}) == len(f.bends)
    for b in f.bends:
        p = REGISTRY["bend." + b.op]
        assert p.low <= b.amount <= p.high
    assert math.isfinite(f.noise_phase) and f.noise_phase >= 0
    assert math.isfinite(f.beats) and f.beats >= 0
    assert math.isfinite(f.time) and not math.isnan(f.signal_time)


def test_without_any_signal_everything_rests():
    f = show().step(None, 5.0, 1 / 30)
    check(f)
    assert f.values == REGISTRY.defaults()
    assert (f.sequence, f.time, f.signal_time, f.signal_sequence, f.bends) == (0, 5.0, -math.inf, -1, ())


def test_a_frame_says_which_signals_it_has_heard():
    f = show().step(frame(41, 3.5), 3.51, 1 / 30)
    assert (f.signal_sequence, f.signal_time) == (41, 3.5)


@pytest.mark.parametrize(
    ("source", "signal", "expected"),
    [
        ("rms", 0.25, 0.25),
        ("rms", -3.0, 0.0),
        ("rms", 7.0, 1.0),
        ("rms", math.nan, 0.0),
        ("rms", math.inf, 0.0),
        ("level_db", -15.0, 0.75),
        ("tempo", 130.0, 0.5),
        ("beat_phase", 0.75, 0.75),
        ("beat_phase", 1.25, 0.25),
    ],
)
def test_levels_and_phases_are_normalised_by_their_range(source, signal, expected):
    s = show(f'\n[[route]]\nfrom="{source}"\nto="pca.0"\nrange=[-1, 1]\n')
    assert s.step(frame(**{source: signal}), 0.0, 0.1)["pca.0"] == pytest.approx(-1 + 2 * expected)


@pytest.mark.parametrize("name", CURVES)
def test_curves_stay_inside_and_hit_their_ends(name):
    curve = CURVES[name]
    xs = np.linspace(0, 1, 101)
    ys = [curve(float(x)) for x in xs]
    assert min(ys) >= -1e-12 and max(ys) <= 1 + 1e-12
    assert ys[0] == pytest.approx(0.0)
    assert ys[-1] == pytest.approx(0.0 if name == "wave" else 1.0)
    if name == "wave":
        assert ys[50] == pytest.approx(1.0)
    else:
        assert np.all(np.diff(ys) > 0)
    assert {"exp": ys[50] < 0.2, "log": ys[50] > 0.8}.get(name, ys[50] == pytest.approx({"wave": 1.0}.get(name, 0.5)))
    if name == "log":
        assert [CURVES["exp"](y) for y in ys] == pytest.approx(list(xs))


def test_threshold_closes_below_and_stretches_above():
    s = show(LEVEL + "threshold = 0.6\n")
    assert [s.step(frame(i, rms=x), 0, 0.1)["pca.0"] for i, x in enumerate((0.5, 0.6, 0.8, 1.0))] == pytest.approx(
        [0, 0, 0.5, 1]
    )


def test_mixes_act_on_the_base_in_order():
    s = show(
        "\n[set]\npca.0 = 1\n"
        '[[route]]\nfrom="rms"\nto="pca.0"\nmix="multiply"\nrange=[0, 2]\n'
        '[[route]]\nfrom="energy"\nto="pca.0"\nmix="add"\nrange=[0, -0.5]\n'
        '[[route]]\nfrom="onset_strength"\nto="pca.0"\nmix="max"\nrange=[-3, 3]\n'
    )
    assert s.step(frame(1, rms=0.75, energy=1.0), 0, 0.1)["pca.0"] == pytest.approx(1.0)  # 1 * 1.5 - 0.5
    assert s.step(frame(2, rms=0.75, energy=1.0, onset_strength=0.9), 0, 0.1)["pca.0"] == pytest.approx(2.4)
    assert s.step(frame(3, rms=1.0, energy=0.0), 0, 0.1)["pca.0"] == pytest.approx(2.0)
    s.control(message("/liveviz/pca/0", 1.0))
    assert s.step(frame(4, rms=1.0), 0, 0.1)["pca.0"] == 3.0  # 6, clamped


def test_a_setting_route_comes_before_the_others_wherever_it_is_written():
    s = show('\n[[route]]\nfrom="energy"\nto="pca.0"\nmix="add"\nrange=[0, 1]\n' + LEVEL)
    assert s.step(frame(rms=0.5, energy=1.0), 0, 0.1)["pca.0"] == pytest.approx(1.5)


# Events ---------------------------------------------------------------------------------------------------------------


def test_an_event_jumps_to_the_top_and_falls_with_its_release():
    s = show(KICK)
    s.step(frame(0, onset__kick=7), 0.0, 0.05)
    seen = [s.step(frame(i, onset__kick=8), 0.05 * i, 0.05)["pca.0"] for i in range(1, 6)]
    assert seen == pytest.approx([math.exp(-0.05 * i / 0.25) for i in range(5)])


def test_an_event_with_attack_rises_first():
    s = show(KICK + "attack = 0.1\n")
    s.step(frame(0), 0.0, 0.05)
    seen = [s.step(frame(i, onset__kick=1), 0, 0.05)["pca.0"] for i in range(1, 11)]
    assert seen[:2] == pytest.approx([0.0, 1 - math.exp(-0.5)])
    assert seen.index(max(seen)) == 4  # 0.2 s, two time constants
    assert seen[4] == pytest.approx(1 - math.exp(-2))
    assert seen[9] == pytest.approx(seen[4] * math.exp(-1))


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 5)), min_size=1, max_size=30))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_no_event_is_missed_or_counted_twice_however_many_hops_went_by(gaps):
    s = show(KICK)
    hop = count = 0
    s.step(frame(0), 0.0, 1 / 30)
    for hops, events in gaps:
        hop, count = hop + hops, count + events
        now = s.step(frame(hop, onset__kick=count), 0.0, 1 / 30)["pca.0"]
        assert (now == 1.0) == (events > 0)
        assert s.step(frame(hop, onset__kick=count), 0.0, 1 / 30)["pca.0"] < 1.0  # the same frame again


def test_counts_that_were_there_before_or_start_again_are_no_events():
    s = show(KICK)
    assert s.step(frame(900, onset__kick=55), 0, 0.03)["pca.0"] == 0.0
    assert s.step(frame(2, onset__kick=0), 0, 0.03)["pca.0"] == 0.0  # the analyser was started again
    assert s.step(None, 0, 0.03)["pca.0"] == 0.0
    assert s.step(frame(3, onset__kick=math.nan), 0, 0.03)["pca.0"] == 0.0
    assert s.step(frame(4, onset__kick=1), 0, 0.03)["pca.0"] == 1.0


# Time -----------------------------------------------------------------------------------------------------------------

BUSY = """
[latent]
base = { seeds = [1, 2, 3], loop_bars = 2 }
target = { seeds = [10, 11] }
chords = { palette = 3, layers = "fine" }
[[route]]
from = "rms"
to = "pca.0"
attack = 0.2
release = 0.6
[[route]]
from = "onset.kick"
to = "bend.zoom"
attack = 0.05
release = 0.3
range = [0, 0.9]
[[route]]
from = "onset.snare"
to = "latent.target"
release = 0.3
[[route]]
from = "energy"
to = "noise_speed"
attack = 0.5
[[route]]
from = "bands.bass"
to = "latent.speed"
attack = 0.3
release = 0.3
[[route]]
from = "midi.cc.1"
to = "pca.1"
takeover = "jump"
attack = 0.4
"""


def song(t: float) -> dict[str, float]:
    """Two kicks a second, one snare, slow levels, at 120 bpm. Events stand on multiples of 1/30 s."""
    beats = t * 2.0
    return {
        "rms": 0.5 + 0.5 * math.sin(t),
        "energy": 0.5 - 0.5 * math.cos(0.7 * t),
        "bands.bass": 0.5 + 0.4 * math.sin(1.3 * t),
        "onset__kick": math.floor(t * 2.0 + 1e-6),
        "onset__snare": math.floor(t + 0.5 + 1e-6),
        "tempo": 120.0,
        "beat_phase": beats % 1.0,
        **{f"chroma.{i}": max(0.0, math.sin(t + i)) for i in range(12)},
    }


def test_30_and_120_fps_give_the_same_show():
    shows = {fps: show(BUSY) for fps in (30, 120)}
    for s in shows.values():
        s.control(message("midi.cc.1", 1.0))
    slow, fast = (play(shows[fps], 6.0, fps, song) for fps in (30, 120))
    for a, b in zip(slow, fast[3::4], strict=True):
        assert a.time == pytest.approx(b.time)
        for p in REGISTRY:
            assert a[p.name] == pytest.approx(b[p.name], abs=0.02 * (p.high - p.low)), (p.name, a.time)
        assert a.noise_phase == pytest.approx(b.noise_phase, abs=0.5)  # half a frame of 20 fields a second
        assert a.beats == pytest.approx(b.beats, abs=0.02)
        for seed in mix(a).keys() | mix(b).keys():
            assert mix(a).get(seed, (0, 0, 0)) == pytest.approx(mix(b).get(seed, (0, 0, 0)), abs=0.1), (seed, a.time)
    for a, b in zip(slow[::10], fast[3::40], strict=True):
        check(a)
        check(b)


def test_noise_phase_is_the_integral_of_noise_speed():
    s = show("\n[set]\nnoise_speed = 3\n")
    frames = [s.step(None, n / 30, 1 / 30) for n in range(60)]
    assert frames[-1].noise_phase == pytest.approx(6.0)
    assert np.diff([f.noise_phase for f in frames]) == pytest.approx([0.1] * 59)


@pytest.mark.parametrize(
    ("bpm", "expected"), [(90.0, 90.0), (0.0, 120.0), (math.nan, 120.0), (1e9, 120.0), (-5.0, 120.0)]
)
def test_beats_go_by_at_the_tempo_or_at_120(bpm, expected):
    phase = bpm / 60.0 if 0.0 < bpm < 1000.0 else 0.0
    frames = play(show(), 12.0, 30, lambda t: {"tempo": bpm, "beat_phase": phase * t % 1.0})
    assert (frames[-1].beats - frames[-151].beats) / 5.0 * 60.0 == pytest.approx(expected, rel=0.01)
    assert np.all(np.diff([f.beats for f in frames]) > 0)


def test_beats_come_into_phase_with_the_music_smoothly():
    bpm = 100.0
    frames = play(show(), 10.0, 30, lambda t: {"tempo": bpm, "beat_phase": (t * bpm / 60.0 + 0.4) % 1.0})
    off = [(f.beats - f.time * bpm / 60.0 - 0.4 + 0.5) % 1.0 - 0.5 for f in frames]
    assert abs(off[0]) > 0.3
    assert max(map(abs, off[180:])) < 0.02
    steps = np.diff([f.beats for f in frames])
    assert steps.min() >= 0.0 and steps.max() < 3.0 / 30.0


def test_two_seconds_without_a_new_hop_are_silence():
    s = show(LEVEL)
    seen = [s.step(frame(5, rms=0.8), n / 30, 1 / 30)["pca.0"] for n in range(90)]
    assert seen[:60] == pytest.approx([0.8] * 60)
    assert seen[63:] == [0.0] * 27
    assert s.step(frame(6, rms=0.8), 3.0, 1 / 30)["pca.0"] == pytest.approx(0.8)


@pytest.mark.parametrize("dt", [-1.0, math.nan, math.inf, 1e9, 0.0])
def test_strange_steps_of_time_do_no_harm(dt):
    s = show(BUSY)
    for t in (0.0, dt, math.nan, -math.inf, 5.0):
        f = s.step(frame(1, t, tempo=120.0), t, dt)
        check(f)
    assert f.noise_phase <= 5 * 20.0


# Latents --------------------------------------------------------------------------------------------------------------

LOOP = "\n[latent]\nbase = { seeds = [5, 6, 7, 8], loop_bars = 2 }\n"  # 8 beats round, 2 beats a picture, 120 bpm: 1 s


def test_base_drifts_through_all_images_stays_with_each_and_starts_again():
    frames = play(show(LOOP), 8.0, 30, lambda t: {"tempo": 120.0})
    for f in frames:
        place = f.time % 4.0
        first, part = int(place + 1e-9), place - int(place + 1e-9)
        for _ in range(2):
            part = part**2 * (3.0 - 2.0 * part)
        expected = {5 + first: 1.0 - part, 5 + (first + 1) % 4: part}
        got = {seed: w[0] for seed, w in mix(f).items()}
        assert all(got.get(k, 0.0) == pytest.approx(v, abs=1e-6) for k, v in expected.items())
    weights = np.array([[mix(f).get(seed, (0.0,) * 3)[1] for seed in (5, 6, 7, 8)] for f in frames])
    assert np.abs(np.diff(weights, axis=0)).max() == pytest.approx(2.25 / 30, rel=0.01)  # no pop
    clear = (weights.max(axis=1) > 0.9).mean()
    assert clear == pytest.approx(0.57, abs=0.02), "more than half of the time one picture is seen alone"


def test_latent_speed_0_stands_still_and_2_is_twice_as_fast():
    for speed, expected in ((0, 1.0), (2, 0.0)):
        f = play(show(LOOP + f"[set]\nlatent.speed = {speed}\n"), 0.5, 30, lambda t: {"tempo": 120.0})[-1]
        assert mix(f).get(5, (0.0,))[0] == pytest.approx(expected, abs=1e-6)


def test_silence_gives_idle_motion():
    s = show(LOOP)
    frames = [s.step(None, n / 30, 1 / 30) for n in range(60)]
    assert mix(frames[0]) != mix(frames[30]) != mix(frames[59])


def test_classes_go_with_their_seeds():
    f = show("\n[latent]\nbase = { seeds = [5, 6], classes = [3, 4] }\n").step(None, 0, 1.0)
    assert {(t.seed, t.cls) for t in f.latents} == {(5, 3), (6, 4)}


TARGET = (
    "\n[latent]\nbase = { seeds = [1] }\ntarget = { seeds = [10, 11, 12], layers = ['coarse', 'middle'] }\n"
    '[[route]]\nfrom = "onset.snare"\nto = "latent.target"\nrelease = 0.2\n'
)


def snares(
    a_show: mapping.Performer, counts: list[int], dt: float = 0.05
) -> list[dict[int, tuple[float, float, float]]]:
    return [mix(a_show.step(frame(i, onset__snare=c), i * dt, dt)) for i, c in enumerate(counts)]


def test_a_stroke_pulls_to_the_target_on_its_layers_only():
    seen = snares(show(TARGET), [0, 1, 1])
    assert seen[0] == {1: (1.0, 1.0, 1.0)}
    assert seen[1] == {10: (1.0, 1.0, 0.0), 1: (0.0, 0.0, 1.0)}
    assert seen[2][10] == pytest.approx((math.exp(-0.25), math.exp(-0.25), 0.0))
    assert seen[2][1] == pytest.approx((1 - math.exp(-0.25), 1 - math.exp(-0.25), 1.0))


def test_every_stroke_takes_the_next_target_whether_the_last_one_rings_or_is_gone():
    ringing = snares(show(TARGET), [0, 1, 1, 2, 2, 3, 4])
    assert [max(m.keys() - {1}, default=None) for m in ringing] == [None, 10, 10, 11, 11, 12, 10]
    gone = snares(show(TARGET), [0, 1] + [1] * 40 + [2] + [2] * 40 + [3])
    assert [max(gone[i].keys() - {1}) for i in (1, 42, 83)] == [10, 11, 12]


def test_a_hand_pulls_to_the_next_target_after_each_release():
    s = show("\n[latent]\nbase = { seeds = [1] }\ntarget = { seeds = [10, 11] }\n")
    seen = []
    for x in (0.5, 1.0, 0.3, 0.0, 0.4, 0.0, 0.1):
        s.control(message("/liveviz/latent/target", x))
        seen.append(sorted(mix(s.step(None, 0, 0.03)).keys() - {1}))
    assert seen == [[10], [10], [10], [], [11], [], [10]]


CHORDS = """
[latent]
base = { seeds = [1] }
[[latent.chords]]
palette = [20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31]
layers = "fine"
attack = 0
release = 0.2
[[latent.chords]]
from = "bass_chroma"
palette = [40, 41, 42]
layers = "coarse"
attack = 0
release = 0
"""


def test_chords_mix_the_palette_by_chroma_and_leave_the_base_in_silence():
    s = show(CHORDS)
    assert mix(s.step(frame(0), 0, 0.1)) == {1: (1.0, 1.0, 1.0)}
    m = mix(s.step(frame(1, **{"chroma.0": 0.9, "chroma.4": 0.3, "bass_chroma.7": 1.0}), 0, 0.1))
    assert m == {
        20: pytest.approx((0, 0, 0.75)),
        24: pytest.approx((0, 0, 0.25)),
        41: (1.0, 0.0, 0.0),
        1: (0.0, 1.0, 0.0),
    }
    m = mix(s.step(frame(2), 0, 0.2))
    left = math.exp(-1)
    assert m[20][2] == pytest.approx(left * 0.75)
    assert m[1] == pytest.approx((1.0, 1.0, 1.0 - left))


def test_latent_chords_says_how_much():
    s = show(CHORDS + "[set]\nlatent.chords = 0.5\n")
    m = mix(s.step(frame(1, **{"chroma.0": 1.0}), 0, 0.1))
    assert m == {20: pytest.approx((0, 0, 0.5)), 1: pytest.approx((1.0, 1.0, 0.5))}


def test_a_palette_appears_where_only_a_route_speaks_of_chords():
    s = show('\n[[route]]\nfrom = "energy"\nto = "latent.chords"\n')
    quiet, loud = (s.step(frame(i, energy=e, **{"chroma.2": 1.0}), 0, 0.5) for i, e in enumerate((0.0, 1.0)))
    assert len(quiet.latents) == 2 and len(loud.latents) == 3
    assert show().step(frame(0, **{"chroma.2": 1.0}), 0, 0.1).latents == show().step(frame(0), 0, 0.1).latents


def test_the_seed_chooses_images_that_are_only_counted():
    seeds = [{t.seed for t in show(seed=k).step(None, 0, 0.1).latents} for k in (None, 0, 1, 2**40)]
    assert seeds[0] == seeds[1] == seeds[3]
    assert not seeds[1] & seeds[2]
    assert show("\nseed = 9", seed=None).step(None, 0, 0.1).seed == 9
    assert show("\nseed = 9", seed=4).step(None, 0, 0.1).seed == 4


# Hot replace ----------------------------------------------------------------------------------------------------------


def test_replace_keeps_places_noise_hands_and_envelopes():
    s = show(BUSY)
    play(s, 3.1, 30, song)
    s.control(message("/liveviz/pca/5", 1.0))
    s.control(message("/liveviz/bend/rotate", 0.75))
    before = s.step(frame(94, 3.13, **song(3.13)), 3.13, 1 / 30)
    s.replace(program(BUSY + '[[route]]\nfrom="midi.cc.9"\nto="truncation_psi"\n[set]\npca.7 = 1.5\n'))
    after = s.step(frame(94, 3.13, **song(3.13)), 3.13, 1e-4)
    for p in REGISTRY:
        expected = 1.5 if p.name == "pca.7" else before[p.name]
        assert after[p.name] == pytest.approx(expected, abs=1e-3 * (p.high - p.low)), p.name
    assert after["pca.5"] == 3.0
    assert after.noise_phase == pytest.approx(before.noise_phase, abs=0.01)
    assert after.beats == pytest.approx(before.beats, abs=0.01)
    assert after.sequence == before.sequence + 1
    assert {(b.op, b.layer) for b in after.bends} == {("zoom", 16), ("rotate", 16)}
    for seed in mix(before).keys() | mix(after).keys():
        assert mix(after).get(seed, (0, 0, 0)) == pytest.approx(mix(before).get(seed, (0, 0, 0)), abs=0.01)


def test_replace_with_a_changed_constant_moves_it_and_one_without_leaves_the_hand():
    s = show("\n[set]\ntruncation_psi = 0.5\n")
    s.control(message("/liveviz/truncation_psi", 1.0))
    s.replace(program("\n[set]\ntruncation_psi = 0.5\npca.0 = 1\n"))
    assert s.step(None, 0, 0.1)["truncation_psi"] == 1.5
    s.replace(program("\n[set]\ntruncation_psi = 0.9\n"))
    f = s.step(None, 0, 0.1)
    assert (f["truncation_psi"], f["pca.0"]) == (0.9, 0.0)


def test_replace_moves_a_hand_on_a_bend_to_the_layer_of_the_new_file():
    s = show()
    s.control(message("/liveviz/bend/zoom", 1.0))
    s.replace(program('\n[[route]]\nfrom="rms"\nto="bend.zoom"\nlayer=8\nmix="add"\nrange=[0, 0.5]\n'))
    f = s.step(None, 0, 0.1)
    assert [(b.op, b.layer, b.amount) for b in f.bends] == [("zoom", 8, 1.0)]


def test_a_drift_of_another_length_goes_on_from_the_same_image():
    s = show(LOOP)
    before = play(s, 2.5, 30, lambda t: {"tempo": 120.0})[-1]
    s.replace(program(LOOP.replace("loop_bars = 2", "loop_bars = 16")))
    after = s.step(frame(76, 2.5, tempo=120.0), 2.5, 0.0)
    assert {seed: pytest.approx(w) for seed, w in mix(before).items()} == mix(after)


# Hostile --------------------------------------------------------------------------------------------------------------

_anything = st.floats(allow_nan=True, allow_infinity=True, width=64)
_addresses = st.one_of(
    st.sampled_from(["midi.cc.1", "midi.cc.1.ch.2", "key.space", "/x", *[p.osc for p in REGISTRY]]),
    st.text(max_size=20),
)


@given(
    steps=st.lists(
        st.tuples(
            hnp.arrays(np.float64, len(SOURCES), elements=_anything),
            st.integers(-5, 2**40),
            _anything,
            _anything,
            st.lists(st.tuples(_addresses, _anything), max_size=3),
        ),
        max_size=8,
    )
)
@settings(derandomize=True, deadline=None, max_examples=120)
def test_whatever_comes_in_frames_stay_finite_and_in_range(steps):
    s = show(BUSY + '[[route]]\nfrom = "level_db"\nto = "pca.3"\nmix = "multiply"\nrange = [0, 10]\n')
    for values, sequence, time, dt, messages in steps:
        for address, x in messages:
            s.control(ControlMessage(address, x, 0.0))
        check(s.step(SignalFrame(sequence, time, values), time, dt))


@pytest.mark.parametrize("values", [np.zeros(0), np.zeros(3), np.zeros((len(SOURCES), 2)), np.zeros(10_000)])
def test_a_frame_of_another_analyser_is_silence(values):
    s = show(LEVEL)
    f = s.step(SignalFrame(0, 0.0, values), 0.0, 0.1)
    check(f)
    assert (f["pca.0"], f.signal_sequence) == (0.0, -1)


def test_bends_of_the_file_are_always_listed():
    s = show(
        '\n[[route]]\nfrom="onset.kick"\nto="bend.zoom"\nlayer=8\n[[route]]\nfrom="rms"\nto="bend.zoom"\nlayer=64\n[set]\nbend.mirror=0\n'
    )
    for f in play(s, 1.0, 30, song):
        assert [(b.op, b.layer) for b in f.bends] == [("mirror", 16), ("zoom", 8), ("zoom", 64)]


def test_the_same_music_gives_the_same_show():
    assert play(show(BUSY), 2.0, 30, song) == play(show(BUSY), 2.0, 30, song)


ROWED = (
    '\n[[route]]\nfrom = "rms"\nto = "pca.0"\nrange = [0, 2]\nlayers = [4, 8]\n'
    '[[route]]\nfrom = "energy"\nto = "truncation_psi"\nlayers = [8, 14]\nmix = "add"\nrange = [0, 0.4]\n'
    "[set]\ntruncation_psi = 0.9\n"
)


def test_routes_with_layers_move_those_rows_and_nothing_else() -> None:
    s = show(ROWED)
    f = s.step(frame(1, 0.1, rms=0.5, energy=0.5), 0.1, 0.1)
    assert [(r.parameter, r.start, r.end) for r in f.rows] == [("pca.0", 4, 8), ("truncation_psi", 8, 14)]
    assert [r.amount for r in f.rows] == pytest.approx([1.0, 0.9 + 0.2])  # rests where the common one does
    assert f["pca.0"] == 0.0 and f["truncation_psi"] == 0.9
    assert s.control(message("/liveviz/truncation_psi", 0.0))  # a hand moves the common one
    f = s.step(frame(2, 0.2, rms=9.0, energy=9.0), 0.2, 0.1)
    assert f["truncation_psi"] == 0.0 and [r.amount for r in f.rows] == pytest.approx([2.0, 1.3])  # in range
    check(f)


def test_a_hand_pushes_the_rows_that_the_file_gives_a_knob_and_a_new_file_may_give_it_others() -> None:
    body = '\n[[route]]\nfrom = "midi.cc.1"\nto = "pca.2"\ntakeover = "jump"\nlayers = {}\n'
    s = show(body.format("[0, 4]"))
    assert s.control(message("/liveviz/pca/2", 1.0)) and s.last_touched == ("pca.2", 3.0)
    f = s.step(None, 0.1, 0.1)
    assert [(r.parameter, r.start, r.end, r.amount) for r in f.rows] == [("pca.2", 0, 4, 3.0)] and f["pca.2"] == 0.0
    s.replace(program(body.format("[2, 5]")))  # saved while it plays: what the hand set goes along
    f = s.step(None, 0.2, 0.1)
    assert [(r.start, r.end, r.amount) for r in f.rows] == [(2, 5, 3.0)]
    s.replace(program(body.replace("layers = {}", "")))
    f = s.step(None, 0.3, 0.1)
    assert f.rows == () and f["pca.2"] == 3.0


def test_no_more_rows_than_a_frame_holds() -> None:
    s = show("".join(f'\n[[route]]\nfrom = "rms"\nto = "pca.0"\nlayers = [{k}, 34]\n' for k in range(32)))
    assert len(s.step(frame(1, 0.1, rms=1.0), 0.1, 0.1).rows) == 32
    s.control(message("/liveviz/pca/0", 1.0))
    s.replace(program('\n[[route]]\nfrom = "rms"\nto = "pca.1"\nlayers = [0, 34]\n'))
    assert len(s.step(frame(2, 0.2, rms=1.0), 0.2, 0.1).rows) == 2  # the hand's, where it was, and the file's
