"""What hands do: the way back to rest, ports, names of directions, and why something does nothing."""

import pytest
from mapping_kit import REGISTRY, SOURCES, message, show

from liveviz import mapping
from liveviz.mapping import Facts, why_idle
from liveviz.mapping.describe import move_text, wait_text
from liveviz.mapping.program import Target
from liveviz.spec import ControlMessage, LivevizError, Parameter, Registry

NAMES = ("green to violet", "", "Glow, narrow to wide")


def load(body: str, names=NAMES) -> mapping.Program:
    return mapping.load("version = 1 " + body, REGISTRY, SOURCES, name="t.toml", directions=lambda model: names)


def values(a_show: mapping.Performer, *names: str) -> list[float]:
    frame = a_show.step(None, 0.0, 0.01)
    return [frame[name] for name in names]


RESTING = (
    '\n[set]\npca.0 = 1.0\npost.colour.hue = 0.25\n[[route]]\nfrom = "midi.cc.1"\nto = "pca.1"\ntakeover = "jump"\n'
)
RESTING += '[[route]]\nfrom = "midi.cc.2"\nto = "pca.2"\nmix = "add"\nrange = [0, 2]\n'


def moved() -> mapping.Performer:
    """A show in which a hand moved everything: by OSC, by a knob, by a knob on top, a bend that the file has not."""
    s = show(RESTING)
    for address, x in (("/liveviz/pca/0", 1.0), ("midi.cc.1", 1.0), ("midi.cc.2", 1.0), ("/liveviz/bend/mirror", 1.0)):
        assert s.control(message(address, x))
    assert values(s, "pca.0", "pca.1", "pca.2", "bend.mirror") == [3.0, 3.0, 2.0, 1.0]
    return s


def test_rest_takes_everything_back_to_what_the_file_says():
    s = moved()
    assert s.control(message("/liveviz/rest", 1.0))
    assert values(s, "pca.0", "pca.1", "pca.2", "bend.mirror") == [1.0, 0.0, 0.0, 0.0]
    assert s.step(None, 0.0, 0.01).bends == ()
    s.control(message("/liveviz/pca/0", 0.0))
    assert s.rest() == ["pca.0"]
    assert values(s, "pca.0") == [1.0]


@pytest.mark.parametrize(
    "one",
    [
        ControlMessage("/liveviz/rest/pca/0", 1.0, 0.0),
        ControlMessage("/liveviz/rest", 1.0, 0.0, "pca.0"),
        ControlMessage("/liveviz/rest", 1.0, 0.0, "/liveviz/pca/0"),
    ],
)
def test_rest_of_one_parameter(one):
    s = moved()
    assert s.control(one)
    assert values(s, "pca.0", "pca.1", "pca.2", "bend.mirror") == [1.0, 3.0, 2.0, 1.0]


def test_letting_a_rest_button_go_or_resting_nothing_that_there_is_moves_nothing():
    s = moved()
    for one in (message("/liveviz/rest", 0.0), ControlMessage("/liveviz/rest", 1.0, 0.0, "pca.banana")):
        assert s.moves(one) == []
    assert not s.control(message("/liveviz/rest/pca", 1.0))
    assert values(s, "pca.0") == [3.0]


def test_after_rest_a_knob_must_be_picked_up_again():
    s = show('\n[[route]]\nfrom = "midi.cc.1"\nto = "pca.0"\n')
    for x in (0.5, 0.9):
        s.control(message("midi.cc.1", x))
    assert values(s, "pca.0") == [pytest.approx(2.4)]
    s.control(message("/liveviz/rest", 1.0))
    s.control(message("midi.cc.1", 0.95))
    assert values(s, "pca.0") == [0.0]
    move = s.last_move
    assert (move.knob, move.goal) == (0.95, 0.5) and "down to 50 %" in wait_text(move)
    s.control(message("midi.cc.1", 0.4))
    assert values(s, "pca.0") == [pytest.approx(-0.6)] and wait_text(s.last_move) == ""


def test_a_route_may_listen_to_one_port_alone():
    s = show(
        '\n[[route]]\nfrom = "midi.cc.1"\nto = "pca.0"\ntakeover = "jump"\nport = "nanokontrol2"\n'
        '[[route]]\nfrom = "midi.cc.1"\nto = "pca.1"\ntakeover = "jump"\nport = "Launch"\n'
        '[[route]]\nfrom = "midi.cc.1"\nto = "pca.2"\ntakeover = "jump"\n'
    )
    s.control(ControlMessage("midi.cc.1.ch.1", 1.0, 0.0, "", "nanoKONTROL2 nanoKONTROL2 _ CTRL"))
    assert values(s, "pca.0", "pca.1", "pca.2") == [3.0, 0.0, 3.0]
    s.control(ControlMessage("midi.cc.1.ch.1", 0.0, 0.0, "", "Launch Control XL"))
    assert values(s, "pca.0", "pca.1", "pca.2") == [3.0, -3.0, -3.0]
    only = show('\n[[route]]\nfrom = "midi.cc.1"\nto = "pca.0"\nport = "nano"\n')
    assert not only.control(ControlMessage("midi.cc.1.ch.1", 1.0, 0.0, "", "Launch Control XL"))


@pytest.mark.parametrize(
    "wrong", ['from = "rms"\nport = "x"', 'from = "midi.cc.1"\nport = " "', 'from = "/a"\nport = "x"']
)
def test_a_port_where_there_is_none_is_refused(wrong):
    with pytest.raises(LivevizError, match=r"test.toml:\d: route.port: "):
        show(f'\n[[route]]\nto = "pca.0"\n{wrong}\n')


@pytest.mark.parametrize("written", ["pca.green to violet", "pca.green-to-violet", "pca.Green_to_Violet", "pca.0"])
def test_a_knob_may_be_called_by_its_direction(written):
    program = load(f'\n[set]\n"pca.glow narrow to wide" = 1.5\n[[route]]\nfrom = "midi.cc.1"\nto = "{written}"\n')
    assert program.routes[0].to == "pca.0"
    assert dict(program.constants) == {Target("pca.2"): 1.5}
    text = mapping.describe(program, REGISTRY, NAMES)
    assert "midi.cc.1 -> pca.0 (green to violet)" in text and "\npca.2 (Glow, narrow to wide)" in text
    assert "\npca.1  " in text


def test_a_direction_of_another_generator_is_answered_with_the_nearest():
    with pytest.raises(LivevizError, match=r"t.toml:4: route.to: .*did you mean 'pca.green to violet'"):
        load('\n[[route]]\nfrom = "midi.cc.1"\nto = "pca.grun to violett"\n')
    with pytest.raises(LivevizError, match="no parameter"):
        load('\n[[route]]\nfrom = "midi.cc.1"\nto = "pca.green to violet"\n', ())


def test_osc_addresses_of_any_letters_are_sources():
    program = load('\n[[route]]\nfrom = "/größe/Фейдер/音"\nto = "pca.0"\n')
    assert program.routes[0].kind == "control"
    for bad in ("/a b", "/a*", "/a//b", "/"):
        with pytest.raises(LivevizError, match="no source"):
            load(f'\n[[route]]\nfrom = "{bad}"\nto = "pca.0"\n')


KNOWN = Facts("stylegan2-skip", (4, 8, 16, 32), 3, frozenset({("zoom", 16)}), frozenset({("rotate", 16)}))
IDLE = {  # what is moved, in a show of this body, with these messages before: why it does nothing
    "view": ("", [], "/liveviz/view/zoom", "only a StyleGAN3"),
    "chords": ("", [], "/liveviz/latent/chords", "no [latent] chords"),
    "one picture": ("\n[latent]\nbase = { seeds = [3] }\n", [], "/liveviz/latent/speed", "one picture"),
    "mask": ("", [], "/liveviz/noise_mask", "no noise_mask"),
    "no direction": ("", [], "/liveviz/pca/3", "has 3 directions"),
    "compiled": ("", [], "/liveviz/bend/zoom", "being compiled"),
    "refused": ("", [], "/liveviz/bend/rotate", "cannot be bent"),
    "no layer": ('\n[set]\nbend.mirror = { value = 0.1, layer = 512 }\n', [], "/liveviz/bend/mirror", "no layer 512; it has 4"),
    "effect at rest": ("", [], "/liveviz/post/feedback/decay", "post.feedback.amount is 0"),
    "inner knob": ("", [], "/liveviz/bend/zoom_fine", "bend.zoom is at rest"),
    "set by a signal": ('\n[[route]]\nfrom = "rms"\nto = "pca.0"\n', [], "/liveviz/pca/0", "route from rms"),
    "frozen": ("", ["/liveviz/stage/freeze"], "/liveviz/pca/0", "frozen"),
    "black": ("", ["/liveviz/stage/blackout"], "/liveviz/pca/0", "black"),
    "no noise": ("\n[set]\nnoise_strength.coarse = 0\nnoise_strength.middle = 0\nnoise_strength.fine = 0\n", [],
                 "/liveviz/noise_speed", "every noise_strength is 0"),
}  # fmt: skip
ACTS = {
    "a knob": ("", [], "/liveviz/pca/0"),
    "a bend": ("", [], "/liveviz/bend/mirror"),
    "an effect": ("", ["/liveviz/post/feedback/amount"], "/liveviz/post/feedback/decay"),
    "its amount": ("", [], "/liveviz/post/feedback/amount"),
    "on top": ('\n[[route]]\nfrom = "rms"\nto = "pca.0"\nmix = "add"\nrange = [0, 1]\n', [], "/liveviz/pca/0"),
    "an inner knob": ("", ["/liveviz/bend/zoom"], "/liveviz/bend/zoom_fine"),
}


def reason(body, before, address, facts=KNOWN):
    extra = (
        Parameter("post.feedback.decay", 0.0, 1.0, 0.5, "how long"),
        Parameter("bend.zoom_fine", 0.0, 1.0, 0.5, "fine"),
    )
    registry = Registry([*REGISTRY, *extra])
    program = mapping.load("version = 1 " + body, registry, SOURCES)
    a_show = mapping.Performer(program, registry, SOURCES)
    for other in before:
        a_show.control(message(other, 1.0))
    (move,) = a_show.moves(message(address, 1.0))
    return why_idle(move.target, program, registry, facts, a_show.step(None, 0.0, 0.03))


@pytest.mark.parametrize("case", IDLE)
def test_what_cannot_act_says_why(case):
    *how, words = IDLE[case]
    assert words in reason(*how)


@pytest.mark.parametrize("case", ACTS)
def test_what_acts_says_nothing(case):
    assert reason(*ACTS[case]) == ""


def test_where_nothing_is_known_of_the_generator_nothing_is_claimed():
    for address in ("/liveviz/view/zoom", "/liveviz/pca/15", "/liveviz/bend/zoom"):
        assert reason("", [], address, Facts()) == ""
    assert "being found" in reason("", [], "/liveviz/pca/0", Facts("stylegan2-skip"))
    assert reason("", [], "/liveviz/view/x", Facts("stylegan3-t", (), 16, plane=True, noise=False)) == ""
    assert "no noise" in reason(
        "", [], "/liveviz/noise_strength/fine", Facts("stylegan3-t", (), 16, plane=True, noise=False)
    )


def test_a_move_in_words():
    s = show()
    s.control(message("/liveviz/bend/zoom", 0.75))
    assert move_text(s.last_move, REGISTRY) == "bend.zoom at layer 16 to 0.5"
    s.control(message("/liveviz/pca/0", 1.0))
    assert move_text(s.last_move, REGISTRY, NAMES) == "pca.0 (green to violet) to 3"
