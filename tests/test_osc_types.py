"""What one address does with every argument that the world sends: numbers of every type, steps, values in their own unit, and
addresses that ask for something. The senders are python-osc and liblo's oscsend."""

import math
import shutil
import subprocess

import pytest
from live_show import LiveShow, ask, free_port
from mapping_kit import REGISTRY, message, show
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder
from waiting import wait_until

from liveviz.inputs.control.osc_packet import read_packet
from liveviz.inputs.control.sources.osc import entries
from liveviz.mapping import DirectAddresses
from liveviz.runtime import composition, osc_commands
from liveviz.runtime.message_account import plays
from liveviz.spec import CommandKind, ControlMessage

HUE = REGISTRY["post.colour.hue"]


def build(address, *typed):
    builder = OscMessageBuilder(address)
    for one in typed:
        builder.add_arg(one[1], one[0]) if isinstance(one, tuple) else builder.add_arg(one)
    return builder.build()


def sent(a_show, *packets):
    """What the show's frame has after these packets, as python-osc builds them."""
    for packet in packets:
        for one in read_packet(packet.dgram, None):
            for entry, _ in entries(one, 0.0):
                if not entry.text or plays(entry):
                    a_show.control(entry)
    return a_show.step(None, 0.0, 0.01)


@pytest.mark.parametrize("argument", [("f", 0.75), ("d", 0.75), ("s", "0.75"), ("s", " 7.5e-1 ")])
def test_a_number_of_any_type(argument):
    assert sent(show(""), build(HUE.osc, argument))[HUE.name] == pytest.approx(HUE.at(0.75))


@pytest.mark.parametrize(
    ("argument", "on"), [(("i", 1), 1), (("h", 1), 1), (True, 1), (("s", "1"), 1), (("i", 0), 0), (False, 0)]
)
def test_whole_numbers_and_truth(argument, on):
    assert sent(show("\n[set]\nstage.blackout = 1.0\n"), build("/liveviz/stage/blackout", argument))[
        "stage.blackout"
    ] == float(on)


def test_steps_go_on_from_where_it_is_going():
    one = show("")
    steps = sent(one, build(HUE.osc, 0.5), build(HUE.osc, "+", 0.25), build(HUE.osc, "-", ("s", "0.125")))
    assert HUE.position(steps[HUE.name]) == pytest.approx(0.625)
    assert HUE.position(sent(one, build(HUE.osc, "-"))[HUE.name]) == pytest.approx(0.625 - 1 / 32)
    assert HUE.position(sent(one, *[build(HUE.osc, "+", 0.5)] * 5)[HUE.name]) == 1.0, "ends at the end"
    toggle = "/liveviz/stage/blackout"
    assert [sent(one, build(toggle, sign))["stage.blackout"] for sign in "+-"] == [1.0, 0.0]
    whole = next(p for p in REGISTRY if p.curve == "integer" and p.high - p.low >= 3)
    low = sent(one, build(whole.osc, 0.0), build(whole.osc, "+"), build(whole.osc, "+"))[whole.name]
    assert low >= whole.low + 2


def test_a_value_in_its_own_unit():
    zoom = REGISTRY["bend.zoom"]
    middle = 0.25 * zoom.low + 0.75 * zoom.high
    one = show("")
    assert sent(one, build(zoom.osc + "/value", middle))[zoom.name] == pytest.approx(middle)
    assert sent(one, build(zoom.osc + "/value", 1e9))[zoom.name] == zoom.high
    step = (zoom.high - zoom.low) / 8
    assert sent(one, build(zoom.osc + "/value", "-", step))[zoom.name] == pytest.approx(zoom.high - step)
    assert not one.control(message(zoom.osc + "/value", math.nan))


def test_a_step_moves_no_knob_of_a_route():
    one = show('\n[[route]]\nfrom = "/fader"\nto = "pca.0"\nrange = [-3, 3]\n')
    assert sent(one, build("/fader", 1.0))["pca.0"] == 3.0
    assert sent(one, build("/fader", "+"))["pca.0"] == 3.0


def test_a_bundle_is_one_frame_whatever_its_types():
    builder = OscBundleBuilder(IMMEDIATELY)
    for one in (build(HUE.osc, 0.5), build("/liveviz/pca/0/value", 2.0), build(HUE.osc, "+", 0.25)):
        builder.add_content(one)
    frame = sent(show(""), builder.build())
    assert (frame["pca.0"], HUE.position(frame[HUE.name])) == (2.0, pytest.approx(0.75))


def test_no_address_has_two_meanings():
    direct = set(DirectAddresses(composition.registry()))
    assert len(direct) == 2 * len(composition.registry())
    assert not direct & set(osc_commands.COMMAND_ADDRESSES)


@pytest.mark.parametrize(
    ("one", "kind", "name", "value"),
    [
        (("/liveviz/panic", 1.0), CommandKind.PANIC, "", 0.0),
        (("/liveviz/model", 1.0, 0.0, "wide"), CommandKind.MODEL, "wide", 0.0),
        (("/liveviz/model/previous", 1.0), CommandKind.NEXT_MODEL, "", -1.0),
        (("/liveviz/learn", 1.0, 0.0, "bend.zoom"), CommandKind.LEARN, "bend.zoom", 0.0),
        (("/liveviz/freeze", 1.0), CommandKind.TOGGLE, "stage.freeze", 0.0),
    ],
)
def test_addresses_that_ask(one, kind, name, value):
    command = osc_commands.asked(ControlMessage(*one) if len(one) > 2 else ControlMessage(*one, 0.0))
    assert (command.kind, command.name, command.value) == (kind, name, value)


def test_a_button_that_is_let_go_asks_for_nothing():
    assert osc_commands.asked(ControlMessage("/liveviz/panic", 0.0, 0.0)) is None
    assert osc_commands.asked(ControlMessage("/liveviz/model", 1.0, 0.0)) is None, "it wants a name"
    assert osc_commands.asked(ControlMessage("/liveviz/panicked", 1.0, 0.0)) is None


@pytest.mark.live
@pytest.mark.skipif(shutil.which("oscsend") is None, reason="liblo-tools are not installed")
def test_oscsend_plays_a_whole_show_and_panic_ends_it(tmp_path):
    mapping, port = tmp_path / "plain.toml", free_port()
    mapping.write_text("version = 1\n")
    args = ["demo", "--headless", "--size", "128x72", "--backend", "testcard", "--midi", "none"]
    with LiveShow(tmp_path, *args, "--mapping", mapping, "--osc", f"127.0.0.1:{port}", cwd=tmp_path) as play:
        play.plays()
        zoom = composition.registry()["bend.zoom"]
        middle = 0.5 * (zoom.low + zoom.high)
        hued = composition.registry()[HUE.name]
        sends = [(zoom.osc + "/value", "f", str(middle)), ("/liveviz/freeze",), ("/liveviz/blackout", "T")]
        sends.append((hued.osc, "sf", "+", "0.25"))
        for words in sends:
            subprocess.run(["oscsend", f"osc.udp://127.0.0.1:{port}", *words], check=True)
        places = [zoom.osc + "/value", "/liveviz/stage/freeze", "/liveviz/stage/blackout", HUE.osc]
        hue = hued.position(hued.default)
        until(port, places, [middle, 1.0, 1.0, min(hue + 0.25, 1.0)])
        subprocess.run(["oscsend", f"osc.udp://127.0.0.1:{port}", "/liveviz/panic"], check=True)
        until(port, places, [zoom.default, 0.0, 0.0, hue])


def until(port, places, expected):
    got = []

    def so():
        got[:] = [ask(port, place) for place in places]
        return None not in got and got == pytest.approx(expected, abs=1e-5)

    wait_until(so, 10.0, lambda: f"{expected}, but {got}", look=0.1)
