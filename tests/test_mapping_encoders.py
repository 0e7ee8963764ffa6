"""Knobs without ends: each coding turns the value on by its steps, and learning finds out which coding a control has."""

import pytest
from mapping_kit import message, program, show

from liveviz import mapping
from liveviz.spec import LivevizError

BODY = '\n[set]\npost.colour.hue = 0.5\n[[route]]\nfrom = "midi.cc.1"\nto = "post.colour.hue"\nencoder = "{}"\n'
RIGHT_LEFT = {  # one step right, three steps right, one step left, two steps left
    "twos_complement": (1, 3, 127, 126),
    "binary_offset": (65, 67, 63, 62),
    "sign_magnitude": (1, 3, 65, 66),
}


def turn(a_show: mapping.Performer, *values: int, address: str = "midi.cc.1") -> float:
    """The value, in steps of 1/127 from 0.5, after these messages."""
    for value in values:
        a_show.control(message(address, value / 127))
    return round((a_show.step(None, 0.0, 1 / 30)["post.colour.hue"] - 0.5) * 127, 6)


@pytest.mark.parametrize("coding", RIGHT_LEFT)
def test_an_encoder_turns_the_value_on(coding: str) -> None:
    one, three, back, two_back = RIGHT_LEFT[coding]
    a_show = show(BODY.format(coding))
    assert turn(a_show, one) == 1 and turn(a_show, three) == 4
    assert turn(a_show, back) == 3 and turn(a_show, two_back) == 1
    assert turn(a_show, one, one, one) == 4  # the same message again is another step
    a_show.control(message("/liveviz/post/colour/hue", 0.5))
    assert turn(a_show, one) == 1  # from where it is now, without a jump
    assert turn(a_show, *[one] * 300) == 63.5 and turn(a_show, back) == 62.5  # the end is the end
    assert turn(a_show, 64 if coding == "binary_offset" else 0) == 62.5  # no step


def test_increments_and_decrements_are_single_steps() -> None:
    a_show = show(BODY.format("inc_dec"))
    assert turn(a_show, 1, 1, 127) == 1 and turn(a_show, 127, 127) == -1
    assert turn(show(BODY.format("inc_dec") + "gain = 4\ninvert = true\n"), 1) == -4


def test_a_long_way_there_and_back_is_no_way() -> None:
    a_show = show(BODY.format("twos_complement"))
    assert turn(a_show, *[1, 2, 127, 126] * 5000) == 0


@pytest.mark.parametrize(
    ("values", "coding"),
    [
        ((1, 1, 2, 1, 127), "twos_complement"),
        ((127, 127, 127, 1), "inc_dec"),
        ((1, 3, 1, 126), "twos_complement"),
        ((65, 65, 66, 63), "binary_offset"),
        ((1, 2, 1, 65), "sign_magnitude"),
        ((40,), ""),
        ((1, 2, 3, 4), ""),  # a knob that comes from its end
        ((1, 2, 1, 0), ""),
        ((127, 0), ""),  # a button
        ((65, 64), ""),  # a knob around its middle
    ],
)
def test_learning_finds_the_coding(values: tuple[int, ...], coding: str) -> None:
    a_show = show(BODY.format("inc_dec"))
    a_show.learn("bend.zoom")
    for value in values[:-1]:
        a_show.control(message("midi.cc.20.ch.1", value / 127))
        assert a_show.learning == "bend.zoom"
    a_show.control(message("midi.cc.20.ch.1", values[-1] / 127))
    route = a_show.take_learned()
    assert route is not None and route.encoder == coding and a_show.learning == ""
    text = mapping.with_learned("version = 1\n", (), route)
    assert (f'encoder = "{route.encoder}"' in text) is bool(route.encoder)
    assert program(text.removeprefix("version = 1\n")).routes[0].encoder == route.encoder


def test_another_control_and_another_parameter_begin_anew() -> None:
    a_show = show(BODY.format("inc_dec"))
    a_show.learn("bend.zoom")
    a_show.control(message("midi.cc.20.ch.1", 1 / 127))
    a_show.control(message("midi.cc.21.ch.1", 127 / 127))  # each is heard for itself
    assert a_show.learning
    a_show.learn("bend.rotate")
    a_show.control(message("midi.cc.20.ch.1", 127 / 127))
    assert a_show.learning == "bend.rotate"
    a_show.control(message("/fader", 0.5))
    assert dict(a_show.learned) == {"bend.rotate": "/fader"}


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ('from = "midi.cc.1"\nto = "pca.0"\nencoder = "relative"', "encoder"),
        ('from = "midi.note.1"\nto = "pca.0"\nencoder = "inc_dec"', "it is for midi.cc"),
        ('from = "midi.cc.1"\nto = "pca.0"\nencoder = "inc_dec"\ntakeover = "pickup"', "takeover"),
        ('from = "midi.cc.1"\nto = "pca.0"\nencoder = "inc_dec"\nmix = "add"', "mix"),
    ],
)
def test_what_an_encoder_cannot_have_is_named(lines: str, what: str) -> None:
    with pytest.raises(LivevizError, match=what):
        program(f"\n[[route]]\n{lines}\n")


def test_two_controllers_of_one_name_are_learned_apart() -> None:
    a_show = show(BODY.format("inc_dec"))
    for name, parameter in (("nanoKONTROL2", "pca.0"), ("nanoKONTROL2 #2", "pca.1")):
        a_show.learn(parameter)
        a_show.control(message("midi.cc.20.ch.1", 40 / 127)._replace(port=name))
    before = a_show.snapshot()
    a_show.control(message("midi.cc.20.ch.1", 0.9)._replace(port="nanoKONTROL2 #2"))
    after = a_show.snapshot()
    assert after["pca.0"] == before["pca.0"] and after["pca.1"] > before["pca.1"]
    a_show.control(message("midi.cc.20.ch.1", 0.9)._replace(port="nanoKONTROL2"))
    assert a_show.snapshot()["pca.0"] == a_show.snapshot()["pca.1"]
