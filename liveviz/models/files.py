"""Generator files: weights in a safetensors container with the generator's sizes beside them, and no code. The sizes
say which tensors there must be; anything else is refused in one line."""

import json
from pathlib import Path

from liveviz.models import families
from liveviz.models.generator import Generator
from liveviz.models.tensors import Container, save
from liveviz.spec import LivevizError

METADATA_KEY = "liveviz.generator"
WRITER_KEY = "written_by"


def read(path: str | Path) -> Generator:
    """Read one generator file.

    Returns: a Generator whose weights are exactly those that its config demands, float32 and finite.
    Raises: LivevizError in one line that names the file and what is wrong with it.
    """
    path = Path(path)
    container = Container(path)
    raw = container.metadata.get(METADATA_KEY)
    if raw is None:
        raise container.fail(f"is no generator of this program: its metadata has no {METADATA_KEY!r}")
    try:
        config = families.config_of(json.loads(raw))
    except (ValueError, RecursionError) as error:
        raise container.fail("its config is not JSON") from error
    except LivevizError as error:
        raise container.fail(str(error)) from error
    return Generator(config, container.load(config.shapes()), path.stem)


def write(path: str | Path, generator: Generator, fp16: bool = False, command: str = "") -> None:
    """Write one generator file at once or not at all; `fp16` halves its size and rounds to 11 bits.

    Args:
        command: of liveviz, such as `model new`, where `written_by` shall answer it.
    Raises: LivevizError where the folder cannot be written or a value does not fit float16.
    """
    weights = {name: generator.weights[name] for name in generator.config.shapes()}
    said = {WRITER_KEY: f"liveviz {command}"} if command else {}
    save(Path(path), weights, {METADATA_KEY: json.dumps(families.table_of(generator.config)), **said}, fp16)


def written_by(path: Path) -> str:
    """The command of liveviz that wrote a safetensors file, "" for any other; LivevizError where it is none."""
    _, is_ours, command = Container(path).metadata.get(WRITER_KEY, "").partition("liveviz ")
    return command if is_ours else ""
