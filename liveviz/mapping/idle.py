"""Why a parameter that a hand moves changes nothing: a question that is asked in the dark, in front of people. Every
parameter that needs something else first (an effect its amount, a view its StyleGAN3) is told of here, once for the log,
the overlay and the monitor."""

from dataclasses import dataclass

from liveviz.mapping.program import Program, Target
from liveviz.spec import LAYER_RANGES, ParameterFrame, Registry

_NOISE_PARAMETERS = tuple(f"noise_strength.{name}" for name in LAYER_RANGES)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the generator that plays; what is not known holds nobody up.

    architecture: as its config says. layers: those that can be bent, pixels. directions: how many knobs have one; None
    while they are being found, or where nobody knows.
    plane: whether it has an endless plane to move on. noise: whether it adds any.
    waiting, refused: `(op, layer)` of bends that are being compiled for it, or cannot be.
    """

    architecture: str = ""
    layers: tuple[int, ...] = ()
    directions: int | None = None
    waiting: frozenset[tuple[str, int]] = frozenset()
    refused: frozenset[tuple[str, int]] = frozenset()
    plane: bool = False
    noise: bool = True


def why_idle(
    target: Target, program: Program, registry: Registry, facts: Facts, frame: ParameterFrame | None = None
) -> str:
    """Why moving the base value of `target` is not seen now, in words; nothing where it is.

    Args:
        frame: the newest one, whose values tell what else is at rest; None where there is none.
    """
    name = target.parameter
    values = frame.values if frame is not None else {}
    if values.get("stage.blackout", 0.0) >= 0.5 and name != "stage.blackout":
        return "the screen is black (stage.blackout)"
    if values.get("stage.freeze", 0.0) >= 0.5 and not name.startswith("stage."):
        return "the picture is frozen (stage.freeze)"
    setter = next(
        (r for r in program.routes if r.kind != "control" and r.mix == "set" and not r.priority and r.target == target),
        None,
    )
    if setter is not None:
        return f'the route from {setter.source} sets it (mix = "add" there lets both count)'
    if name.startswith("bend."):
        return _bend(target, registry, facts, frame)
    if name.startswith("post."):
        amount = f"{name.rpartition('.')[0]}.amount"
        inner = name != amount and amount in registry and registry[amount].default == 0.0
        return f"{amount} is 0" if inner and values.get(amount, 1.0) == 0.0 else ""
    return _generator(name, program, facts, frame)


def _bend(target: Target, registry: Registry, facts: Facts, frame: ParameterFrame | None) -> str:
    name, layer = target.parameter, target.layer
    place = name.removeprefix("bend."), layer
    if not layer:  # a further knob of a bend, which has none of its own
        bends = [p.name for p in registry if p.layered and name.startswith(f"{p.name}_")]
        if not bends or frame is None:
            return ""
        bend = max(bends, key=len)
        acts = any(b.op == bend.removeprefix("bend.") and b.amount != registry[bend].default for b in frame.bends)
        return "" if acts else f"{bend} is at rest"
    if facts.layers and layer not in facts.layers:
        return f"this generator has no layer {layer}; it has {', '.join(map(str, facts.layers))}"
    if place in facts.waiting:
        return f"being compiled for layer {layer}, it comes in when it is ready"
    return f"layer {layer} cannot be bent so; the log says why" if place in facts.refused else ""


def _generator(name: str, program: Program, facts: Facts, frame: ParameterFrame | None) -> str:
    values = frame.values if frame is not None else {}
    if name.startswith("view.") and facts.architecture and not facts.plane:
        return f"only a StyleGAN3 has a view, and this is {facts.architecture}"
    if name.startswith("noise_"):
        if facts.architecture and not facts.noise:
            return f"{facts.architecture} adds no noise"
        if name == "noise_mask" and program.noise_mask is None:
            return "the mapping names no noise_mask"
        if name == "noise_speed" and program.noise_loop is not None:
            return "the noise goes round in a loop (noise_loop)"
        if name not in _NOISE_PARAMETERS and values and not any(values[n] for n in _NOISE_PARAMETERS):
            return "every noise_strength is 0"
    if name == "latent.chords" and not program.latent.chords:
        return "the mapping has no [latent] chords"
    if name == "latent.other" and program.latent.other is None:
        return "the mapping has no [latent] other"
    base = program.latent.base
    if name == "latent.speed" and (len(base.seeds) or base.count) == 1:
        return "the mapping drifts through one picture alone"
    if name == "truncation_cutoff" and values.get("truncation_psi") == 1.0:
        return "truncation_psi is 1"
    if name.startswith("pca.") and facts.architecture:
        if facts.directions is None:
            return "the directions of this generator are being found"
        if int(name.partition(".")[2]) >= facts.directions:
            return f"this generator has {facts.directions} directions"
    return ""
