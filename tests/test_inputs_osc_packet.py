"""The checked OSC codec against python-osc's own builders, which are the reference, and against packets made to hurt."""

import itertools
import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc import osc_bundle_builder, osc_message_builder

from liveviz.inputs import osc_packet
from liveviz.inputs.osc_packet import Message, PacketError, read_packet, write_message

UTC = 1_800_000_000.0
NTP = 2_208_988_800

ARGUMENTS = st.one_of(
    st.tuples(st.just("f"), st.floats(width=32, allow_nan=False, allow_infinity=False)),
    st.tuples(st.just("d"), st.floats(allow_nan=False, allow_infinity=False)),
    st.tuples(st.just("i"), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just("h"), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.sampled_from("TF"), st.just(0)),
    st.tuples(st.just("s"), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9)),
    st.tuples(st.just("b"), st.binary(min_size=1, max_size=9)),
    st.tuples(st.just("r"), st.integers(0, 2**32 - 1)),
    st.tuples(st.just("m"), st.tuples(*[st.integers(0, 255)] * 4)),
)
PART = st.text(st.sampled_from("abzAZ019_-.~!<>@"), min_size=1, max_size=12)
ADDRESSES = st.lists(PART, min_size=1, max_size=5).map(lambda parts: "/" + "/".join(parts))


def message(address, *arguments):
    """python-osc's bytes of a message; arguments are (tag, value)."""
    builder = osc_message_builder.OscMessageBuilder(address)
    for tag, value in arguments:
        builder.add_arg(value, tag)
    return builder.build().dgram


def bundle(timetag, *contents):
    """A bundle written by hand, so that it may also be wrong."""
    return b"#bundle\0" + struct.pack(">Q", timetag) + b"".join(struct.pack(">i", len(c)) + c for c in contents)


def at(utc):
    return int((utc + NTP) * 2**32)


GOOD = message("/a/b", ("f", 0.5))
PAIR = message("/xy", ("f", 0.25), ("i", 3), ("s", "name"), ("b", b"12345"), ("T", 0))


@settings(derandomize=True, max_examples=300, deadline=None)
@given(address=ADDRESSES, arguments=st.lists(ARGUMENTS, max_size=8))
def test_reads_what_python_osc_writes(address, arguments):
    values = {"T": 1.0, "F": 0.0}
    numbers = tuple(values.get(tag, value) for tag, value in arguments if tag in "fdihTF")
    (read,) = read_packet(message(address, *arguments), UTC)
    assert read.address == address
    assert read.numbers == tuple(float(n) for n in numbers)
    assert read.bare == (not arguments)
    assert read.ahead == 0.0


def test_arrays_are_flattened():
    builder = osc_message_builder.OscMessageBuilder("/a")
    builder.add_arg([1, [2, 3.5]])
    (read,) = read_packet(builder.build().dgram, UTC)
    assert read.numbers == (1.0, 2.0, 3.5)


def test_query():
    assert read_packet(message("/liveviz/pca/0", ("s", "?")), UTC)[0].query
    assert not read_packet(message("/liveviz/pca/0", ("s", "?"), ("i", 1)), UTC)[0].query
    assert not read_packet(message("/liveviz/pca/0", ("s", "??")), UTC)[0].query


def test_bundle_of_python_osc():
    builder = osc_bundle_builder.OscBundleBuilder(UTC + 0.5)
    inner = osc_bundle_builder.OscBundleBuilder(osc_bundle_builder.IMMEDIATELY)
    for address in ("/a", "/b"):
        one = osc_message_builder.OscMessageBuilder(address)
        one.add_arg(1.0)
        builder.add_content(one.build())
        inner.add_content(one.build())
    builder.add_content(inner.build())
    read = read_packet(builder.build().dgram, UTC)
    assert [m.address for m in read] == ["/a", "/b", "/a", "/b"]
    assert [m.ahead for m in read] == pytest.approx([0.5, 0.5, 0.0, 0.0], abs=1e-6)


@pytest.mark.parametrize(
    ("timetag", "ahead"), [(0, 0.0), (1, 0.0), (at(UTC - 3600), 0.0), (at(UTC + 0.25), 0.25), (at(UTC + 1.0), 1.0)]
)
def test_timetags_that_are_honoured(timetag, ahead):
    assert read_packet(bundle(timetag, GOOD), UTC)[0].ahead == pytest.approx(ahead, abs=1e-6)


def test_without_a_clock_only_immediately_is_understood():
    assert read_packet(bundle(1, GOOD), None)[0].ahead == 0.0
    with pytest.raises(PacketError):
        read_packet(bundle(at(UTC), GOOD), None)


def nested(depth):
    packet = GOOD
    for _ in range(depth):
        packet = bundle(1, packet)
    return packet


def raw(address, tags, body=b""):
    def pad(data):
        return data + b"\0" * (4 - len(data) % 4)

    return pad(address) + pad(b"," + tags) + body


HOSTILE = {
    "empty": b"",
    "one byte": b"/",
    "not a multiple of 4": GOOD + b"\0",
    "20-byte bundle with size -4": b"#bundle\0" + struct.pack(">Qi", 1, -4),
    "size 0": b"#bundle\0" + struct.pack(">Qi", 1, 0),
    "size 3": b"#bundle\0" + struct.pack(">Qi", 1, 3) + b"/a\0\0",
    "size beyond the end": b"#bundle\0" + struct.pack(">Qi", 1, 2**31 - 4) + GOOD,
    "bundle without timetag": b"#bundle\0",
    "timetag in 2106": bundle(2**64 - 1, GOOD),
    "timetag 1.1 s ahead": bundle(at(UTC + 1.1), GOOD),
    "far timetag inside": bundle(1, bundle(at(UTC + 60), GOOD)),
    "200 stars": message("/" + "*" * 200, ("f", 1.0)),
    **{f"pattern {c}": message(f"/a{c}b", ("f", 1.0)) for c in "*?[]{},# "},
    "two slashes": message("/a//b", ("f", 1.0)),
    "slash at the end": message("/a/", ("f", 1.0)),
    "only a slash": message("/", ("f", 1.0)),
    "no slash": message("a", ("f", 1.0)),
    "address of 201 bytes": message("/" + "a" * 200, ("f", 1.0)),
    "control character": message("/a\tb", ("f", 1.0)),
    "bad UTF-8 in the address": raw(b"/\xff\xfe", b"f", struct.pack(">f", 1.0)),
    "bad UTF-8 in a string": raw(b"/a", b"fs", struct.pack(">f", 1.0) + b"\xff\xfe\0\0"),
    "5 nested bundles": nested(5),
    "500 nested bundles": nested(400),
    "900 nested bundles": nested(900),
    "NaN": message("/a", ("f", math.nan)),
    "infinity": message("/a", ("f", -math.inf)),
    "NaN as a double": message("/a", ("i", 1), ("d", math.nan)),
    "33 arguments": message("/a", *[("i", 1)] * 33),
    "65 messages": bundle(1, *[GOOD] * 65),
    "over 8 KiB": bundle(1, *[message("/a", ("b", b"x" * 900))] * 10),
    "no type tags": b"/a\0\0",
    "tags without comma": b"/a\0\0f\0\0\0" + struct.pack(">f", 1.0),
    "unknown tag": raw(b"/a", b"Q", b"\0" * 4),
    "missing float": raw(b"/a", b"ff", struct.pack(">f", 1.0)),
    "too much": raw(b"/a", b"f", struct.pack(">ff", 1.0, 1.0)),
    "blob of -1": raw(b"/a", b"b", struct.pack(">i", -1)),
    "blob of 2 GiB": raw(b"/a", b"b", struct.pack(">i", 2**31 - 1)),
    "string without end": raw(b"/a", b"s", b"abcd"),
    "padding that is not zero": b"/a\0x,f\0\0" + struct.pack(">f", 1.0),
    "array without end": raw(b"/a", b"[f", struct.pack(">f", 1.0)),
    "array without start": raw(b"/a", b"f]", struct.pack(">f", 1.0)),
    "arrays 5 deep": raw(b"/a", b"[[[[[f]]]]]", struct.pack(">f", 1.0)),
    "2000 empty arrays": raw(b"/a", b"[]" * 2000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_packet_is_refused(name):
    with pytest.raises(PacketError):
        read_packet(HOSTILE[name], UTC)


@pytest.mark.parametrize(
    "packet",
    [nested(4), bundle(1, *[GOOD] * 64), message("/" + "a" * 199, ("f", 1.0)), message("/a", *[("i", 1)] * 32)],
    ids=["4 nested", "64 messages", "address of 200", "32 arguments"],
)
def test_limits_are_inclusive(packet):
    assert read_packet(packet, UTC)


@pytest.mark.parametrize("packet", [GOOD, PAIR, bundle(1, GOOD), nested(3)], ids=["one", "many", "bundle", "nested"])
def test_cut_at_every_length_nothing_gets_through(packet):
    assert read_packet(packet, UTC)
    for length in range(len(packet)):
        try:
            read = read_packet(packet[:length], UTC)
        except PacketError:
            continue
        assert read == [], f"{length} of {len(packet)} bytes were believed"


def check(packet):
    """Whatever the bytes: refused, or messages within every limit."""
    try:
        read = read_packet(packet, UTC)
    except PacketError:
        return
    assert len(read) <= osc_packet.MAX_MESSAGES
    for one in read:
        assert one.address.isascii() and one.address.startswith("/") and len(one.address) <= osc_packet.MAX_ADDRESS
        assert not set(one.address) & set(" #*,?[]{}")
        assert len(one.numbers) <= osc_packet.MAX_ARGUMENTS and all(map(math.isfinite, one.numbers))
        assert 0.0 <= one.ahead <= osc_packet.MAX_AHEAD_S


@settings(derandomize=True, max_examples=500, deadline=5000)
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=64).map(lambda b: b"#bundle\0" + b)))
def test_random_bytes(packet):
    check(packet)


@settings(derandomize=True, max_examples=800, deadline=5000)
@given(
    packet=st.sampled_from([GOOD, PAIR, bundle(at(UTC), GOOD, PAIR), nested(4)]),
    changes=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), min_size=1, max_size=6),
    insert=st.tuples(st.integers(0, 200), st.binary(max_size=8)),
)
def test_mutated_packets(packet, changes, insert):
    mutated = bytearray(packet)
    for position, value in changes:
        mutated[position % len(mutated)] = value
    position = insert[0] % len(mutated)
    mutated[position:position] = insert[1]
    check(bytes(mutated))


def test_every_single_byte_changed():
    for position, value in itertools.product(range(len(PAIR)), (0, 1, 0x2C, 0x5B, 0x7F, 0x80, 0xFF)):
        check(PAIR[:position] + bytes([value]) + PAIR[position + 1 :])


def test_write_message_is_read_back():
    (read,) = read_packet(write_message("/liveviz/bend/zoom", 0.75), UTC)
    assert read == Message("/liveviz/bend/zoom", (0.75,), bare=False, query=False, ahead=0.0)
    with pytest.raises(PacketError):
        write_message("/a", 1e300)
