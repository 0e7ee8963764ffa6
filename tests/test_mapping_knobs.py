"""Takeover as truth tables, direct control at OSC addresses, keys: what a hand does to a value."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapping_kit import REGISTRY, message, program, show

from liveviz import mapping
from liveviz.spec import Channels

# A range of 0 to 1 on a parameter that rests at 0.5, so that positions and values are the same numbers.
KNOB = '\n[set]\npost.colour.hue = 0.5\n[[route]]\nfrom = "midi.cc.1"\nto = "post.colour.hue"\ntakeover = "{}"\n'
PICKUP = KNOB.format("pickup")


def value(a_show: mapping.Performer, name: str = "post.colour.hue") -> float:
    return a_show.step(None, 0.0, 1 / 30)[name]


def turn(a_show: mapping.Performer, *positions: float, address: str = "midi.cc.1") -> list[float]:
    """Values after each position of the knob."""
    seen = []
    for x in positions:
        assert a_show.control(message(address, x))
        seen.append(value(a_show))
    return seen


@pytest.mark.parametrize(
    ("takeover", "positions", "values"),
    [
        ("jump", [0.1, 0.9, 0.0], [0.1, 0.9, 0.0]),
        ("pickup", [0.1, 0.3, 0.4], [0.5, 0.5, 0.5]),  # never got there
        ("pickup", [0.1, 0.6, 0.7, 0.2], [0.5, 0.6, 0.7, 0.2]),  # crossed it upwards, then holds
        ("pickup", [0.9, 0.4, 0.0], [0.5, 0.4, 0.0]),  # downwards
        ("pickup", [0.9, 0.7, 0.9], [0.5, 0.5, 0.5]),
        ("pickup", [0.49, 0.0], [0.49, 0.0]),  # within 1/64 at once
        ("pickup", [0.484, 0.48], [0.5, 0.5]),  # just outside 1/64
        ("pickup", [0.5, 1.0], [0.5, 1.0]),
        ("scale", [0.2], [0.5]),  # where the knob stands, nothing more
        ("scale", [0.2, 0.6, 1.0], [0.5, 0.75, 1.0]),  # half of the knob's way up is half of the value's
        ("scale", [0.8, 0.4, 0.0], [0.5, 0.25, 0.0]),
        ("scale", [0.2, 0.2], [0.5, 0.5]),
        ("scale", [0.0, 1.0, 0.0], [0.5, 1.0, 0.0]),
        ("scale", [0.5, 0.7], [0.5, 0.7]),  # already together
    ],
)
def test_takeover(takeover, positions, values):
    assert turn(show(KNOB.format(takeover)), *positions) == pytest.approx(values)


@pytest.mark.parametrize(
    "otherwise",
    [
        lambda s: s.control(message("/liveviz/post/colour/hue", 0.2)),
        lambda s: s.control(message("midi.cc.2", 0.2)),
    ],
    ids=["osc", "another knob"],
)
def test_pickup_is_armed_again_when_something_else_moves_the_value(otherwise):
    s = show(PICKUP + '[[route]]\nfrom="midi.cc.2"\nto="post.colour.hue"\ntakeover="jump"\n')
    assert turn(s, 0.5, 0.9) == [0.5, 0.9]
    otherwise(s)
    assert turn(s, 0.8, 0.7) == pytest.approx([0.2, 0.2])
    assert turn(s, 0.1, 0.3) == pytest.approx([0.1, 0.3])


def test_pickup_is_armed_again_by_another_program_and_the_value_stays():
    s = show(PICKUP)
    turn(s, 0.5, 0.9)
    s.replace(program(PICKUP + "[latent.base]\nloop_bars = 4\n"))
    assert value(s) == pytest.approx(0.9)
    s.control(message("/liveviz/post/colour/hue", 0.3))
    s.replace(program(PICKUP))
    assert turn(s, 0.8, 0.5) == pytest.approx([0.3, 0.3])
    assert turn(s, 0.2) == pytest.approx([0.2])  # the knob's place was remembered, so it crossed


def test_pickup_at_a_value_outside_the_route_happens_at_the_nearer_end():
    s = show('\n[set]\npca.0 = 3\n[[route]]\nfrom="midi.cc.1"\nto="pca.0"\nrange=[-1, 1]\n')
    seen = []
    for x in (0.2, 0.9, 1.0, 0.5):
        s.control(message("midi.cc.1", x))
        seen.append(value(s, "pca.0"))
    assert seen == pytest.approx([3.0, 3.0, 1.0, 0.0])


def test_ranges_may_run_backwards_and_exponential_ones_in_ratios():
    s = show(
        '\n[[route]]\nfrom="/a"\nto="pca.0"\nrange=[2, -1]\n'
        '[[route]]\nfrom="/b"\nto="post.filter.cutoff"\nrange=[100, 10000]\n'
    )
    for address in "/a", "/b":
        s.control(message(address, 0.5))
    f = s.step(None, 0.0, 0.1)
    assert f["pca.0"] == pytest.approx(0.5)
    assert f["post.filter.cutoff"] == pytest.approx(1000.0)


def test_channels():
    s = show(
        '\n[[route]]\nfrom="midi.cc.1"\nto="pca.0"\ntakeover="jump"\n[[route]]\nfrom="midi.cc.1.ch.3"\nto="pca.1"\ntakeover="jump"\n'
    )
    assert s.control(message("midi.cc.1.ch.3", 1.0))
    f = s.step(None, 0.0, 0.1)
    assert (f["pca.0"], f["pca.1"]) == (3.0, 3.0)
    assert s.control(message("midi.cc.1.ch.4", 0.0))
    f = s.step(None, 0.0, 0.1)
    assert (f["pca.0"], f["pca.1"]) == (-3.0, 3.0)
    assert not s.control(message("midi.cc.2.ch.3", 0.0))


def test_attack_and_release_make_a_controller_glide():
    s = show('\n[[route]]\nfrom="midi.note.60"\nto="pca.0"\nrange=[0, 1]\nattack=0.1\nrelease=0.5\n')
    s.control(message("midi.note.60", 1.0))
    assert s.step(None, 0.0, 0.1)["pca.0"] == pytest.approx(1 - math.exp(-1))
    for _ in range(20):
        s.step(None, 0.0, 0.1)
    s.control(message("midi.note.60", 0.0))
    assert s.step(None, 0.0, 0.5)["pca.0"] == pytest.approx(math.exp(-1), abs=1e-6)


def test_a_note_may_play_on_top_of_the_base():
    s = show('\n[[route]]\nfrom="key.space"\nto="pca.0"\nmix="add"\nrange=[0, 2]\n')
    s.control(message("/liveviz/pca/0", 0.75))
    assert value(s, "pca.0") == pytest.approx(1.5)  # not heard yet: not there
    s.control(message("key.space", 0.5))
    assert value(s, "pca.0") == pytest.approx(2.5)
    s.control(message("key.space", 0.0))
    assert value(s, "pca.0") == pytest.approx(1.5)


def test_every_parameter_answers_at_its_own_address():
    s = show()
    for p in REGISTRY:
        for position in (0.0, 1.0, 0.25):
            assert s.control(message(p.osc, position))
            expected = {0.0: p.low, 1.0: p.high}.get(position, p.at(0.25))
            assert s.step(None, 0.0, 1 / 30)[p.name] == pytest.approx(expected), p.name
            assert s.last_touched == (p.name, pytest.approx(expected))


def test_direct_control_of_a_bend_uses_the_layer_of_the_file_or_16():
    s = show('\n[[route]]\nfrom="onset.kick"\nto="bend.zoom"\nlayer=8\nmix="add"\nrange=[0, 0.3]\n')
    s.control(message("/liveviz/bend/zoom", 0.75))
    s.control(message("/liveviz/bend/mirror", 1.0))
    f = s.step(None, 0.0, 1 / 30)
    assert {(b.op, b.layer): b.amount for b in f.bends} == {("zoom", 8): 0.5, ("mirror", 16): 1.0}
    assert (f["bend.zoom"], f["bend.mirror"]) == (0.5, 1.0)


def test_direct_control_of_a_bend_keeps_to_the_channels_of_the_file():
    s = show(
        '\n[[route]]\nfrom="onset.kick"\nto="bend.zoom"\nlayer=8\nchannels=[1, 4]\nmix="add"\nrange=[0, 0.3]\n'
        '[[route]]\nfrom="rms"\nto="bend.zoom"\nlayer=8\n'
    )
    s.control(message("/liveviz/bend/zoom", 0.75))
    bends = {b.channels: b.amount for b in s.step(None, 0.0, 1 / 30).bends}
    assert bends == {Channels((1, 4)): 0.5, Channels(): -1.0}


def test_direct_control_adds_no_seventeenth_bend():
    body = "".join(
        f'\n[[route]]\nfrom="rms"\nto="bend.{op}"\nlayer={2**k}' for k in range(3, 11) for op in ("zoom", "rotate")
    )
    s = show(body)
    assert not s.control(message("/liveviz/bend/mirror", 1.0))
    assert s.control(message("/liveviz/bend/zoom", 1.0))
    assert len(s.step(None, 0.0, 1 / 30).bends) == 16


def test_toggle():
    s = show()
    assert s.step(None, 0.0, 0.1)["stage.blackout"] == 0.0
    assert s.toggle("stage.blackout") is True
    assert s.step(None, 0.0, 0.1)["stage.blackout"] == 1.0
    s.control(message("/liveviz/stage/blackout", 0.0))
    assert s.toggle("stage.blackout") is True
    assert s.toggle("stage.blackout") is False
    for name in ("pca.0", "nothing"):
        with pytest.raises(ValueError, match=name):
            s.toggle(name)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, "x", None, 10**400])
def test_values_that_are_no_number_change_nothing(bad):
    s = show(KNOB.format("jump"))
    assert not s.control(message("midi.cc.1", bad))
    assert not s.control(message("/liveviz/pca/0", bad))
    f = s.step(None, 0.0, 1 / 30)
    assert (f["post.colour.hue"], f["pca.0"], s.last_touched) == (0.5, 0.0, None)


@pytest.mark.parametrize(
    "address", ["", "/", "/liveviz", "/liveviz/", "/liveviz/pca", "/" * 5000, "midi.", ".ch.", "\x00", "rms", 3]
)
def test_addresses_that_nobody_has_are_not_applied(address):
    s = show(KNOB.format("jump"))
    assert not s.control(message(address, 1.0))
    assert s.last_touched is None


@given(st.lists(st.tuples(st.sampled_from(["jump", "pickup", "scale"]), st.floats(0, 1), st.booleans()), max_size=30))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_values_never_leave_the_range_and_pickup_never_jumps(moves):
    s = mapping.Performer(
        program(
            "\n[set]\npost.colour.hue = 0.5\n"
            + "".join(
                f'[[route]]\nfrom="midi.cc.{i}"\nto="post.colour.hue"\ntakeover="{t}"\n'
                for i, t in enumerate(("jump", "pickup", "scale"))
            )
        ),
        REGISTRY,
        [],
    )
    last_pickup: float | None = None
    for takeover, x, direct in moves:
        before = value(s)
        if direct:
            s.control(message("/liveviz/post/colour/hue", x))
        else:
            s.control(message(f"midi.cc.{('jump', 'pickup', 'scale').index(takeover)}", x))
        after = value(s)
        assert 0.0 <= after <= 1.0
        if not direct and takeover == "pickup":
            # a value moves no farther than the knob did, or than 1/64
            assert abs(after - before) <= max(1 / 64, abs(x - last_pickup) if last_pickup is not None else 0.0) + 1e-9
            last_pickup = x


@pytest.mark.parametrize("seconds", [1.0, 4.0, 20.0])
@pytest.mark.parametrize("mix", ["set", "add"])
def test_a_knob_of_7_bits_makes_no_steps_where_it_is_smoothed(mix: str, seconds: float) -> None:
    """A step of the knob is 1/127; what is seen moves at most 1/255 of the range per frame beyond the ramp that the hand made."""
    fps, span = 60, 6.0  # pca.0 goes from -3 to 3
    s = show(
        f'\n[[route]]\nfrom = "midi.cc.1"\nto = "pca.0"\nmix = "{mix}"\nrange = [-3, 3]\n'
        + ('takeover = "jump"\n' if mix == "set" else "")
        + "attack = 0.05\nrelease = 0.05\n"
    )
    s.control(message("midi.cc.1", 0.0))
    for _ in range(fps):
        before = s.step(None, 0.0, 1 / fps)["pca.0"]
    for i in range(int(seconds * fps) + 1):
        s.control(message("midi.cc.1", int(127 * i / (seconds * fps)) / 127))
        now = s.step(None, i / fps, 1 / fps)["pca.0"]
        assert 0.0 <= now - before + 1e-6 <= span * (1 / (seconds * fps) + 1 / 255)
        before = now
    assert now > 2.5
