"""modulators are sources of a show's own, one kind a file: they move without anybody playing (LFOs, random walks) or answer to
something that is played (envelopes, sample and hold). A mapping file declares them as `[modulator.NAME]` with a `kind`, the
name of one of these files, and any route or formula reads them as `modulator.NAME`, from 0 to 1. They follow the show's
clock and beats and its seed, and nothing else, so that they move the same live and offline. `_modulator.py` is the
contract; to add a kind, add a file."""

from functools import lru_cache
from types import ModuleType

from liveviz.mapping.modulators._modulator import Modulator, Moment, Settings
from liveviz.system import discover


@lru_cache(maxsize=1)
def kinds() -> dict[str, ModuleType]:
    """Every kind by name, sorted."""
    return {name: discover.load(__name__, name) for name in discover.names(__name__)}


__all__ = ["Modulator", "Moment", "Settings", "kinds"]
