"""Which backends there are, which of them run here, and how to open one: found by file, so that a new backend is one
new file."""

from collections.abc import Collection
from functools import cache as remember
from pathlib import Path
from types import ModuleType

from liveviz import bending
from liveviz.engine.backend import Backend
from liveviz.engine.families import layers_of
from liveviz.models import Generator
from liveviz.spec import LivevizError, UsageError
from liveviz.system import discover

_BACKENDS_ROOM = "liveviz.engine.backends"
PRECISIONS = (None, "f32", "f16", "bf16")


@remember
def backends() -> list[str]:
    """Names of all backends, sorted: the files of `backends`, and its folders with a `backend.py`."""
    return discover.names(_BACKENDS_ROOM, "backend")


def _module(name: str) -> ModuleType:
    """The file of a backend; what stands behind a colon in its name is a device of it."""
    name = name.partition(":")[0]
    if name not in backends():
        raise UsageError(f"backend {name!r:.40}: unknown; there are auto, {', '.join(backends())}")
    return discover.load(_BACKENDS_ROOM, name, "backend")


def available(name: str) -> tuple[bool, str]:
    """Whether a backend runs on this machine, and a few words: what on, or why not. UsageError for an unknown name."""
    yes, why = _module(name).available()
    return bool(yes), str(why)


def choose(name: str = "auto") -> str:
    """The backend to take: `auto` is the highest RANK that is available here; any other name is checked.

    Raises: UsageError for an unknown name; LivevizError where the one that was asked for does not run here.
    """
    if name != "auto":
        yes, why = available(name)
        if not yes:
            raise LivevizError(f"backend {name}: does not run here: {why}")
        return name
    ranked = sorted((n for n in backends() if _module(n).RANK > 0), key=lambda n: -_module(n).RANK)
    for candidate in ranked:
        if available(candidate)[0]:
            return candidate
    raise LivevizError(f"none of the backends runs here ({', '.join(f'{n}: {available(n)[1]}' for n in ranked)})")


def stand_in(name: str) -> str | None:
    """The backend that plays until `name`, which takes long to get ready, is there: its file's STAND_IN; None for most."""
    other: str | None = getattr(_module(name), "STAND_IN", None)
    return other if other is not None and available(other)[0] else None


def compiles(name: str) -> bool:
    """Whether a backend compiles something that its cache keeps: its file's COMPILES."""
    return bool(getattr(_module(name), "COMPILES", False))


def create(
    backend: str,
    generator: Generator | None,
    *,
    cache: Path | None = None,
    bends: Collection[bending.BendSlot] = (),
    precision: str | None = None,
    threads: int | None = None,
) -> Backend:
    """Open a backend.

    Args:
        backend: its name, or `auto`; where it has several devices, `openvino:GPU` says which.
        generator: what it plays; only `testcard` does without.
        cache: folder for what it compiles, made where it is missing; None compiles every time.
        bends: the topology: the stages that it is to have; those that this generator cannot have are left out.
        precision: f32, f16 or bf16; None takes the fastest that this device has.
        threads: how many CPU threads; None leaves it to the library.
    Raises: UsageError, LivevizError in one line.
    """
    name = choose(backend)
    if generator is None and name != "testcard":
        raise UsageError(f"backend {name}: needs a generator")
    if precision not in PRECISIONS:
        raise UsageError(f"precision {precision!r:.20}: unknown; there are f32, f16, bf16")
    if threads is not None and not 1 <= threads <= 1024:
        raise UsageError(f"threads {threads}: not between 1 and 1024")
    topology = bending.possible(bends, layers_of(generator.config) if generator else {})
    module, device = _module(name), name.partition(":")[2]
    if device and not getattr(module, "DEVICES", False):
        raise UsageError(f"backend {name}: has no devices to choose from")
    more = {"device": device} if device else {}
    opened: Backend = module.open_backend(
        generator, cache=cache, bends=topology, precision=precision, threads=threads, **more
    )
    return opened
