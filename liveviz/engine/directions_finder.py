"""Directions for a generator that came without: found once, in the background, and kept in the cache folder, so that the
knobs work on any file and nothing waits for them. What `liveviz model pca` measured of such a file lies there too, and
counts more."""

import hashlib
import logging
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from liveviz.models import Directions, Generator, families, pca, read_directions, write_directions
from liveviz.spec import LivevizError
from liveviz.spec.parameters import PCA_KNOBS
from liveviz.system.threads import stand_back

SAMPLE_COUNT = 4096
PAUSE_SECONDS = 0.02  # seconds after each piece of the work, for the image's sake
KEPT_FILES = 64  # files in the cache folder

_log = logging.getLogger("liveviz.engine")


def kept_path(cache: Path, generator: Generator) -> Path:
    """Where the directions of a generator that is no bundle are kept.

    The name comes from all that directions depend on, the mapping network and what is read of w: the same generator,
    widened to another image, has the same ones.
    """
    digest, decides = hashlib.sha256(), families.of(generator.config).decides_directions
    for name, weight in generator.weights.items():
        if decides(name):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(weight).data)
    return cache / f"{digest.hexdigest()[:32]}.directions"


def find(generator: Generator, cache: Path | None, rest: Callable[[], object] = lambda: None) -> Directions:
    """The directions from the cache folder, or found again and kept there; `rest` is called now and then.

    A cache that cannot be read or written costs time, not the show.
    """
    path = kept_path(cache, generator) if cache else None
    if path is not None and path.is_file():
        try:
            return read_directions(path, generator.config.w_dim)
        except LivevizError as error:
            _log.warning("%s; finding them again", error)
    found = pca(generator, max(SAMPLE_COUNT, 4 * generator.config.classes), PCA_KNOBS, rest=rest)
    if path is not None:
        keep(path, found)
    return found


def keep(path: Path, directions: Directions) -> None:
    """Write into the cache folder, and drop what lies there longest."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_directions(path, directions)
        kept = sorted(path.parent.glob("*.directions"), key=lambda p: p.stat().st_mtime, reverse=True)
        for old in kept[KEPT_FILES:]:
            old.unlink(missing_ok=True)
    except (OSError, LivevizError) as error:
        _log.warning("the directions are not kept: %s", error)


class Finder:
    """Finds them in the background, or at once where `wait`.

    State: `found`, None until they are there.
    """

    def __init__(self, generator: Generator, cache: Path | None, wait: bool) -> None:
        self.found: Directions | None = None
        self._over = threading.Event()
        self._generator, self._cache = generator, cache
        self._thread: threading.Thread | None = None
        if wait:
            self.found = find(generator, cache)
        else:
            self._thread = threading.Thread(target=self._find, name="direction-finder", daemon=True)
            self._thread.start()

    def _find(self) -> None:
        stand_back(entirely=True)
        try:
            self.found = find(self._generator, self._cache, lambda: self._over.wait(PAUSE_SECONDS))
        except (LivevizError, ArithmeticError, MemoryError, np.linalg.LinAlgError) as error:
            _log.warning("no directions for the knobs: %s", error)

    def close(self) -> None:
        """Wait until it is done, which is soon once it need not rest."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
