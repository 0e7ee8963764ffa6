"""What the rooms declare, put together: the registry from the core parameters, the bends and the shaders, and the names
of all signals. Every process builds the same one from the same files, so that indices agree between them."""

from functools import cache
from pathlib import Path

from liveviz import bending, mapping, models, post, signals
from liveviz.app import paths, wire
from liveviz.spec import CORE_PARAMETERS, BendSetting, Registry, Stems


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


def load_mapping(
    source: Path | str,
    path: Path | None = None,
    stems: Stems = (),
    model: str | None = None,
    usual: str = "default",
) -> mapping.Program:
    """The checked mapping of a file, or of the text that was in the file `path`; it may use the signals of `stems`.

    Args:
        model: the generator whose directions give the knobs their names; None for the one that the file names, or else the
            `usual` one.
    Raises:
        LivevizError: file, line, field and what is allowed.
    """

    def directions(named: str | None) -> tuple[str, ...]:
        return models.direction_names(model or named or usual, paths.model_folders())

    outputs = signals.all_outputs(stems)
    return mapping.load(source, registry(), outputs, name=str(path or source), directions=directions)


def bend_settings(program: mapping.Program) -> tuple[BendSetting, ...]:
    """The bends of a mapping, for the network that is compiled first: amounts do not matter there."""
    return tuple(BendSetting(b.parameter.removeprefix("bend."), b.layer, 0.0, b.channels) for b in program.bends)
