"""The engine of a live show: a backend, and another one being built beside it when a bend comes that the first was not
compiled for (a move, or an op with nodes, at a layer that had none), or when the first only stands in for one that takes
long to get ready. The image never waits; until the new one is there, that bend is left out."""

import logging
import threading
from collections.abc import Callable, Collection
from pathlib import Path

from liveviz import bending
from liveviz.engine.backend import Array, Backend
from liveviz.engine.building import Workshop, reason, warm
from liveviz.engine.device_image import DeviceImage
from liveviz.engine.directions_finder import Finder
from liveviz.engine.families import layers_of
from liveviz.engine.registry import choose, create, stand_in
from liveviz.models import Directions, Generator
from liveviz.spec import BendSetting, ImageFrame, LivevizError, ParameterFrame

RECENT = 300
PATIENCE = 60  # frames after which hands that moved a bend have waited long enough for spare time to build it

# (topology, whether it is still wanted); raises LivevizError
Ahead = Callable[[bending.Topology, Callable[[], bool]], None]

_log = logging.getLogger("liveviz.engine")


class Engine:
    """ParameterFrame to ImageFrame, whatever layers the frame bends.

    It swaps the backends of one generator, which draw the same image, so that one replaces the other from an image to
    the next. Who swaps generators (`runtime.model_swap`) has several engines, and fades between them at a beat. That is
    why there are two; what building, warming and closing they share is the `Workshop`.

    Args:
        backend, generator, cache, precision, threads: as for `create`.
        bends: bends to begin with, whose amounts do not matter, or stages (another engine's topology).
        noise_mask: as for `Backend.mask_noise`.
        ahead: live, is called in the background before a topology is built: compiles it into the cache folder elsewhere.
        wait: build while the frame waits (offline, so that every run gives the same images) or beside it (live). The
            same holds for finding the directions of a generator that has none; live, knobs do nothing until then.
    State: the present backend, at most one being built, the topologies that could not be built, when each stage was
    last wanted: a new topology drops what no frame has wanted for RECENT frames, since a layer that is resampled costs
    time even when it stays where it is. Live, what the last frame was: a new backend draws it once before it comes in,
    since the first image of any takes ten times as long; and what was replaced and waits to be closed.
    """

    def __init__(
        self,
        backend: str,
        generator: Generator | None,
        *,
        cache: Path | None = None,
        bends: Collection[BendSetting | bending.BendSlot] = (),
        precision: str | None = None,
        threads: int | None = None,
        noise_mask: Array | None = None,
        ahead: Ahead | None = None,
        wait: bool = False,
    ) -> None:
        self._generator, self._cache, self._precision, self._threads = generator, cache, precision, threads
        self._noise_mask, self._ahead, self._wait = noise_mask, ahead, wait
        self._layers = layers_of(generator.config) if generator else {}
        self._name = choose(backend)
        settings = [bend for bend in bends if isinstance(bend, BendSetting)]
        stages = [bend for bend in bends if isinstance(bend, bending.BendSlot)]
        topology = bending.stages(settings, self._layers).union(stages)
        instead = stand_in(self._name)
        self._backend = self._build_first(topology, instead) if wait else self._build(topology, instead)
        self._lock = threading.Lock()
        self._next: Backend | None = None
        self._workshop: Workshop[Backend] = Workshop("engine-builder")
        self._frame: ParameterFrame | None = None
        self._refused: set[bending.Topology] = set()
        self._frames = self._asked = 0
        self._last_wanted: dict[bending.BendSlot, int] = {}
        self._directions: Directions | None = None
        self._finder: Finder | None = None
        if generator is not None and generator.directions is None:
            self._finder = Finder(generator, cache, wait)
        if instead is not None and not wait:
            self._want(topology)

    @property
    def backend(self) -> Backend:
        """The backend that made the last image."""
        return self._backend

    @property
    def name(self) -> str:
        """Name of the backend."""
        return self._backend.name

    @property
    def device(self) -> str:
        """What it runs on, in words."""
        return self._backend.device

    @property
    def precision(self) -> str:
        """f32, f16 or bf16."""
        return self._backend.precision

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the image."""
        return self._backend.size

    @property
    def topology(self) -> bending.Topology:
        """What can be bent now."""
        return self._backend.topology

    @property
    def layers(self) -> tuple[int, ...]:
        """The layers that the generator has for bends, pixels."""
        return tuple(sorted(self._layers))

    @property
    def directions(self) -> int | None:
        """How many directions its knobs push along; None while they are being found, 0 for a test card."""
        if self._finder is not None:
            return None
        own = self._generator.directions if self._generator is not None else None
        found = self._directions or own
        return len(found.std) if found is not None else 0

    def lacking(self, frame: ParameterFrame) -> list[BendSetting]:
        """Bends of `frame` that what draws now cannot do: they wait for what is being built, or cannot be built."""
        missing = {_kind(s) for s in bending.stages(frame.bends, self._layers) - self._backend.topology}
        return [b for b in frame.bends if missing & {_kind(s) for s in bending.stages([b], self._layers)}]

    @property
    def on_device(self) -> bool:
        """Whether the backend can leave its images on the GPU."""
        return self._backend.on_device

    def render(self, frame: ParameterFrame) -> ImageFrame:
        """One image. Bends on layers that the generator has not are left out."""
        return self._ready(frame).render(frame)

    def draw(self, frame: ParameterFrame) -> DeviceImage:
        """The same, left on the GPU; only where `on_device` is true, which another backend may change."""
        return self._ready(frame).draw(frame)

    def _ready(self, frame: ParameterFrame) -> Backend:
        """The backend that draws `frame`."""
        self._swap()
        self._take_directions()
        self._frame = frame
        self._frames += 1
        wanted = bending.stages(frame.bends, self._layers)
        self._last_wanted.update(dict.fromkeys(wanted, self._frames))
        if self._backend.lacks(wanted):
            self._want(frozenset(stage for stage, n in self._last_wanted.items() if n > self._frames - RECENT))
        return self._backend

    def mask_noise(self, image: Array | None) -> None:
        """As `Backend.mask_noise`, for whatever plays from here on. Any thread may call it while another one draws."""
        with self._lock:
            self._noise_mask = image
            backends = [self._backend, *([self._next] if self._next is not None else [])]
        for backend in backends:
            backend.mask_noise(image)

    def synthesize(self, ws: Array, noise_mode: str = "const", seed: int = 0) -> Array:
        """Raw network output of ws, as `Backend.synthesize`."""
        return self._backend.synthesize(ws, noise_mode, seed)

    def images(self, ws: Array, noise_mode: str = "const", seed: int = 0, size: tuple[int, int] | None = None) -> Array:
        """Images of ws with their colours, as `Backend.images`."""
        return self._backend.images(ws, noise_mode, seed, size)

    @property
    def building(self) -> bool:
        """Whether something is being built, for which `close` would wait."""
        return self._workshop.busy

    def rest(self) -> None:
        """Give back what was replaced. To be called between two images: it takes as long as drawing one."""
        while self._workshop.rest():
            pass

    def close(self) -> None:
        """Wait for what is being built, and give everything back."""
        self._workshop.finish()
        if self._finder is not None:
            self._finder.close()
        self._swap()
        self._workshop.close()
        self._backend.close()

    def _build_first(self, topology: bending.Topology, instead: str | None) -> Backend:
        """The backend itself, or its fallback where it does not get ready."""
        try:
            return self._build(topology)
        except LivevizError as error:
            if instead is None:
                raise
            _log.warning("%s; %s plays instead", error, instead)
            return self._build(topology, instead)

    def _build(self, topology: bending.Topology, instead: str | None = None) -> Backend:
        built = create(
            instead or self._name,
            self._generator,
            cache=self._cache,
            bends=topology,
            precision=self._precision,
            threads=self._threads,
        )
        built.mask_noise(self._noise_mask)
        return built

    def _swap(self) -> None:
        with self._lock:
            ready, self._next = self._next, None
        if ready is not None:
            self._workshop.retire(self._backend)
            self._backend = ready
            if self._wait:
                self.rest()
            if self._directions is not None:
                ready.use_directions(self._directions)

    def _take_directions(self) -> None:
        """Hand on what was found meanwhile."""
        if self._finder is not None and self._finder.found is not None:
            self._directions, self._finder = self._finder.found, None
            self._backend.use_directions(self._directions)

    def _want(self, topology: bending.Topology) -> None:
        if self.building:
            if self._frames == self._asked + PATIENCE:
                self._workshop.hurry()
        elif topology in self._refused:
            return
        elif self._wait:
            self._build_next(topology)
            self._swap()
        else:
            self._asked = self._frames
            self._workshop.start(self._build_next, topology)

    def _build_next(self, topology: bending.Topology) -> None:
        self._refused.add(topology)  # until it is there: whatever goes wrong, it is not tried on every frame
        masked, frame = self._noise_mask, self._frame
        try:
            if self._ahead is not None and not self._wait:
                self._ahead(topology, lambda: not self._workshop.closed)
            built = self._build(topology)
            if not self._wait:
                warm(built, frame)
        except (LivevizError, RuntimeError, MemoryError) as error:  # the last two: a library that has no room
            if self._workshop.closed:
                return
            layers = sorted({stage.layer for stage in topology - self._backend.topology})
            _log.warning("%s%s", f"layers {layers} cannot be bent: " if layers else "", reason(error))
            return
        if topology <= built.topology:
            self._refused.discard(topology)
        with self._lock:
            if masked is not self._noise_mask:  # it was changed while this was built
                built.mask_noise(self._noise_mask)
            self._next = built


def _kind(stage: bending.BendSlot) -> tuple[int, str]:
    """Its layer and name, without the number that a move on some channels has among the others of a frame."""
    return stage.layer, stage.name.partition(".")[0]
