"""A song rendered to video: the same tick as live, on the frame clock, with every block in order, in one process."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from liveviz import engine, mapping, models, signals
from liveviz.app import composition, paths
from liveviz.app.progress import Progress
from liveviz.app.tick import Tick
from liveviz.clock import FrameClock
from liveviz.inputs import audio
from liveviz.outputs.headless import Headless
from liveviz.outputs.recorder import Recorder
from liveviz.post import Chain
from liveviz.spec import AudioBlock, LivevizError, SignalFrame

_BLOCK = 1024
_INTERRUPTED_S = 1.5  # how long the encoder may take to finish when the user has had enough


class FileEars:
    """The ears of an offline render: every block up to the frame's time, analysed in order, handed to `heard`."""

    def __init__(self, reader: audio.Reader, heard: Callable[[AudioBlock], None]) -> None:
        self._reader, self._heard = reader, heard
        self._analyser = signals.Analyser(reader.sample_rate)
        self._read = 0
        self._newest: SignalFrame | None = None
        self.over = False

    def listen(self, until: float, dt: float) -> SignalFrame | None:
        """The newest SignalFrame whose sound lies before `until` seconds."""
        while not self.over and (wanted := int(until * self._reader.sample_rate) - self._read) > 0:
            samples = self._reader.read(min(_BLOCK, wanted))
            self.over = len(samples) < min(_BLOCK, wanted)
            self._read += len(samples)
            if len(samples):
                block = AudioBlock(samples, self._reader.sample_rate, self._read / self._reader.sample_rate)
                self._heard(block)
                for frame in self._analyser.step(block):
                    self._newest = frame
        return self._newest


def render(
    song: str,
    out: Path,
    *,
    model: str | None,
    mapping_file: Path,
    size: tuple[int, int],
    fps: float,
    seed: int | None,
    backend: str,
) -> float:
    """Render `song` to the mp4 `out` and return the seconds of video that were written.

    An interrupted render leaves what it has, playable, at `out`, and KeyboardInterrupt goes on.
    """
    program = composition.load_mapping(mapping_file)
    reader = audio.open_reader(song)
    name = engine.choose(backend)
    generator = (
        None if name == "testcard" else models.open_model(model or program.model or "default", [paths.engines()])
    )
    part = out.with_name(out.stem + ".part.mp4")
    screen = Headless(size)
    live = engine.Engine(name, generator, cache=paths.cache(), bends=composition.bend_layers(program), wait=True)
    recorder = Recorder(part, size, fps, reader.sample_rate, 2, live=False)
    ears = FileEars(reader, lambda block: recorder.write_audio(_stereo(block.samples), block.time))
    show = mapping.Show(program, composition.registry(), signals.outputs(), seed=seed)
    chain = Chain(screen.ctx, composition.shaders(), size, scale=1.0)
    tick = Tick(FrameClock(fps), lambda until: (), ears.listen, show, live.render, chain)
    progress = Progress(reader.duration or 0.0)
    written = 0
    frames = math.inf if reader.duration is None else math.ceil(reader.duration * fps - 1e-6)
    try:
        while written < frames and not ears.over:
            picture = tick.step()
            recorder.write(chain.read() if picture.canvas is not None else _black(size), written / fps)
            if recorder.error is not None:
                raise LivevizError(f"out: {out}: {recorder.error}")
            written += 1
            progress.show(picture.time, f"{picture.time:5.0f} of {reader.duration or 0.0:.0f} s")
    except KeyboardInterrupt:
        recorder.close(_INTERRUPTED_S)
        raise
    finally:
        progress.end()
        recorder.close()
        reader.close()
        live.close()
        chain.close()
        if written:
            part.replace(out)
        else:
            part.unlink(missing_ok=True)
    return written / fps


def _stereo(samples: np.ndarray) -> np.ndarray:
    return samples[:, :2] if samples.shape[1] >= 2 else np.repeat(samples, 2, axis=1)


def _black(size: tuple[int, int]) -> np.ndarray:
    return np.zeros((size[1], size[0], 3), np.uint8)
