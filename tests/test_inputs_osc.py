"""OSC in over real loopback sockets, with python-osc's client as the program that sends."""

import itertools
import math
import random
import shutil
import socket
import struct
import subprocess
import threading
from pathlib import Path

import pytest
from pythonosc import osc_bundle_builder, osc_message, osc_message_builder
from waiting import pace, wait_until

from liveviz.inputs.control.mailbox import MAX_ADDRESSES, MAX_EVENTS
from liveviz.inputs.control.osc_packet import MAX_PACKET
from liveviz.inputs.control.sources.osc import OscInput
from liveviz.spec import LivevizError
from liveviz.system import clock

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone

GUARD_S = 10.0


@pytest.fixture
def osc():
    values = {"/liveviz/pca/0": 0.25}
    one = OscInput("127.0.0.1", 0, clock.now, clock.utc, values.get)
    one.start()
    yield one
    one.close()


class Client:
    """Who sends to `osc`: messages and bundles as python-osc builds them, or any bytes."""

    def __init__(self, sock):
        self.sock = sock

    def send(self, content):
        self.sock.send(content if isinstance(content, bytes) else content.dgram)


@pytest.fixture
def client(osc):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect(("127.0.0.1", osc.port))
        yield Client(one)


def build(address, *values):
    builder = osc_message_builder.OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder.build()


def bundle(timetag, *messages):
    builder = osc_bundle_builder.OscBundleBuilder(timetag)
    for message in messages:
        builder.add_content(message)
    return builder.build()


def until(osc, done):
    """Everything polled until `done(messages)`."""
    end = clock.now() + GUARD_S
    messages = []
    while clock.now() < end:
        pace(0.002)
        messages += osc.poll()
        if done(messages):
            return messages
    raise AssertionError(f"only got {messages}")


def fence(osc, client):
    """Everything polled until a message sent now, which is not among them."""
    client.send(build("/fence", 1.0))
    return [m for m in until(osc, lambda got: any(m.address == "/fence" for m in got)) if m.address != "/fence"]


def test_values(osc, client):
    before = clock.now()
    for message in (build("/a", 0.5), build("/b", 7), build("/c", True), build("/d", False), build("/e")):
        client.send(message)
    got = fence(osc, client)
    assert [(m.address, m.value) for m in got] == [("/a", 0.5), ("/b", 7.0), ("/c", 1.0), ("/d", 0.0), ("/e", 1.0)]
    assert all(before <= m.time <= clock.now() for m in got)
    assert (osc.received, osc.rejected, osc.dropped) == (6, 0, 0)


def test_several_numbers_have_addresses_of_their_own(osc, client):
    client.send(build("/xy", "name", 0.25, 0.75))
    assert [(m.address, m.value) for m in fence(osc, client)] == [("/xy", 0.25), ("/xy/0", 0.25), ("/xy/1", 0.75)]


def test_a_string_alone_is_carried_as_text(osc, client):
    client.send(build("/a", "loud"))
    client.send(build("/a", "loud", "er"))
    client.send(build("/a", "x" * 51))
    client.send(build("/a", "\x1b[2J"))
    assert [(m.address, m.value, m.text) for m in fence(osc, client)] == [("/a", 1.0, "loud")]


def test_newest_value_wins_and_triggers_all_count(osc, client):
    for i in range(50):
        client.send(build("/fader", i / 49))
        client.send(build("/other", 1.0))
        client.send(build("/bang"))
    client.send(build("/end", 1.0))
    wait_until(lambda: osc.received >= 151, GUARD_S, "all are received")
    got = osc.poll()
    assert [(m.address, m.value) for m in got if m.address == "/fader"] == [("/fader", 1.0)]
    assert sum(m.address == "/bang" for m in got) == 50
    assert [m.address for m in got][-4:] == ["/fader", "/other", "/bang", "/end"], "in order of the last change"
    assert osc.poll() == []


def test_bundle_is_applied_at_once_in_one_poll(osc, client):
    stop = threading.Event()
    polls = []

    def poll():
        while not stop.is_set():
            if got := [m.address for m in osc.poll()]:
                polls.append(got)

    thread = threading.Thread(target=poll)
    thread.start()
    for n in range(100):
        client.send(bundle(clock.utc() - 5, *(build(f"/b/{n}/{i}", float(i)) for i in range(20))))
        pace(0.001)
    wait_until(lambda: sum(map(len, polls)) >= 2000, GUARD_S, "all are polled")
    stop.set()
    thread.join()
    assert sum(map(len, polls)) == 2000
    assert all(len(got) % 20 == 0 for got in polls), "a bundle was torn"


def test_future_bundle_waits_for_its_time_and_comes_whole(osc, client):
    sent, ahead = clock.now(), 0.3
    client.send(bundle(clock.utc() + ahead, build("/late", 1.0), build("/later", 2.0)))
    client.send(build("/soon", 0.0))
    assert [m.address for m in fence(osc, client)] == ["/soon"]
    got = wait_until(osc.poll, what="the bundle", look=0.002)
    assert [m.address for m in got] == ["/late", "/later"]
    assert clock.now() - sent >= ahead - 0.02
    assert all(m.time - sent == pytest.approx(ahead, abs=0.05) for m in got)


def test_later_bundles_come_in_the_order_of_their_times(osc, client):
    utc = clock.utc()
    for ahead in (0.3, 0.1, 0.2):
        client.send(bundle(utc + ahead, build(f"/at/{ahead}", 1.0)))
    got = until(osc, lambda messages: len(messages) == 3)
    assert [m.address for m in got] == ["/at/0.1", "/at/0.2", "/at/0.3"]


def test_a_sender_whose_clock_is_ahead_is_played_now_and_said_once(osc, client, caplog):
    for ahead in (3600, 3601, 7200):
        client.send(bundle(clock.utc() + ahead, build("/far", float(ahead))))
    assert [(m.address, m.value) for m in fence(osc, client)][-1] == ("/far", 7200.0)
    assert osc.rejected == 0
    assert sum("clock of 127.0.0.1 is 3600 s ahead" in record.message for record in caplog.records) == 1
    assert len(caplog.records) == 1


def test_one_bad_message_costs_itself_and_what_is_heard_of_it_says_why():
    heard = []
    one = OscInput("127.0.0.1", 0, clock.now, clock.utc, watch=heard.append)
    one.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        parts = [build("/a", 1.0), build("/b*", 1.0), build("/c", math.inf), build("/d", 2.0)]
        sender.sendto(bundle(osc_bundle_builder.IMMEDIATELY, *parts).dgram, ("127.0.0.1", one.port))
        got = until(one, lambda messages: len(messages) == 2)
    one.close()
    assert [(m.address, m.value) for m in got] == [("/a", 1.0), ("/d", 2.0)]
    assert (one.received, one.rejected) == (2, 2)
    (arrival,) = heard
    assert [m.address for m in arrival.messages] == ["/a", "/d"] and arrival.sender[0] == "127.0.0.1"
    assert "pattern" in arrival.faults[0] and "not finite" in arrival.faults[1]


@pytest.mark.parametrize(
    ("host", "heard_at", "not_at"),
    [
        ("127.0.0.1", ["127.0.0.1"], ["::1"]),
        ("localhost", ["127.0.0.1", "::1"], []),
        ("0.0.0.0", ["127.0.0.1"], ["::1"]),
        ("::1", ["::1"], ["127.0.0.1"]),
        ("::", ["127.0.0.1", "::1"], []),
        ("*", ["127.0.0.1", "::1"], []),
    ],
)
@pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="this machine has no IPv6")
def test_it_listens_where_the_words_say_and_answers_there(host, heard_at, not_at):
    one = OscInput(host, 0, clock.now, None, {"/liveviz/pca/0": 0.25}.get)
    one.start()
    for address in heard_at + not_at:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(0.3 if address in not_at else GUARD_S)
            asker.connect((address, one.port))
            try:
                asker.send(build("/liveviz/pca/0", "?").dgram)
                answered = osc_message.OscMessage(asker.recv(1024)).params == [0.25]
            except OSError:
                answered = False
        assert answered == (address in heard_at), address
    one.close()


def test_answers_go_to_the_port_that_was_chosen():
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth,
    ):
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(GUARD_S)
        port = ear.getsockname()[1]
        for reply in ((None, port), ("127.0.0.1", port), ("localhost", port)):
            one = OscInput("127.0.0.1", 0, clock.now, None, {"/liveviz/model": "default"}.get, reply)
            one.start()
            mouth.sendto(build("/liveviz/model", "?").dgram, ("127.0.0.1", one.port))
            answer = osc_message.OscMessage(ear.recv(1024))
            assert (answer.address, answer.params) == ("/liveviz/model", ["default"])
            one.close()


@pytest.mark.skipif(shutil.which("oscsend") is None, reason="liblo-tools are not installed")
def test_what_liblo_sends(osc):
    """Another implementation than the one that the other tests send with, all the types that it knows."""
    sent = [("/größe/1", "f", "0.5"), ("/bang", ""), ("/on", "T"), ("/off", "F"), ("/nil", "N"), ("/inf", "I")]
    sent += [("/h", "h", "7"), ("/d", "d", "0.25"), ("/s", "s", "0.75"), ("/S", "S", "loud"), ("/c", "c", "5")]
    for address, *rest in sent:
        subprocess.run(["oscsend", f"osc.udp://127.0.0.1:{osc.port}", address, *rest], check=True)
    got = {m.address: (m.value, m.text) for m in until(osc, lambda messages: len(messages) == len(sent))}
    expected = {"/größe/1": 0.5, "/bang": 1.0, "/on": 1.0, "/off": 0.0, "/nil": 1.0, "/inf": 1.0, "/h": 7.0, "/d": 0.25}
    assert {address: value for address, (value, _) in got.items() if address in expected} == expected
    assert (got["/s"], got["/S"], got["/c"]) == ((0.75, "0.75"), (1.0, "loud"), (5.0, "5"))


def test_query_is_answered_to_the_sender(osc):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(GUARD_S)
        asker.connect(("127.0.0.1", osc.port))
        for address in ("/liveviz/unknown", "/elsewhere", "/liveviz/pca/0"):
            asker.send(build(address, "?").dgram)
        answer = osc_message.OscMessage(asker.recv(1024))
    assert (answer.address, answer.params) == ("/liveviz/pca/0", [0.25])
    assert osc.received == 3
    assert osc.poll() == [], "a question moves nothing"


def test_hostile_packets_do_not_stop_it(osc, client):
    random.seed(1)
    good = build("/a", 0.5).dgram
    hostile = [
        b"",
        b"#bundle\0" + struct.pack(">Qi", 1, -4),
        build("/" + "*" * 200, 1.0).dgram,
        b"/\xff\xfe\0,f\0\0" + struct.pack(">f", 1.0),
        (b"#bundle\0" + struct.pack(">Qi", 1, 8000)) * 400,
        build("/a", math.nan).dgram,
        b"\0" * MAX_PACKET,
        b"x" * 60000,
        *(good[:length] for length in range(1, len(good)) if length != 4),  # four bytes are an address: a trigger
        *(random.randbytes(random.randrange(1, 400)) for _ in range(300)),
    ]
    for i, packet in enumerate(hostile):
        client.send(packet)
        if i % 50 == 49:
            assert fence(osc, client) == []
    assert fence(osc, client) == []
    assert osc.rejected == len(hostile)


def test_flood_is_bounded_and_the_newest_value_survives(osc, client):
    """More addresses and triggers than fit, while nobody polls."""
    for i in range(MAX_ADDRESSES + 500):
        client.send(build(f"/many/{i}", 1.0))
        client.send(build("/bang"))
        if i % 50 == 0:
            pace(0.002)  # the kernel's buffer is not what is tested here
    client.send(build("/many/0", 0.125))
    counts = [-1]
    wait_until(lambda: counts.append(osc.received) or counts[-1] == counts[-2], GUARD_S, "no more comes", look=0.1)
    got = osc.poll()
    assert len(got) <= MAX_ADDRESSES + MAX_EVENTS
    assert osc.received > MAX_ADDRESSES + MAX_EVENTS
    assert osc.dropped == osc.received - len(got) - 1  # /many/0 came twice
    assert [m.value for m in got if m.address == "/many/0"] == [0.125]


def test_bundles_for_later_are_bounded(osc, client):
    utc = clock.utc() + 0.9
    for i, _ in itertools.product(range(8), range(20)):
        client.send(bundle(utc, *(build(f"/l/{i}/{j}", 1.0) for j in range(64))))
    fence(osc, client)
    assert osc.dropped >= 8 * 20 * 64 - 4096, "no more than 4096 messages wait"


def test_nothing_is_lost_to_a_fast_sender(osc):
    """10,000 messages, as fast as they are read, from a sender at most 150 ahead (what a small kernel buffer holds)."""
    data, count = build("/liveviz/pca/1", 0.5).dgram, 10_000
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", osc.port))
        for start in range(0, count, 100):
            for _ in range(100):
                sender.send(data)
            wait_until(lambda start=start: osc.received >= start + 50, GUARD_S, "it keeps up", look=0.001)
    wait_until(lambda: osc.received >= count, GUARD_S, "all are received")
    assert osc.received == count


def test_port_in_use_says_so_in_one_line(osc):
    with pytest.raises(LivevizError, match=rf"port {osc.port} .*in use.*--osc HOST:PORT") as caught:
        OscInput("127.0.0.1", osc.port, clock.now)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "port", "says"),
    [
        ("192.0.2.1", 9000, "not an address of this machine"),
        ("stage.example", 9000, "not a numeric address"),
        ("", 9000, "not a numeric address"),
        ("127.0.0.1", 70000, "not between 0 and 65535"),
    ],
)
def test_wrong_host_or_port(host, port, says):
    with pytest.raises(LivevizError, match=says):
        OscInput(host, port, clock.now)


def test_close_frees_the_port_and_may_be_called_twice():
    before = set(threading.enumerate())
    one = OscInput("localhost", 0, clock.now)
    one.start()
    one.close()
    one.close()
    assert set(threading.enumerate()) <= before
    OscInput("127.0.0.1", one.port, clock.now).close()
