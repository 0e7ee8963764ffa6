"""The folder of shaders: which effects there are, and what the registry should know of each. A file that cannot be read
is one line in the log, because a broken effect must not keep the others from the stage."""

import itertools
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from liveviz.post.isf import MAX_BYTES, Input, IsfShader, parse
from liveviz.post.naming import slug
from liveviz.spec import LivevizError, Parameter

_log = logging.getLogger("liveviz.post")


def read(path: Path) -> IsfShader:
    """Read and check one file; LivevizError with one line where it cannot be."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1).decode("utf-8-sig")
    except OSError as error:
        raise LivevizError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LivevizError(f"{path}: not a text file (byte {error.start} is no UTF-8)") from error
    return parse(text.replace("\r\n", "\n"), path)


def shaders(folder: Path) -> dict[str, IsfShader]:
    """Every `*.fs` of `folder` by name (see `slug`), in alphabetical order of the files; a bad file is one warning and left
    out. Of files with one name, the first keeps it, and the others get a number, which is said."""
    found: dict[str, IsfShader] = {}
    files = [
        path for path in sorted(folder.glob("*.fs")) if path.name[0] != "."
    ]  # else what other systems keep about a file
    own = {slug(path.stem) for path in files}
    for path in files:
        try:
            shader = read(path)
        except LivevizError as error:
            _log.warning("effect left out: %s", error)
            continue
        if shader.name in found:
            numbered = (f"{shader.name}_{n}" for n in itertools.count(2))
            name = next(name for name in numbered if name not in found and name not in own)
            _log.warning("effect %s is called %s: %s is %s", path.name, name, found[shader.name].path.name, shader.name)
            shader = replace(shader, name=name)
        found[shader.name] = shader
    return found


def parameter_name(shader: str, name: str) -> str:
    """Name in the registry: `post.<shader>.<input>`, lower case."""
    return f"post.{shader}.{name}".lower()


def parameters(shaders: Mapping[str, IsfShader]) -> list[Parameter]:
    """One Parameter for every float, long, bool and event input that has a range."""
    return [
        _parameter(shader, entry)
        for shader in shaders.values()
        for entry in shader.inputs
        if entry.type in ("float", "long", "bool", "event") and entry.low < entry.high
    ]


def _parameter(shader: IsfShader, entry: Input) -> Parameter:
    curve = {"float": "linear", "long": "integer"}.get(entry.type, "toggle")
    text = entry.help or f"{entry.name} of {shader.name}"
    if entry.name == "amount" and shader.help:
        text = shader.help
    name = parameter_name(shader.name, entry.name)
    return Parameter(name, entry.low, entry.high, entry.default[0], text, "", curve)
