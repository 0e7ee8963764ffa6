"""What the rooms declare, put together: the registry from the core parameters, the bends and the shaders, and the names
of all signals. Every process builds the same one from the same files, so that indices agree between them."""

from functools import cache
from pathlib import Path

from liveviz import bending, mapping, post, signals
from liveviz.app import paths, wire
from liveviz.spec import CORE_PARAMETERS, Registry


@cache
def shaders() -> dict[str, post.IsfShader]:
    """Every shader that comes with the program, by name."""
    return post.shaders(paths.shaders())


@cache
def registry() -> Registry:
    """Every parameter of this installation."""
    return Registry([*CORE_PARAMETERS, *bending.parameters(), *post.parameters(shaders())])


@cache
def parameter_wire() -> wire.ParameterWire:
    """The layout of a ParameterFrame between processes."""
    return wire.ParameterWire(registry().names, tuple(sorted(bending.ops())))


def load_mapping(source: Path | str, path: Path | None = None) -> mapping.Program:
    """The checked mapping of a file, or of the text that was in the file `path`.

    Raises:
        LivevizError: file, line, field and what is allowed.
    """
    return mapping.load(source, registry(), signals.outputs(), name=str(path or source))


def bend_layers(program: mapping.Program) -> frozenset[int]:
    """Resolutions at which a mapping bends: the topology to compile first."""
    return frozenset(layer for _, layer in program.bends)
