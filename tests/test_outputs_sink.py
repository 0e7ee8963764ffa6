"""A presented frame is read once however many want it, and only while it can be; a sink with a thread of its own keeps
order, drops what has no room, and dies alone."""

import threading
import time

import numpy as np
import pytest
from numpy.typing import NDArray
from waiting import wait_until

from liveviz.outputs.sink import Pixels, PresentedFrame, QueuedSink
from liveviz.spec import AudioBlock, LivevizError

IMAGE: object = object()  # what is drawn


class Gl:
    """What a chain reads back, counted."""

    def __init__(self) -> None:
        self.reads: list[bool] = []

    def read(self, enlarged: bool) -> NDArray[np.uint8]:
        self.reads.append(enlarged)
        return np.full((18, 32, 3) if enlarged else (9, 16, 3), len(self.reads), np.uint8)

    def frame(self, number: int = 0, texture: object = IMAGE, working: tuple[int, int] = (16, 9)) -> PresentedFrame:
        return PresentedFrame(number, number / 30, (32, 18), working, texture, self.read)  # type: ignore[arg-type]


def test_pixels_are_read_once_each_size_and_by_nobody_who_does_not_want_them() -> None:
    gl = Gl()
    frame = gl.frame()
    assert frame.read_backs == 0 and frame.texture is IMAGE and not frame.black
    small, large = frame.pixels(Pixels.WORKING), frame.pixels(Pixels.CANVAS)
    assert small is frame.pixels(Pixels.WORKING) and large is frame.pixels(Pixels.CANVAS)
    assert small.shape == (9, 16, 3) and large.shape == (18, 32, 3) and gl.reads == [False, True]
    assert frame.read_backs == 2 and not small.flags.writeable and not large.flags.writeable
    same = gl.frame(1, working=(32, 18))  # as on a GPU
    assert same.pixels(Pixels.CANVAS) is same.pixels(Pixels.WORKING) and same.read_backs == 1
    with pytest.raises(ValueError, match="pixels"):
        frame.pixels(Pixels.NONE)


def test_black_costs_no_read_back() -> None:
    gl = Gl()
    frame = gl.frame(texture=None)
    assert frame.black and frame.texture is None
    assert not frame.pixels(Pixels.WORKING).any() and frame.pixels(Pixels.CANVAS).shape == (18, 32, 3)
    assert gl.reads == [] and frame.read_backs == 0


def test_what_nobody_has_read_is_gone_with_the_next_frame_and_on_another_thread() -> None:
    gl = Gl()
    frame = gl.frame()
    caught: list[RuntimeError] = []

    def look() -> None:
        try:
            frame.pixels(Pixels.WORKING)
        except RuntimeError as error:
            caught.append(error)

    for _ in range(2):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        frame.pixels(Pixels.CANVAS)
    assert len(caught) == 2 and gl.reads == [True]
    frame.expire()
    assert frame.texture is None and frame.pixels(Pixels.CANVAS).any()
    with pytest.raises(RuntimeError, match="stage's thread"):
        frame.pixels(Pixels.WORKING)


class Notes(QueuedSink):
    """Writes down what comes; `gate` holds it up."""

    def __init__(self, room: int = 4, blocks: int = 3) -> None:
        super().__init__("notes", Pixels.WORKING, room, blocks)
        self.gate = threading.Event()
        self.gate.set()
        self.seen: list[object] = []

    def begin(self) -> None:
        self.seen.append("begin")

    def image(self, pixels: NDArray[np.uint8], time: float) -> None:
        self.gate.wait(10)
        self.seen.append(round(time * 30))

    def sound(self, block: AudioBlock) -> None:
        self.seen.append(f"sound {block.time:g}")

    def end(self) -> None:
        self.seen.append("end")


def sound(time: float) -> AudioBlock:
    return AudioBlock(np.zeros((4, 2), np.float32), 48000, time)


def test_it_keeps_order_and_ends_after_the_last() -> None:
    gl, sink = Gl(), Notes()
    for number in range(3):
        sink.write(gl.frame(number))
        sink.write_sound(sound(number))
    sink.finish()
    sink.close(5.0)
    assert sink.seen == ["begin", 0, "sound 0", 1, "sound 1", 2, "sound 2", "end"]
    assert (sink.stats.frames, sink.stats.dropped, sink.stats.error) == (3, 0, "")


def test_what_has_no_room_is_dropped_and_never_read_back() -> None:
    gl, sink = Gl(), Notes(room=4)
    sink.gate.clear()
    for number in range(20):
        sink.write(gl.frame(number))
        sink.write_sound(sound(number))
    assert len(gl.reads) == 4 == sink.stats.frames and sink.stats.dropped == 16
    sink.gate.set()
    sink.close(5.0)
    assert sink.seen == ["begin", 0, "sound 0", 1, "sound 1", 2, "sound 2", 3, "end"]


def test_at_the_end_what_takes_too_long_is_left_out() -> None:
    gl, sink = Gl(), Notes()
    sink.gate.clear()
    for number in range(4):
        sink.write(gl.frame(number))
    threading.Timer(0.4, sink.gate.set).start()
    began = time.monotonic()
    sink.close(0.6)
    assert 0.3 < time.monotonic() - began < 0.7
    assert sink.seen == ["begin", 0, "end"] and (sink.stats.frames, sink.stats.dropped) == (1, 3)
    assert sink.stats.error == ""
    hung = Notes()
    hung.gate.clear()
    hung.write(gl.frame())
    hung.close(0.1)
    assert hung.stats.error == "it did not end within 0.1 s"
    hung.gate.set()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (LivevizError("x: is gone"), "x: is gone"),
        (KeyError("door"), "'door'"),
        (RuntimeError("one\ntwo"), "one"),
        (AssertionError(), "AssertionError"),
    ],
)
def test_what_its_library_raises_ends_it_in_one_line(error: Exception, words: str) -> None:
    class Broken(Notes):
        def image(self, pixels: NDArray[np.uint8], time: float) -> None:
            raise error

    gl, sink = Gl(), Broken()
    sink.write(gl.frame())
    wait_until(lambda: sink.stats.error, 5.0, "its error")
    assert sink.stats.error == words and sink.seen == ["begin", "end"]
    sink.write(gl.frame(1))
    assert len(gl.reads) == 1 and sink.stats.frames == 1
    sink.close(1.0)
