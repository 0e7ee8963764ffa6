"""The engine of a live show: a backend, and another one being built beside it when a bend comes to a layer that the
first was not compiled for. The picture never waits; until the new one is there, that bend is left out."""

import logging
import threading
from collections.abc import Collection
from pathlib import Path

from liveviz.engine.backend import Array, Backend
from liveviz.engine.registry import choose, create
from liveviz.models import Generator
from liveviz.spec import ImageFrame, LivevizError, ParameterFrame

RECENT = 300

_log = logging.getLogger("liveviz.engine")


class Engine:
    """ParameterFrame to ImageFrame, whatever layers the frame bends.

    Args:
        backend, generator, cache, bends, precision, threads: as for `create`; `bends` are the layers to begin with.
        wait: build while the frame waits (offline, so that every run gives the same pictures) or beside it (live).
    State: the present backend, at most one being built, the topologies that could not be built, when each layer was
    last bent: a new topology drops what no frame has bent for RECENT frames, since a layer that is resampled costs time
    even when it stays where it is.
    """

    def __init__(
        self,
        backend: str,
        generator: Generator | None,
        *,
        cache: Path | None = None,
        bends: Collection[int] = (),
        precision: str | None = None,
        threads: int | None = None,
        wait: bool = False,
    ) -> None:
        self._generator, self._cache, self._precision, self._threads = generator, cache, precision, threads
        self._wait = wait
        self._layers = frozenset(generator.config.resolutions if generator else ())
        self._name = choose(backend)
        self._backend = self._build(frozenset(bends) & self._layers)
        self._lock = threading.Lock()
        self._next: Backend | None = None
        self._builder: threading.Thread | None = None
        self._refused: set[frozenset[int]] = set()
        self._frames = 0
        self._last_bent: dict[int, int] = {}

    @property
    def backend(self) -> Backend:
        """The backend that made the last picture."""
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
        """(width, height) of the picture."""
        return self._backend.size

    @property
    def topology(self) -> frozenset[int]:
        """The layers that can be bent now."""
        return self._backend.topology

    def render(self, frame: ParameterFrame) -> ImageFrame:
        """One picture. Bends on layers that the generator has not are left out."""
        self._swap()
        self._frames += 1
        for bend in frame.bends:
            if bend.layer in self._layers:
                self._last_bent[bend.layer] = self._frames
        if any(n == self._frames and layer not in self._backend.topology for layer, n in self._last_bent.items()):
            self._want(frozenset(layer for layer, n in self._last_bent.items() if n > self._frames - RECENT))
        return self._backend.render(frame)

    def synthesize(self, ws: Array, noise_mode: str = "const", seed: int = 0) -> Array:
        """Raw network output of ws, as `Backend.synthesize`."""
        return self._backend.synthesize(ws, noise_mode, seed)

    def close(self) -> None:
        """Wait for what is being built, and give everything back."""
        if self._builder is not None:
            self._builder.join()
        self._swap()
        self._backend.close()

    def _build(self, topology: frozenset[int]) -> Backend:
        return create(
            self._name,
            self._generator,
            cache=self._cache,
            bends=topology,
            precision=self._precision,
            threads=self._threads,
        )

    def _swap(self) -> None:
        with self._lock:
            ready, self._next = self._next, None
        if ready is not None:
            self._backend.close()
            self._backend = ready

    def _want(self, topology: frozenset[int]) -> None:
        if topology in self._refused:
            return
        if self._wait:
            self._build_next(topology)
            self._swap()
        elif self._builder is None or not self._builder.is_alive():
            self._builder = threading.Thread(
                target=self._build_next, args=(topology,), name="engine-builder", daemon=True
            )
            self._builder.start()

    def _build_next(self, topology: frozenset[int]) -> None:
        self._refused.add(topology)  # until it is there: whatever goes wrong, it is not tried on every frame
        try:
            built = self._build(topology)
        except LivevizError as error:
            _log.warning("layers %s cannot be bent: %s", sorted(topology), error)
            return
        if topology <= built.topology:
            self._refused.discard(topology)
        with self._lock:
            self._next = built
