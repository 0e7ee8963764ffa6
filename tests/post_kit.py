"""What tests of effects and of the chain draw: a frame of the show's parameters."""

from pathlib import Path

from liveviz import post
from liveviz.spec import CORE_PARAMETERS, ParameterFrame, Registry

FOLDER = Path(__file__).parents[1] / "shaders"


def frame(**values: float) -> ParameterFrame:
    """Defaults of the registry and what is given, `__` for the dot; the image fits without bars by `stage__fit`."""
    registry = Registry([*CORE_PARAMETERS, *post.parameters(post.shaders(FOLDER))])
    return ParameterFrame(0, 0.0, registry.defaults() | {k.replace("__", "."): v for k, v in values.items()}, ())
