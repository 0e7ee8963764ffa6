"""What tests may do: they come in by public doors, share through kits, and wait for what they wait for."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FILES = sorted(TESTS.glob("*.py"))
NAMED_TUPLES = {"_replace", "_asdict", "_fields", "_make"}
FOREIGN = {"sys._getframe"}
NAMERS = {"setattr", "getattr", "hasattr", "delattr"}  # whose second argument names an attribute


def private(name: str) -> bool:
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__")) and name != "_"


def trees(path: Path) -> Iterator[tuple[ast.Module, int]]:
    """The file, and every program that stands in it as text; (tree, lines before it)."""
    tree = ast.parse(path.read_text())
    yield tree, 0
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.search(r"^\s*import |^from ", node.value, re.M)
        ):
            try:
                yield ast.parse(node.value), node.lineno - 1
            except SyntaxError:  # words, or a part of a program
                continue


def own(tree: ast.Module) -> set[str]:
    """Private names that the file itself defines: attributes of its own classes, its own functions."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self":
            found.add(node.attr)
    return found


def reached(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """(private name, line) of all that this program takes from another one."""
    mine = own(tree)
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.ImportFrom):
            names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            if str(node.module).split(".")[0] == "liveviz":
                yield from ((name, line) for name in names if private(name))
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield from ((name, line) for name in alias.name.split(".") if private(name))
        elif isinstance(node, ast.Attribute) and private(node.attr):
            of_self = ast.unparse(node.value) in ("self", "cls") and node.attr in mine
            if not of_self and node.attr not in NAMED_TUPLES and ast.unparse(node) not in FOREIGN:
                yield node.attr, line
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            for argument in node.args[:2] if called in NAMERS else ():
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield from ((name, line) for name in argument.value.split(".") if private(name))


def sleeps(tree: ast.Module) -> Iterator[int]:
    """Lines of all that sleeps."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "sleep" and ast.unparse(node.value) in ("time", "asyncio"):
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and node.module in ("time", "asyncio"):
            yield from (node.lineno for alias in node.names if alias.name == "sleep")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_tests_come_in_by_public_doors(path: Path) -> None:
    found = {(name, before + line) for tree, before in trees(path) for name, line in reached(tree)}
    wrong = [f"{path.name}:{line}: {name}" for name, line in sorted(found, key=lambda f: f[1])]
    assert not wrong, "a private name: let the package have a public door, or test what one sees from outside"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_tests_share_through_kits(path: Path) -> None:
    for tree, before in trees(path):
        for node in ast.walk(tree):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for module in modules:
                tests = {part for part in module.split(".") if part.startswith("test_")}
                assert not tests, f"{path.name}:{before + node.lineno}: what {module} has for others belongs into a kit"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nobody_sleeps_but_the_kit_that_waits(path: Path) -> None:
    """In a program of its own, a line that sleeps says why."""
    lines = path.read_text().splitlines()
    for tree, before in trees(path):
        for line in sleeps(tree):
            text = lines[before + line - 1]
            said = before and "  # " in text
            assert path.name == "waiting.py" or said, (
                f"{path.name}:{before + line}: wait_until, pace, nothing_may_happen_for"
            )
