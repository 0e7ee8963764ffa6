"""Step 5: OpenGL. Which device does a context without a window run on, can CUDA write its buffers, and what does a
picture of 1024 pixels cost either way?"""

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

from liveviz.app.gpu.report import Report
from liveviz.clock import now

SIDE, TIMES = 1024, 200


def run(report: Report) -> None:
    """Probe, and time both ways."""
    if importlib.util.find_spec("moderngl") is None:
        report.say("OpenGL", "not run: moderngl is not installed")
        return
    from liveviz.outputs.handover import HostUpload, probe
    from liveviz.outputs.headless import Headless

    side, times = (64, 5) if report.small else (SIDE, TIMES)
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
        shared, way = probe(ctx, size)
        report.say("what the probe found", way)
        if shared is not None:
            address = shared.driver.allocate(pixels.nbytes)
            shared.driver.write(address, pixels.tobytes())
            on_device = _time(ctx, times, lambda: shared.upload(address, texture))
            right = texture.read() == pixels.tobytes()
            report.say(f"{side}²: {shared.way}", f"{on_device:.3f} ms", right)
            report.keep(device_ms=round(on_device, 4))
            shared.driver.free(address)
            shared.close()
        host.close()
    finally:
        screen.close()


def _time(ctx: Any, times: int, work: Callable[[], None]) -> float:
    """The median of so many, ms, each until GL is done."""
    taken = []
    for _ in range(times):
        start = now()
        work()
        ctx.finish()
        taken.append(now() - start)
    return 1e3 * float(np.median(taken))
