"""State is data: a snapshot is where everything goes, recalling it brings all of it back, within the time that was said and
without a jump; and musical time has a leader."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapping_kit import REGISTRY, frame, message, program, show

from liveviz.spec import Tempo
from liveviz.spec.limits import MAX_BENDS
from liveviz.spec.tempo import ANALYSER_SOURCE, FRESH_S, leader

BODY = """
[set]
"bend.rotate" = { value = 20.0, layer = 32 }
"post.colour.hue" = 0.25
[[route]]
from = "midi.cc.1"
to = "bend.zoom"
layer = 8
takeover = "pickup"
[[route]]
from = "midi.cc.2"
to = "pca.0"
rows = [4, 8]
"""


def run(a_show, seconds: float, dt: float = 1 / 30):
    for _ in range(max(1, round(seconds / dt))):
        found = a_show.step(None, 0.0, dt)
    return found


def test_a_snapshot_names_everything_and_is_plain_data() -> None:
    a_show = show(BODY)
    found = a_show.snapshot()
    assert set(REGISTRY.names) <= set(found) and "pca.0[4:8]" not in found  # the file's rows are its home
    assert found["bend.rotate"] == 20.0 and found["post.colour.hue"] == 0.25
    assert json.loads(json.dumps(found)) == found


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.dictionaries(st.sampled_from(REGISTRY.names), st.floats(0.0, 1.0), max_size=12), st.floats(0.0, 3.0))
def test_what_was_snapped_comes_back_wherever_hands_have_been(moves: dict[str, float], seconds: float) -> None:
    a_show = show(BODY)
    for name, position in list(moves.items())[::2]:
        a_show.control(message(REGISTRY[name].osc, position))
    kept = a_show.snapshot()
    for name, position in moves.items():
        a_show.control(message(REGISTRY[name].osc, position))
    before = run(a_show, 0.1).values
    assert a_show.recall(kept, seconds) == []
    assert a_show.snapshot() == kept
    first = a_show.step(None, 0.0, 1 / 30).values
    shown = [
        parameter for parameter in REGISTRY if parameter.name != "pca.0"
    ]  # which is on rows, and not in the values
    for parameter in shown:
        if seconds > 0.1 and parameter.curve not in ("integer", "toggle"):  # a step of the way, and no jump
            way = abs(kept[parameter.name] - before[parameter.name])
            assert abs(first[parameter.name] - before[parameter.name]) <= way * (1 / 30) / seconds + 1e-9
    last = run(a_show, seconds + 0.1)
    assert [row.amount for row in last.rows] == [pytest.approx(kept["pca.0"], abs=1e-9)]
    there = last.values
    for parameter in shown:
        assert there[parameter.name] == pytest.approx(parameter.clamp(kept[parameter.name]), abs=1e-9)


def test_a_fade_is_even_and_a_hand_takes_over() -> None:
    a_show = show(BODY)
    a_show.recall({"post.colour.hue": 0.75}, 1.0)
    hues = [a_show.step(None, 0.0, 0.1).values["post.colour.hue"] for _ in range(12)]
    np.testing.assert_allclose(hues, np.minimum(0.25 + 0.05 * np.arange(1, 13), 0.75), atol=1e-9)
    a_show.recall({"post.colour.hue": 0.0}, 10.0)
    run(a_show, 1.0)
    a_show.control(message("/liveviz/post/colour/hue", 0.9))
    assert run(a_show, 0.2).values["post.colour.hue"] == pytest.approx(0.9)


def test_after_a_recall_knobs_must_be_picked_up() -> None:
    a_show = show(BODY)
    a_show.control(message("midi.cc.1", 0.5))
    rest = a_show.snapshot()["bend.zoom"]
    a_show.recall({"bend.zoom": 0.8}, 0.0)
    a_show.control(message("midi.cc.1", 0.52))
    assert a_show.snapshot()["bend.zoom"] == 0.8 and rest != 0.8
    a_show.control(message("midi.cc.1", 1.0))  # past it
    assert a_show.snapshot()["bend.zoom"] == 1.0


def test_nonsense_is_named_and_changes_nothing() -> None:
    a_show = show(BODY)
    kept = a_show.snapshot()
    bad = {"bend.zoom": math.nan, "no.such": 1.0, "pca.1": math.inf, "pca.2": "x", "bend.mirror@64": 1.0}
    assert a_show.recall(bad, math.nan) == list(bad)  # type: ignore[arg-type]
    assert a_show.snapshot() == kept
    a_show.recall({"post.colour.hue": 1e9}, -5.0)
    assert run(a_show, 0.1).values["post.colour.hue"] == 1.0


def test_there_is_room_for_so_many_bends_and_no_more() -> None:
    body = "".join(
        f'[[route]]\nfrom = "midi.cc.{n}"\nto = "bend.zoom"\nlayer = {4 << n % 8}\nchannels = [{n}]\n'
        for n in range(MAX_BENDS)
    )
    a_show = show("\n" + body)
    assert a_show.recall({"bend.rotate": 90.0}) == ["bend.rotate"]
    assert len(run(a_show, 0.1).bends) == MAX_BENDS


def test_learning_binds_the_next_control_and_outlives_a_change_of_the_file() -> None:
    a_show = show(BODY)
    with pytest.raises(ValueError, match="is no parameter"):
        a_show.learn("bend.zoomm")
    a_show.learn("post.colour.hue")
    assert a_show.learning == "post.colour.hue"
    a_show.control(message("midi.cc.70.ch.2", 0.5))
    assert a_show.learning == "" and dict(a_show.learned) == {"post.colour.hue": "midi.cc.70.ch.2"}
    a_show.control(message("midi.cc.70.ch.2", 1.0))
    assert run(a_show, 0.1).values["post.colour.hue"] == 1.0
    a_show.learn("post.colour.hue")
    a_show.control(message("midi.cc.71.ch.2", 0.3))  # another control takes its place
    assert a_show.control(message("midi.cc.70.ch.2", 0.0)) is False
    assert run(a_show, 0.1).values["post.colour.hue"] == pytest.approx(0.3)
    a_show.replace(program(BODY + '[[route]]\nfrom = "midi.cc.3"\nto = "bend.mirror"\n'))  # the file was saved
    assert dict(a_show.learned) == {"post.colour.hue": "midi.cc.71.ch.2"}
    assert a_show.control(message("midi.cc.71.ch.2", 0.8)) and run(a_show, 0.1).values["post.colour.hue"] == 0.8


# Musical time


def test_a_clock_leads_while_it_plays_and_the_analyser_after_it() -> None:
    analysed = Tempo(120.0, 0.5, 10.0)
    clock = Tempo(150.0, 3.25, 10.0, "midi")
    assert leader(analysed, None, 10.0) is analysed and leader(None, None, 0.0) is None
    assert leader(analysed, clock, 10.0 + FRESH_S) is clock and leader(None, clock, 10.0) is clock
    assert leader(analysed, clock, 10.1 + FRESH_S) is analysed
    assert leader(analysed, Tempo(150.0, 3.25, 10.0, "midi", playing=False), 10.0) is analysed
    assert leader(analysed, Tempo(0.0, 0.0, 10.0, "midi"), 10.0) is analysed


def test_beats_follow_the_leader_without_a_jump() -> None:
    a_show, dt = show(), 1 / 60
    beats = []
    for n in range(1, 1200):
        t = n * dt
        heard = frame(n, t, tempo=120.0, beat_phase=(2.0 * t) % 1.0)
        clock = Tempo(150.0, 2.5 * t, t, "midi") if 5.0 < t < 15.0 else None
        beats.append(a_show.step(heard, t, dt, clock).beats)
        assert a_show.tempo is not None and a_show.tempo.source == ("midi" if clock else ANALYSER_SOURCE)
    steps = np.diff(beats)
    assert steps.min() >= 0.0 and steps.max() < 4 * 2.5 * dt  # never back, never a leap
    at = np.array(beats)
    for seconds, rate in ((4.9, 2.0), (14.9, 2.5)):
        here = at[round(seconds / dt) - 1]
        off = (here - rate * seconds + 0.5) % 1.0 - 0.5
        assert abs(off) < 0.03
