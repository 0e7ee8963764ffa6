"""What the rooms declare, put together: the registry from the core parameters, the bends and the shaders, and the names
of all signals. A show's parent reads the files once and hands what it found to its children (`adopt`): whatever happens to
the files meanwhile, all processes of a show agree on names and places, and a new effect is there at the next start."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from liveviz import bending, mapping, models, post, signals
from liveviz.inputs.control import source
from liveviz.runtime import paths
from liveviz.runtime.ipc.parameter_wire import ParameterWire
from liveviz.spec import ADDRESSES, CORE_PARAMETERS, Addresses, BendSetting, Registry, Stems


@dataclass(frozen=True)
class Parts:
    """What one show is made of: every post effect by name, every parameter, the names of all bends, sorted, and what
    controllers are called."""

    shaders: dict[str, post.IsfShader]
    registry: Registry
    bends: tuple[str, ...]
    addresses: Addresses


_adopted: list[Parts] = []  # of this process, where its parent has read the files


@cache
def _read() -> Parts:
    shaders = post.shaders(paths.shaders())
    registry = Registry([*CORE_PARAMETERS, *bending.parameters(), *post.parameters(shaders)])
    return Parts(shaders, registry, tuple(sorted(bending.ops())), Addresses((*ADDRESSES, *source.addresses())))


def parts() -> Parts:
    """What this show is made of: as its parent found it, or else as the files say now; read once."""
    return _adopted[-1] if _adopted else _read()


def adopt(found: Parts) -> None:
    """Take what the parent of the show has read, in place of the files."""
    _adopted.append(found)


def shaders() -> dict[str, post.IsfShader]:
    """Every shader that comes with the program, by name."""
    return parts().shaders


def registry() -> Registry:
    """Every parameter of this installation."""
    return parts().registry


def parameter_wire() -> ParameterWire:
    """The layout of a ParameterFrame between processes."""
    return ParameterWire(parts().registry.names, parts().bends)


def load_mapping(
    text_or_path: Path | str,
    path: Path | None = None,
    stems: Stems = (),
    model: str | None = None,
    usual: str = "default",
    net: mapping.Net | None = None,
) -> mapping.Program:
    """The checked mapping of a file, or of the text that was in the file `path`; it may use the signals of `stems`. The
    files that it points at are found from its own folder, wherever the command was given.

    Args:
        model: the generator whose directions give the knobs their names; None for the one that the file names, or else the
            `usual` one. net: what it has; what it could never show is refused.
    Raises:
        LivevizError: file, line, field and what is allowed.
    """
    file = path if path is not None else text_or_path
    folder = file.parent if isinstance(file, Path) else Path()

    def directions(named: str | None) -> tuple[str, ...]:
        found = _found(named, folder) if named is not None else usual
        return models.direction_names(model or found, paths.model_folders())

    outputs = signals.all_outputs(stems)
    known = parts()
    program = mapping.load(
        text_or_path,
        known.registry,
        outputs,
        name=str(path or text_or_path),
        directions=directions,
        net=net,
        addresses=known.addresses,
    )
    mask = None if program.noise_mask is None else str(folder / program.noise_mask)
    named = None if program.model is None else _found(program.model, folder)
    return replace(program, noise_mask=mask, model=named)


def _found(model: str, folder: Path) -> str:
    """What a mapping in `folder` names: a bundle by its name, else a path."""
    return model if model in models.list_models(paths.model_folders()) else str(folder / model)


def net_of(generator: models.Generator) -> mapping.Net:
    """What a generator has for a mapping to act on."""
    config = generator.config
    return mapping.Net(
        name=generator.name,
        layers={layer: channels for layer, (channels, _, _) in config.layers.items()},
        rows=config.num_ws,
        classes=config.classes,
        directions=len(generator.directions.std) if generator.directions is not None else None,
        plane=config.plane,
        noise=bool(config.noises),
    )


def bend_settings(program: mapping.Program) -> tuple[BendSetting, ...]:
    """The bends of a mapping, for the network that is compiled first: amounts do not matter there."""
    return tuple(BendSetting(b.parameter.removeprefix("bend."), b.layer, 0.0, b.channels) for b in program.bends)
