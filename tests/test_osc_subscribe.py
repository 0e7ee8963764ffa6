"""Signals by OSC to who subscribes: what comes, how long, to whom, and to whom never. liblo's oscdump is a subscriber too."""

import shutil
import socket
import subprocess

import numpy as np
import pytest
from live_show import LiveShow, free_port
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message_builder import OscMessageBuilder
from waiting import GUARD_S, pace

from liveviz.inputs.control.osc_packet import read_packet
from liveviz.inputs.control.osc_subscribers import EXPIRES_S, MAX_SUBSCRIBERS, Subscribers
from liveviz.runtime import composition
from liveviz.runtime.publisher import MOST_BYTES, Publisher, signal_address
from liveviz.spec import Output, ShowState, SignalFrame

HERE, LAN, OTHER = ("127.0.0.1", 50000), ("192.168.1.20", 50000), "192.168.1.30"
ADDRESSES = ("/liveviz/signal/rms", "/liveviz/signal/beat", "/liveviz/pca/0")


def asks(*words, address="/liveviz/subscribe"):
    builder = OscMessageBuilder(address)
    for word in words:
        builder.add_arg(word)
    (one,) = read_packet(builder.build().dgram, None)
    return one


@pytest.mark.parametrize(
    ("words", "sender", "opened", "to"),
    [
        ((), HERE, False, HERE),
        ((9001,), HERE, False, ("127.0.0.1", 9001)),
        (("localhost", 9001), HERE, False, ("127.0.0.1", 9001)),
        (("127.0.0.1", "9001"), HERE, False, ("127.0.0.1", 9001)),
        ((9001.0, "/liveviz/pca/*"), HERE, False, ("127.0.0.1", 9001)),
        (("::1", 9001), ("::1", 5, 0, 0), False, ("::1", 9001)),
        (("192.168.1.20", 9001), LAN, True, ("192.168.1.20", 9001)),
        ((OTHER, 9001), LAN, True, (OTHER, 9001)),
    ],
)
def test_who_is_told(words, sender, opened, to):
    one, _ = Subscribers(ADDRESSES, opened, 9000).take(asks(*words), sender, 0.0)
    assert one is not None and one.to == to
    assert one.addresses == ({"/liveviz/pca/0"} if "/liveviz/pca/*" in words else set(ADDRESSES[:2]))


@pytest.mark.parametrize(
    ("words", "sender", "opened", "says"),
    [
        ((OTHER, 9001), HERE, False, "only that one is told"),
        ((OTHER, 9001), LAN, False, "only that one is told"),
        (("127.0.0.1", 9001), LAN, True, "only that one is told"),
        (("8.8.8.8", 9001), LAN, True, "local network"),
        ((9001,), ("8.8.8.8", 9001), True, "local network"),
        (("224.0.0.1", 9001), LAN, True, "no single machine"),
        (("255.255.255.255", 9001), LAN, True, "no single machine"),
        (("0.0.0.0", 9001), HERE, True, "no single machine"),
        (("::ffff:8.8.8.8", 9001), LAN, True, "local network"),
        (("stage.example", 9001), HERE, False, "no numeric address"),
        (("127.0.0.1", 9000), HERE, False, "this show itself"),
        ((53,), HERE, False, "between 1024"),
        ((9001.5,), HERE, False, "between 1024"),
        ((9001, "/nothing/*"), HERE, False, "nothing is called"),
        ((9001, "/" + "*" * 48), HERE, False, None),
    ],
)
def test_who_is_not(words, sender, opened, says):
    subscribers = Subscribers(ADDRESSES, opened, 9000)
    one, said = subscribers.take(asks(*words), sender, 0.0)
    assert says is None or (one is None and says in said and len(subscribers) == 0)


def test_a_subscription_ends_unless_it_is_renewed():
    one = Subscribers(ADDRESSES, False, 9000)
    one.take(asks(9001), HERE, 0.0)
    one.take(asks(9002), HERE, 0.0)
    one.take(asks(9001), HERE, EXPIRES_S - 1)
    assert [s.to[1] for s in one.live(EXPIRES_S + 1)] == [9001]
    one.take(asks(9001, address="/liveviz/unsubscribe"), HERE, EXPIRES_S + 1)
    assert one.live(EXPIRES_S + 1) == []


def test_not_more_than_eight():
    one = Subscribers(ADDRESSES, False, 9000)
    for port in range(9001, 9020):
        one.take(asks(port), HERE, 0.0)
    assert len(one.live(1.0)) == MAX_SUBSCRIBERS
    assert "already" in one.take(asks(9100), HERE, 1.0)[1]
    assert one.take(asks(9100), HERE, EXPIRES_S)[0] is not None


def test_what_is_sent_changes_only_and_all_once_a_second():
    sent = []
    outputs = [Output("rms"), Output("beat", "event"), *(Output(f"many.{i}") for i in range(100))]
    one = Publisher(outputs, composition.registry(), False, 9000, lambda packet, to: sent.append((packet, to)))
    values = np.zeros(102)
    zoom = composition.registry()["bend.zoom"]

    def step(now):
        """The messages of one step, by address."""
        sent.clear()
        one.step(now, lambda: SignalFrame(0, now, values), lambda: ShowState(values={"bend.zoom": zoom.high}))
        assert all(len(packet) <= MOST_BYTES for packet, _ in sent)
        return {m.address: m.numbers[0] for packet, _ in sent for m in read_packet(packet, None) if m.numbers}

    assert step(0.0) == {}, "nobody asks"
    values[1] = 7
    one.ask(asks(9001), HERE)
    first = step(1.0)
    assert len(first) == 101 and signal_address("beat") not in first, "all at first; beats that have been are no news"
    assert step(1.001) == {}, "not more than 60 times a second"
    values[0], values[1] = 0.5, 8
    assert step(1.02) == {"/liveviz/signal/rms": 0.5, "/liveviz/signal/beat": 1.0}
    assert step(1.04) == {}
    assert len(step(2.05)) == 101
    one.ask(asks(9001, "/liveviz/bend/z*"), HERE)
    assert step(2.1) == {"/liveviz/bend/zoom": 1.0}


@pytest.mark.live
def test_a_whole_show_tells_its_beats(tmp_path):
    port = free_port()
    args = ["demo", "--headless", "--size", "128x72", "--backend", "testcard", "--midi", "none"]
    with LiveShow(tmp_path, *args, "--osc", f"127.0.0.1:{port}", cwd=tmp_path) as play:
        play.plays()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
            ear.settimeout(GUARD_S)
            ear.bind(("127.0.0.1", 0))
            builder = OscMessageBuilder("/liveviz/subscribe")
            for word in ("127.0.0.1", ear.getsockname()[1], "/liveviz/signal/*"):
                builder.add_arg(word)
            ear.sendto(builder.build().dgram, ("127.0.0.1", port))
            confirmed = read_packet(ear.recv(2048), None)[0]
            assert (confirmed.address, confirmed.text.split()[1]) == ("/liveviz/subscribed", "/liveviz/signal/*")
            heard = set()
            while not {"/liveviz/signal/rms", "/liveviz/signal/beat", "/liveviz/signal/tempo"} <= heard:
                heard |= {message.address for message in OscBundle(ear.recv(2048))}
        if shutil.which("oscdump"):
            dump_port = free_port()
            with subprocess.Popen(["oscdump", "-L", str(dump_port)], stdout=subprocess.PIPE, text=True) as dump:
                pace(0.2)
                ask = ["oscsend", f"osc.udp://127.0.0.1:{port}", "/liveviz/subscribe", "sis"]
                subprocess.run([*ask, "127.0.0.1", str(dump_port), "/liveviz/signal/rms"], check=True)
                lines = [dump.stdout.readline() for _ in range(5)]
                dump.terminate()
            assert "/liveviz/subscribed" in lines[0] and all("/liveviz/signal/rms f" in line for line in lines[1:])
