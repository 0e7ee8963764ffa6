"""Step 6: OpenGL. Which device does a context without a window run on, can CUDA write its buffers, and what does a
image of 1024 pixels cost either way? Then as in a show: an engine in a process of its own draws with `cuda`, its
images arrive here in a texture, and it is counted how many of them see the host on their way."""

import importlib.util
import json
import multiprocessing
from collections.abc import Callable
from typing import Any

import numpy as np

from liveviz.bench.benchmark import live_frames
from liveviz.bench.compare import random_generator
from liveviz.bench.copies import Copies
from liveviz.bench.gpu.report import Report
from liveviz.models import GeneratorConfig
from liveviz.runtime.ipc import wire
from liveviz.runtime.ipc.shared_memory import Slot
from liveviz.system.clock import now

SIDE_PIXELS, REPEAT_COUNT, FRAME_COUNT = 1024, 200, 300
CHANNEL_BASE = 32768
PATIENCE_S = 180.0


def run(report: Report) -> None:
    """Probe, and time both ways; then the way of a show."""
    if importlib.util.find_spec("moderngl") is None:
        report.say("OpenGL", "not run: moderngl is not installed")
        return
    from liveviz.outputs.handover import DeviceUpload, HostUpload, probe
    from liveviz.outputs.headless import Headless

    side, times = (64, 5) if report.small else (SIDE_PIXELS, REPEAT_COUNT)
    screen = Headless((side, side))
    try:
        ctx, size = screen.ctx, (side, side)
        report.say("OpenGL runs on", ctx.info["GL_RENDERER"])
        texture = ctx.texture(size, 4)
        pixels = np.random.RandomState(0).randint(0, 256, (side, side, 4)).astype(np.uint8)
        host = HostUpload(ctx)
        from_host = _time(ctx, times, lambda: host.upload(pixels, texture))
        report.say(f"{side}²: {host.way}", f"{from_host:.3f} ms")
        report.keep(renderer=ctx.info["GL_RENDERER"], host_ms=round(from_host, 4))
        host.close()
        shared, why = probe(ctx)
        report.say("what the probe found", why or DeviceUpload.way)
        if shared is not None:
            address = shared.driver.allocate(pixels.nbytes)
            shared.driver.write(address, pixels.tobytes())

            def upload() -> None:
                shared.fetch(address, pixels.nbytes)
                shared.draw(texture)

            on_device = _time(ctx, times, upload)
            right = texture.read() == pixels.tobytes()
            report.say(f"{side}²: {shared.way}", f"{on_device:.3f} ms", right)
            report.keep(device_ms=round(on_device, 4))
            shared.close()
            shared.driver.free(address)
            shared.driver.close()
        _as_in_a_show(report, ctx, side)
    finally:
        screen.close()


def _as_in_a_show(report: Report, ctx: Any, side: int) -> None:
    """Two processes, every image asked for and waited for: is the texture what was drawn, and who copied what?"""
    from liveviz.outputs.handover import DeviceUpload
    from liveviz.runtime.image_transport import Receiver
    from liveviz.spec import FetchedImage

    context = multiprocessing.get_context("spawn")
    frames = 10 if report.small else FRAME_COUNT
    images, word, asked, drawn = Slot(wire.image_bytes(side, side)), Slot(8192), Slot(8), Slot(4 * side * side + 8192)
    receiver = Receiver(images, word, ctx)
    child = context.Process(
        target=_draw, args=(images, word, asked, drawn, side, report.device, frames), name="gpu-engine", daemon=True
    )
    texture = ctx.texture((side, side), 4)
    copies = Copies(side * side * 4, report.device)
    try:
        child.start()
        began = now()
        waits = []
        with copies:
            for number in range(frames):
                asked.write(np.array([number], np.int64))
                start = now()
                while (image := receiver.newest()) is None or image.parameters != number:
                    if now() - began > PATIENCE_S or not child.is_alive():
                        report.say("as in a show", "the engine draws no more", False)
                        return
                if isinstance(image, FetchedImage):
                    image.write_to(texture)
                elif (upload := receiver.upload) is not None:
                    upload(image.pixels, texture)
                else:
                    texture.write(image.pixels)
                ctx.finish()
                waits.append(now() - start)
        asked.write(np.array([frames], np.int64))
        child.join(30.0)
        told = drawn.read()
        if told is None:
            report.say("as in a show", "the engine said nothing", False)
            return
        about = json.loads(told[1][:8192].tobytes().rstrip(b"\0"))
        right = texture.read() == told[1][8192:].tobytes()
        report.say("the texture is the image that was drawn", about["way"], right)
        counted = {"engine": about["copies"], "stage": copies.count}
        if None in counted.values():
            report.say("copies of an image between GPU and host, a frame", "not counted: nothing could be traced")
        else:
            words = ", ".join(f"{count / frames:g} in the {room}" for room, count in counted.items())
            none = sum(counted.values()) == 0
            report.say(
                "copies of an image between GPU and host, a frame",
                words,
                none if about["way"] == DeviceUpload.way else None,
            )
        report.say(f"{side}²: asked, drawn, handed over, in the texture", f"{1e3 * float(np.median(waits)):.3f} ms")
        report.keep(
            show={
                "way": about["way"],
                "copies": counted,
                "frames": frames,
                "ms": round(1e3 * float(np.median(waits)), 4),
            }
        )
    finally:
        if child.is_alive():
            child.kill()
        texture.release()
        receiver.close()
        for box in (images, word, asked, drawn):
            box.close(unlink=True)


def _draw(images: Slot, word: Slot, asked: Slot, drawn: Slot, side: int, device: str, frames: int) -> None:
    """The engine's process: an image for every number, the pixels of the last one and the figures at the end."""
    from liveviz.engine.backends.cuda.backend import Cuda
    from liveviz.runtime.image_transport import Sender

    base = 512 if device == "cpu" else CHANNEL_BASE
    config = GeneratorConfig(side, base, 32 if device == "cpu" else 512)
    engine = Cuda(random_generator(config), frozenset(), "f32" if device == "cpu" else "f16", device)
    sender, copies = Sender(images, word), Copies(side * side * 4, device)
    plans = list(live_frames(frames, 0))
    engine.render(plans[0])
    last, end = -1, now() + PATIENCE_S
    with copies:
        while last < frames - 1 and now() < end:
            found = asked.read()
            number = int(found[1].view(np.int64)[0]) if found is not None else -1
            if number == last:
                continue
            stays = sender.stays(engine.on_device, engine.name)
            frame = plans[number]
            sender.send(engine.draw(frame) if stays else engine.render(frame), 0.0)
            last = number
    pixels = engine.render(plans[last]).pixels
    about = json.dumps({"way": sender.way, "copies": copies.count}).encode()
    drawn.write(about.ljust(8192, b"\0"), np.ascontiguousarray(pixels))
    engine.close()


def _time(ctx: Any, times: int, work: Callable[[], None]) -> float:
    """The median of so many, ms, each until GL is done."""
    taken = []
    for _ in range(times):
        start = now()
        work()
        ctx.finish()
        taken.append(now() - start)
    return 1e3 * float(np.median(taken))
