"""A song rendered to video: the same tick as live, on the frame clock, with every block in order, in one process."""

import itertools
import math
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from liveviz import engine, mapping, models, signals
from liveviz.inputs.audio import sources
from liveviz.inputs.audio.downmix import Downmix
from liveviz.outputs.headless import Headless
from liveviz.outputs.recorder import Recorder
from liveviz.post import Chain
from liveviz.runtime import composition, noise_mask, open_generator, own_files, paths
from liveviz.runtime.progress import Progress
from liveviz.runtime.tick import Tick
from liveviz.spec import AudioBlock, LivevizError, SignalFrame, SoundChannels, Stems
from liveviz.system import copying, interrupts
from liveviz.system.clock import FrameClock

_BLOCK_FRAMES = 1024
_INTERRUPTED_S = 1.5  # how long the encoder may take to finish when the user has had enough


class FileListening:
    """The listening of an offline render: every block up to the frame's time, analysed in order, handed to `heard`."""

    def __init__(self, reader: sources.Reader, listener: signals.Listener, heard: Callable[[AudioBlock], None]) -> None:
        self._sound, self._sample_rate = sources.Pulled(reader), reader.sample_rate
        self._listener, self._heard = listener, heard
        self._newest: SignalFrame | None = None

    @property
    def over(self) -> bool:
        """Whether the sound has ended."""
        return self._sound.over

    def listen(self, until: float, dt: float) -> SignalFrame | None:
        """The newest SignalFrame whose sound lies before `until` seconds."""
        while not self.over and (wanted := int(until * self._sample_rate) - self._sound.frames) > 0:
            block = self._sound.block(min(_BLOCK_FRAMES, wanted))
            if len(block.samples):
                self._heard(block)
                for frame in self._listener.step(block):
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
    channels: SoundChannels = (),
    stems: Stems = (),
    wide: str = "mirror",
) -> float:
    """Render `song` to the mp4 `out` and return the seconds of video that were written.

    Raises:
        LivevizError, KeyboardInterrupt: the render ended too early. What it has can be played and lies at `out` if
            nothing was there, else beside it; the message says where.
    """
    target = Path(os.path.realpath(out))  # a link stays a link
    usual = open_generator.shipped_for(size)
    program = copying.whole(mapping_file, lambda: composition.load_mapping(mapping_file, None, stems, model, usual))
    reader = sources.open_reader(song)
    name = engine.choose(backend)
    chosen = model or program.model or open_generator.shipped_for(size)
    generator = None if name == "testcard" else open_generator.open_model(chosen)
    if generator is not None:
        generator = models.widen(generator, size, wide)
    screen = Headless(size)
    bends, mask = composition.bend_settings(program), noise_mask.of(program)
    live = engine.Engine(name, generator, cache=paths.cache(), bends=bends, noise_mask=mask, wait=True)
    show = mapping.Performer(program, composition.registry(), signals.all_outputs(stems), seed=seed)
    chain = Chain(screen.ctx, composition.shaders(), size, scale=1.0)
    part = _draft(target)
    try:
        recorder = Recorder(part, size, fps, reader.sample_rate, 2, live=False, command="render")
    except LivevizError as error:
        part.unlink()
        raise LivevizError(f"out: {out}: {str(error).replace(str(part), target.name)}") from None
    downmix = Downmix(reader.channels, reader.speakers, channels, stems)

    def stereo(block: AudioBlock) -> np.ndarray:
        return downmix.step(block.samples, len(block.samples) / block.sample_rate)

    listener = signals.Listener(reader.sample_rate, channels, stems)
    listening = FileListening(reader, listener, lambda block: recorder.write_audio(stereo(block), block.time))
    tick = Tick(FrameClock(fps), lambda until: (), listening.listen, show, live.render, chain)
    progress = Progress(reader.duration or 0.0)
    written = 0
    frames = math.inf if reader.duration is None else math.ceil(reader.duration * fps - 1e-6)
    try:
        while written < frames and not listening.over:
            image = tick.step()
            recorder.write(chain.read() if image.canvas is not None else _black(size), written / fps)
            if recorder.error is not None:
                break
            written += 1
            interrupts.check()
            progress.show(image.time, f"{image.time:5.0f} of {reader.duration or 0.0:.0f} s")
        recorder.close()
        if recorder.error is not None:
            raise LivevizError(f"out: {out}: {recorder.error.removeprefix(f'recording to {part} ')}")
        own_files.check_replaceable(target, out, "out", "render")  # it took a while: somebody else may have come first
        part.replace(target)
    except BaseException as error:
        recorder.close(_INTERRUPTED_S if isinstance(error, KeyboardInterrupt) else None)
        left = _keep(part, target)
        if left is not None and isinstance(error, LivevizError | KeyboardInterrupt | OSError):
            kind = LivevizError if isinstance(error, OSError) else type(error)
            raise kind(f"{str(error) or 'interrupted'}; what was rendered until then: {left}") from error
        raise
    finally:
        progress.end()
        reader.close()
        live.close()
        chain.close()
    return written / fps


def _draft(target: Path) -> Path:
    """A new empty file beside `target`, hidden, under a name that nobody has."""
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".liveviz-", suffix=".mp4")
        os.chmod(name, 0o644)
        os.close(handle)
    except OSError as error:
        raise LivevizError(f"out: cannot write {target}: {error.strerror}") from None
    return Path(name)


def _keep(part: Path, target: Path) -> Path | None:
    """Where the cut video `part` is now: at `target` or a free name beside it, never over a file; None if it is empty."""
    if not part.exists() or not part.stat().st_size:
        part.unlink(missing_ok=True)
        return None
    names = (target.stem + "-partial" + (f"-{n}" if n > 1 else "") for n in itertools.count(1))
    for free in itertools.chain([target], (target.with_name(name + ".mp4") for name in names)):
        try:
            free.open("x").close()
            return part.replace(free)
        except FileExistsError:
            continue
        except OSError:  # a name that grew too long, a folder that is no more
            break
    return part


def _black(size: tuple[int, int]) -> np.ndarray:
    return np.zeros((size[1], size[0], 3), np.uint8)
