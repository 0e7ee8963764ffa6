"""The README tells the truth: its commands parse, its show loads, its links lead somewhere, its rooms are the rooms."""

import re
import shlex
from pathlib import Path

import pytest

from liveviz import mapping, signals
from liveviz.cli.main import COMMANDS, _parser
from liveviz.runtime import composition

README = (Path(__file__).parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, re.S | re.M)
SHELL = [line.split("#")[0].strip() for kind, block in BLOCKS if not kind for line in block.splitlines()]
LINES = [line for line in SHELL if line.startswith("liveviz ")]


def test_there_are_examples_of_every_command() -> None:
    assert {line.split()[1] for line in LINES} == set(COMMANDS)


@pytest.mark.parametrize("line", LINES)
def test_commands_parse(line: str) -> None:
    words = shlex.split(line)[1:]
    _parser(words[0]).parse_args(words)


def test_the_show_loads() -> None:
    (text,) = [block for kind, block in BLOCKS if kind == "toml"]
    program = mapping.load(text, composition.registry(), signals.outputs(), name="README.md")
    assert len(program.routes) == 2


def test_links_lead_somewhere(root: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (root / target).is_file(), target


def test_rooms_are_the_rooms(root: Path) -> None:
    named = set(re.findall(r"^\| `(\w+)(?:\.py)?` \|", README, re.M))
    there = {p.parent.name for p in (root / "liveviz").glob("*/__init__.py")}
    there |= {p.stem for p in (root / "liveviz").glob("*.py") if not p.stem.startswith("_")}
    assert named == there


def test_keys_are_the_window_s(root: Path) -> None:
    source = (root / "liveviz/runtime/processes/stage.py").read_text() + (
        root / "liveviz/outputs/window.py"
    ).read_text()
    for key in ("escape", "f", "space", "b", "h", "page_down", "page_up"):
        assert f'"{key}"' in source or f'"key.{key}"' in source
