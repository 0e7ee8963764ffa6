"""Mailboxes: whatever the pace of the two sides, a reader sees whole contents, the newest one, and never waits."""

import multiprocessing
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveviz.runtime.ipc import wire
from liveviz.runtime.ipc.links import Links
from liveviz.runtime.ipc.parameter_wire import ParameterWire
from liveviz.runtime.ipc.shared_memory import Bell, Ring, Slot
from liveviz.spec import (
    AudioBlock,
    BendSetting,
    ControlMessage,
    ImageFrame,
    LatentTerm,
    LivevizError,
    ParameterFrame,
    RowSetting,
    SignalFrame,
)

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def slot():
    made = Slot(100_000)
    yield made
    made.close(unlink=True)


def test_slot_keeps_the_newest(slot: Slot) -> None:
    assert slot.read() is None
    for n in range(10):
        assert slot.write(np.full(100 + n, n, np.uint8)) == n + 1
    sequence, content = slot.read()
    assert sequence == 10
    assert content.tolist() == [9] * 109


def test_no_room_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, offset: int, length: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    before = set(Path("/dev/shm").iterdir())
    with pytest.raises(LivevizError, match="no room"):
        Links(SPAWN, 10, ParameterWire(("a",), ("zoom",)), (64, 64))
    assert set(Path("/dev/shm").iterdir()) == before


def test_slot_refuses_what_does_not_fit(slot: Slot) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        slot.write(bytes(100_001))
    assert slot.read() is None


def _write_forever(slot: Slot) -> None:
    n = 0
    while True:
        n += 1
        slot.write(np.full(100_000, n % 251, np.uint8))


def test_slot_is_never_torn_and_survives_its_writer(slot: Slot) -> None:
    writer = SPAWN.Process(target=_write_forever, args=(slot,), daemon=True)
    writer.start()
    last, reads = 0, 0
    end = time.monotonic() + 20
    while reads < 3000 and time.monotonic() < end:
        found = slot.read()
        if found is None:
            continue
        sequence, content = found
        assert sequence >= last
        assert content.min() == content.max() == sequence % 251
        last, reads = sequence, reads + 1
    writer.kill()  # in the middle of a write, most likely
    writer.join()
    assert reads == 3000
    before = slot.sequence
    assert slot.write(b"after") == before + 1
    assert slot.read()[1].tobytes() == b"after"


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.lists(st.one_of(st.binary(max_size=24), st.none()), max_size=60))
def test_ring_is_a_bounded_queue(steps: list[bytes | None]) -> None:
    ring, model, dropped = Ring(20, 5), [], 0
    try:
        for step in steps:
            if step is None:
                assert ring.drain() == model
                model = []
            elif len(model) < 5 and len(step) <= 20:
                assert ring.put(step)
                model.append(step)
            else:
                assert not ring.put(step)
                dropped += 1
        assert ring.dropped == dropped
    finally:
        ring.close(unlink=True)


def test_bell_is_remembered_once() -> None:
    bell = Bell(SPAWN)
    assert not bell.wait(0.0)
    bell.ring()
    bell.ring()
    assert bell.wait(0.0)
    assert not bell.wait(0.0)


def test_frames_survive_the_wire() -> None:
    names, ops = ("a", "b.c", "d"), ("mirror", "zoom")
    layout = ParameterWire(names, ops)
    frame = ParameterFrame(
        sequence=7,
        time=1.25,
        values={"a": 0.1, "b.c": -3.0, "d": 1e9},
        latents=(LatentTerm(2**32 - 1, -1, (0.0, 0.5, 1.0)), LatentTerm(3, 4, (1.0, 1.0, 1.0))),
        bends=(BendSetting("zoom", 8, 0.3), BendSetting("mirror", 64, 0.0)),
        noise_phase=12.5,
        seed=99,
        beats=3.5,
        signal_time=1.2,
        signal_sequence=240,
        rows=(RowSetting("d", 4, 8, -0.5), RowSetting("a", 0, 34, 1.0)),
    )
    assert layout.unpack(layout.pack(frame).view(np.uint8)) == frame
    signal = SignalFrame(3, 0.5, np.array([1.0, 2.0, -1.0]))
    back = wire.unpack_signals(wire.pack_signals(signal).view(np.uint8))
    assert (back.sequence, back.time, back.values.tolist()) == (3, 0.5, [1.0, 2.0, -1.0])
    message = ControlMessage("/liveviz/bend/zoom", 0.25, 9.0)
    assert wire.unpack_control(wire.pack_control(message)) == message
    pixels = np.random.default_rng(1).integers(0, 256, (6, 8, 4), np.uint8)
    head, body = wire.pack_image(ImageFrame(pixels, 5, 1.0, 0.9, 33), 0.004)
    image, took = wire.unpack_image(np.frombuffer(head + body.tobytes(), np.uint8))
    assert (image.parameters, image.signal_sequence, took) == (5, 33, 0.004)
    assert np.array_equal(image.pixels, pixels)


def test_audio_survives_the_wire() -> None:
    samples = np.random.default_rng(2).normal(size=(2500, 2)).astype(np.float32)
    blocks = [wire.unpack_audio(r) for r in wire.pack_audio(AudioBlock(samples, 48000, 10.0))]
    joined = np.concatenate([b.samples for b in blocks])
    assert np.array_equal(joined, samples)
    assert blocks[-1].time == pytest.approx(10.0)
    assert blocks[0].time == pytest.approx(10.0 - (2500 - 1024) / 48000)
