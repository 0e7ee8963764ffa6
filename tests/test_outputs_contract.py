"""Every output has a test file of its name, and none is imported before it is used."""

import subprocess
import sys
from pathlib import Path

import pytest

from liveviz import outputs

FOLDER = Path(outputs.__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))


def test_the_room_names_every_file() -> None:
    assert sorted(outputs.__all__) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_output_has_a_test_and_says_why_it_exists(name: str) -> None:
    test = Path(__file__).parent / f"test_outputs_{name}.py"
    assert test.exists(), f"liveviz/outputs/{name}.py has no {test.name}"
    assert f"outputs.{name} import" in test.read_text(), f"{test.name} does not use it"
    assert (FOLDER / f"{name}.py").read_text().startswith('"""')


def test_importing_the_rooms_loads_no_heavy_library() -> None:
    code = (
        "import sys, liveviz.outputs, liveviz.post\n"
        "print([m for m in ('moderngl', 'glfw', 'av', 'PIL', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
