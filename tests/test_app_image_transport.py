"""Images from the engine to the stage: through shared memory, and through a ring on the GPU with the host's memory in
the driver's place: real processes, real GL, deaths included."""

import logging
import multiprocessing
from collections.abc import Iterator
from typing import Any

import moderngl
import numpy as np
import pytest
from host_driver import Buffers, HostDriver
from waiting import pace, wait_until

from liveviz.engine import DeviceImage
from liveviz.runtime import image_transport
from liveviz.runtime.image_transport import RING_PLACES, Receiver, Sender
from liveviz.runtime.ipc import wire
from liveviz.runtime.ipc.shared_memory import Slot
from liveviz.spec import FetchedImage, ImageFrame, LivevizError, StageImage

SPAWN = multiprocessing.get_context("spawn")
ROOM = wire.image_bytes(64, 64)


class Pixels(np.ndarray):
    """What a DeviceImage asks of a tensor, on the host."""

    def data_ptr(self) -> int:
        return self.ctypes.data

    def numel(self) -> int:
        return self.size


def drawn(number: int, size: tuple[int, int] = (48, 32)) -> DeviceImage:
    """An image that is one level all over: that of its number."""
    return DeviceImage(np.full((size[1], size[0], 4), number % 251, np.uint8).view(Pixels), number, 0.04 * number)


def on_host(number: int, size: tuple[int, int] = (48, 32)) -> ImageFrame:
    return ImageFrame(np.asarray(drawn(number, size).pixels), number, 0.04 * number)


def engine(images: Slot, word: Slot, size: tuple[int, int], first: int) -> None:
    """An engine process: as many images as it can, on the GPU where the stage takes them."""
    sender, number = Sender(images, word, HostDriver), first
    while True:
        stays = sender.stays(True, "cuda")
        sender.send((drawn if stays else on_host)(number, size), 0.001)
        number += 1
        pace(0.0002)


@pytest.fixture
def boxes() -> Iterator[tuple[Slot, Slot]]:
    images, word = Slot(ROOM), Slot(8192)
    yield images, word
    for box in (images, word):
        box.close(unlink=True)


def receiver(boxes: tuple[Slot, Slot], gl: moderngl.Context) -> tuple[Receiver, HostDriver]:
    ctx: Any = Buffers(gl)
    driver = HostDriver(ctx)
    return Receiver(*boxes, ctx, driver), driver


def shown(image: StageImage, gl: moderngl.Context) -> np.ndarray:
    """What GL has of an image."""
    texture = gl.texture(image.size, 4)
    if isinstance(image, FetchedImage):
        image.write_to(texture)
    else:
        texture.write(image.pixels)
    levels = np.frombuffer(texture.read(), np.uint8)
    texture.release()
    return levels


def until_new(stage: Receiver, seconds: float = 20.0) -> StageImage:
    found: list[StageImage] = []
    wait_until(lambda: found.extend(i for i in [stage.newest()] if i is not None) or found, seconds, "an image", 0.001)
    return found[0]


def test_images_of_another_process_are_whole_and_newest_wins_over_its_death(boxes, ctx) -> None:
    stage, driver = receiver(boxes, ctx)
    last, opened, opens = -1, list[bytes](), driver.open_shared
    driver.open_shared = lambda handle: opened.append(handle) or opens(handle)
    for size, first in (((48, 32), 0), ((64, 64), 100_000), ((16, 8), 200_000)):  # three lives, three generators
        writer = SPAWN.Process(target=engine, args=(*boxes, size, first), daemon=True)
        writer.start()
        seen = 0
        while seen < 150:
            image = until_new(stage)
            if image.parameters < first:
                continue  # the last words of the one before
            assert image.parameters > last and image.size == size
            levels = shown(image, ctx)
            assert levels.size == size[0] * size[1] * 4
            assert levels.min() == levels.max() == image.parameters % 251  # whole, and this very image
            last, seen = image.parameters, seen + 1
        assert isinstance(image, FetchedImage)  # it never was on the host
        before = shown(image, ctx)
        writer.kill()  # in the middle of a copy, most likely
        writer.join()
        stage.newest()
        if (image := stage.newest()) is None:  # nothing more comes: the last one is still there
            assert len(driver.held) == 1 and before.min() == before.max()
    assert len(opened) == len(set(opened)) == 3 and len(driver.held) == 1  # the dead ones' memory is let go of
    stage.close()
    assert not driver.held and not driver.registered and driver.closed


def test_a_new_stage_goes_on_where_the_old_one_died(boxes, ctx) -> None:
    first, _ = receiver(boxes, ctx)
    sender = Sender(*boxes, HostDriver)
    assert sender.stays(True, "cuda")
    sender.send(drawn(1), 0.0)
    assert (shown(until_new(first), ctx) == 1).all()
    second, driver = receiver(boxes, ctx)  # the first is gone without a word
    assert (shown(until_new(second), ctx) == 1).all()
    sender.send(drawn(2), 0.0)
    assert (shown(until_new(second), ctx) == 2).all() and second.newest() is None
    assert len(driver.held) == 1
    second.close()
    first.close()


def test_an_image_that_is_overwritten_while_it_is_copied_is_not_shown(boxes, ctx) -> None:
    stage, driver = receiver(boxes, ctx)
    sender = Sender(*boxes, HostDriver)
    assert sender.stays(True, "cuda")
    numbers = iter(range(1, 1000))

    def draw(count: int) -> None:
        for _ in range(count):
            sender.send(drawn(next(numbers)), 0.0)

    for meanwhile in range(2 * RING_PLACES):
        draw(1)
        slow = iter([meanwhile])
        driver.during = lambda slow=slow: draw(next(slow, 0))
        image = until_new(stage)
        levels = shown(image, ctx)
        assert levels.min() == levels.max() == image.parameters % 251, meanwhile
        assert (image.parameters == boxes[0].sequence) == (meanwhile == 0 or meanwhile >= RING_PLACES - 1)
    driver.during = lambda: draw(RING_PLACES)  # an engine so fast that no copy is ever whole
    draw(1)
    assert stage.newest() is None
    stage.close()


def test_where_the_stage_cannot_take_them_they_go_through_the_host_and_it_says_why(boxes, ctx, caplog) -> None:
    caplog.set_level(logging.INFO, "liveviz.runtime")
    renderer = str(ctx.info["GL_RENDERER"])
    if "nvidia" in renderer.lower():
        pytest.skip("OpenGL runs on an NVIDIA GPU here")
    sender = Sender(*boxes, HostDriver)
    assert not sender.stays(True, "cuda") and sender.way == ""  # the stage has not spoken yet
    stage = Receiver(*boxes, ctx)  # its own probe
    assert not sender.stays(True, "cuda")
    assert sender.way == f"from host memory (OpenGL runs on {renderer})"
    assert not sender.stays(False, "openvino") and not sender.stays(False, "openvino")
    assert [r.message for r in caplog.records] == [
        f"pictures: from host memory (OpenGL runs on {renderer})",
        "pictures: from host memory (backend openvino draws there)",
    ]
    sender.send(on_host(7), 0.0)
    image = until_new(stage)
    assert isinstance(image, ImageFrame) and (image.pixels == 7).all() and stage.newest() is None
    stage.close()


class NoMemory(HostDriver):
    def allocate(self, size: int) -> int:
        raise LivevizError("CUDA: cuMemAlloc_v2: error 2 (out of memory)")


class NoSharing(HostDriver):
    def share(self, address: int) -> bytes:
        raise LivevizError("CUDA: cuIpcGetMemHandle: error 801 (not supported here)")


@pytest.mark.parametrize(("driver", "why"), [(NoMemory, "out of memory"), (NoSharing, "not supported here")])
def test_an_engine_without_a_ring_says_so_once_and_goes_on(boxes, ctx, caplog, driver, why: str) -> None:
    caplog.set_level(logging.INFO, "liveviz.runtime")
    stage, _ = receiver(boxes, ctx)
    made: list[HostDriver] = []
    sender = Sender(*boxes, lambda: made.append(driver()) or made[-1])
    assert not sender.stays(True, "cuda") and not sender.stays(True, "cuda")
    assert len(made) == 1 and not made[0].held and why in sender.way
    assert len([r for r in caplog.records if "pictures: from host memory" in r.message]) == 1
    sender.send(on_host(3), 0.0)
    assert (shown(until_new(stage), ctx) == 3).all()
    stage.close()


def test_a_ring_that_cannot_be_opened_is_refused_until_another_engine_comes(boxes, ctx, monkeypatch) -> None:
    stage, driver = receiver(boxes, ctx)
    sender = Sender(*boxes, HostDriver)
    assert sender.stays(True, "cuda")
    sender.send(drawn(1), 0.0)
    shared = driver.open_shared

    def refuse(handle: bytes) -> int:
        raise LivevizError("CUDA: cuIpcOpenMemHandle_v2: error 201 (invalid context)")

    driver.open_shared = refuse  # type: ignore[method-assign]
    assert stage.newest() is None
    assert not sender.stays(True, "cuda") and "error 201" in sender.way
    sender.send(on_host(2), 0.0)
    assert (shown(until_new(stage), ctx) == 2).all()
    driver.open_shared = shared  # type: ignore[method-assign]
    monkeypatch.setattr(image_transport.os, "getpid", lambda: 4_000_000)  # the engine was started again
    again = Sender(*boxes, HostDriver)
    assert again.stays(True, "cuda") and again.way == "CUDA to OpenGL, no host copy"
    again.send(drawn(3), 0.0)
    assert (shown(until_new(stage), ctx) == 3).all()
    driver.register_gl = refuse  # type: ignore[method-assign,assignment]
    again.send(drawn(4, (64, 64)), 0.0)  # a larger one, for which GL has no buffer any more
    assert stage.newest() is None and not again.stays(True, "cuda")
    stage.close()
    assert not driver.held
