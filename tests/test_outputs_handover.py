"""The hand-over from engine to GL, on a GL without a GPU: it finds that out, says so, and uploads from the host."""

from typing import Any

import moderngl
import numpy as np
import pytest
from heart import frame
from host_driver import Buffers, HostDriver

from liveviz.outputs.handover import BUFFER_COUNT, DeviceUpload, HostUpload, host_upload, probe
from liveviz.post import Chain
from liveviz.spec import ImageFrame, LivevizError
from liveviz.system import cuda_driver
from liveviz.system.gl_renderer import is_software

SIZE = (24, 16)


def image(seed: int) -> np.ndarray:
    return np.random.RandomState(seed).randint(0, 256, (SIZE[1], SIZE[0], 4)).astype(np.uint8)


def test_images_from_the_host_arrive_whole_through_rotating_buffers(ctx: moderngl.Context) -> None:
    upload, texture = HostUpload(ctx), ctx.texture(SIZE, 4)
    for seed in range(2 * BUFFER_COUNT + 1):
        upload.upload(image(seed), texture)
        np.testing.assert_array_equal(np.frombuffer(texture.read(), np.uint8), image(seed).ravel())
    upload.upload(np.asfortranarray(image(99)), texture)  # not in GL's order: copied into it
    np.testing.assert_array_equal(np.frombuffer(texture.read(), np.uint8), image(99).ravel())
    smaller = ctx.texture((SIZE[0], 2), 4)
    upload.upload(image(0)[:2], smaller)  # another generator
    np.testing.assert_array_equal(np.frombuffer(smaller.read(), np.uint8), image(0)[:2].ravel())
    upload.close()
    smaller.release()
    texture.release()


def test_a_software_gl_is_found_out_without_starting_cuda(
    ctx: moderngl.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer = str(ctx.info["GL_RENDERER"])
    if "nvidia" in renderer.lower():
        pytest.skip("OpenGL runs on an NVIDIA GPU here")
    monkeypatch.setattr(cuda_driver.Driver, "__init__", lambda self: pytest.fail("CUDA was started"))
    assert probe(ctx) == (None, f"OpenGL runs on {renderer}")


class Refusing:
    """A driver as it answers where GL runs on another GPU."""

    def __init__(self) -> None:
        self.held: set[int] = set()
        self.closed = False

    def allocate(self, size: int) -> int:
        self.held.add(4096)
        return 4096

    def free(self, address: int) -> None:
        self.held.remove(address)

    def draws_gl(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True

    def write(self, address: int, content: bytes) -> None:
        assert address in self.held

    def register_gl(self, buffer: int) -> None:
        raise LivevizError("CUDA: cuGraphicsGLRegisterBuffer: error 304 (operating system call failed)")


def test_a_driver_that_refuses_falls_back_and_nothing_is_kept(ctx: moderngl.Context) -> None:
    driver = Refusing()
    found, words = probe(ctx, driver)
    assert found is None and not driver.held and driver.closed
    assert "error 304" in words and str(ctx.info["GL_RENDERER"]) in words
    with pytest.raises(LivevizError, match="error 304"):
        DeviceUpload(ctx, driver).fetch(4096, 64)
    elsewhere = Refusing()
    elsewhere.draws_gl = lambda: False  # type: ignore[method-assign]
    assert "first GPU is another one" in probe(ctx, elsewhere)[1] and elsewhere.closed
    assert ctx.error == "GL_NO_ERROR"


def test_a_driver_that_does_it_is_taken_after_a_trial_and_its_images_arrive(ctx: moderngl.Context) -> None:
    gl: Any = Buffers(ctx)
    driver = HostDriver(gl)
    found, why = probe(gl, driver)
    assert found is not None and why == "" and not driver.held and not driver.registered  # the trial left nothing
    for seed, size in enumerate((SIZE, (8, 4), (64, 48))):
        pixels = np.random.RandomState(seed).randint(0, 256, (size[1], size[0], 4)).astype(np.uint8)
        texture = ctx.texture(size, 4)
        found.fetch(pixels.ctypes.data, pixels.nbytes)
        found.draw(texture)
        assert texture.read() == pixels.tobytes()
        texture.release()
    assert len(driver.registered) == 1
    found.close()
    assert not driver.registered and ctx.error == "GL_NO_ERROR"


def test_a_driver_that_writes_elsewhere_is_found_out(ctx: moderngl.Context) -> None:
    gl: Any = Buffers(ctx)
    driver = HostDriver(gl)
    driver.copy = lambda *_: None  # type: ignore[method-assign,assignment]
    assert "not what OpenGL reads" in probe(gl, driver)[1] and not driver.held and not driver.registered


def test_the_chain_draws_the_same_from_rotating_buffers(ctx: moderngl.Context) -> None:
    seen = []
    for upload in (None, HostUpload(ctx).upload):
        chain = Chain(ctx, {}, SIZE, scale=1.0, upload=upload)
        for seed in range(BUFFER_COUNT + 2):
            chain.draw(ImageFrame(image(seed), seed), frame({"stage.fit": 0.0}), 0.0, 0.0)
            seen.append(chain.read().tobytes())
        chain.close()
    half = len(seen) // 2
    assert seen[:half] == seen[half:] and len(set(seen)) == half
    assert (host_upload(ctx) is None) == is_software(str(ctx.info["GL_RENDERER"]))


def test_no_driver_is_one_line() -> None:
    try:
        driver = cuda_driver.Driver()
    except LivevizError as error:
        assert str(error).startswith("CUDA: ") and "\n" not in str(error)
    else:
        driver.close()


@pytest.mark.gpu
def test_memory_of_the_gpu_goes_to_another_process_and_back() -> None:
    import subprocess
    import sys

    driver = cuda_driver.Driver()
    address = driver.allocate(4096)
    driver.write(address, bytes(range(256)) * 16)
    code = (
        "import sys\nfrom liveviz.system.cuda_driver import Driver\n"
        "d = Driver(); a = d.open_shared(bytes.fromhex(sys.argv[1])); b = d.allocate(4096)\n"
        "d.copy(b, a, 4096); d.wait(); print(d.read(b, 4096) == bytes(range(256)) * 16); d.close_shared(a)"
    )
    command = [sys.executable, "-c", code, driver.share(address).hex()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "True", done.stderr
    driver.free(address)
    driver.close()
