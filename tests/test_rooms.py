"""The walls of the house, read from the source: which room imports which, who may touch which library, and what no file
of a library room may do."""

import ast
from pathlib import Path

import pytest
from walls import MAY_IMPORT, PACKAGE, ROOT, check_length, check_manners, check_walls, imports

BARE = ["models", "bending", "learning", "engine/backends/cuda", "bench/gpu"]  # must import with numpy and torch alone
BARE_MAY = {"torch", "numpy", "triton", "liveviz"}
STANDARD = set(__import__("sys").stdlib_module_names)


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_walls(path: Path) -> None:
    check_walls(path, PACKAGE)


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_manners(path: Path) -> None:
    check_manners(path, PACKAGE)


@pytest.mark.parametrize("part", BARE)
def test_bare_machines(part: str) -> None:
    """What runs on a machine with numpy and torch alone imports nothing else at the top of a file."""
    target = PACKAGE / part
    for path in [target] if target.suffix else sorted(target.rglob("*.py")):
        for module, line, top in imports(ast.parse(path.read_text()), path):
            root = module.split(".")[0]
            if top and root not in STANDARD:
                assert root in BARE_MAY, f"{path.relative_to(ROOT)}:{line}: {root} is not on a bare machine"


def test_every_room_is_known_and_described() -> None:
    rooms = {p.name for p in PACKAGE.iterdir() if (p / "__init__.py").exists()}
    assert rooms == set(MAY_IMPORT)
    for room in rooms:
        text = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text()))
        assert text and len(text) > 100, f"{room}: its docstring is its paragraph in the README"


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_can_be_read_in_one_sitting(path: Path) -> None:
    check_length(path)


def test_no_circle_of_imports() -> None:
    """Of files, at the top of them or inside a function: what is for the type checker alone is no import."""
    known = {}
    for path in files():
        parts = path.relative_to(ROOT).with_suffix("").parts
        known[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    arrows: dict[str, set[str]] = {}
    for name, path in known.items():
        tree = ast.parse(path.read_text())
        checking = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
            for inner in ast.walk(node)
        }
        found = set()
        for node in ast.walk(tree):
            if id(node) in checking:
                continue
            if isinstance(node, ast.ImportFrom):
                inside = {f"{node.module}.{alias.name}" for alias in node.names}
                found |= {module for module in inside if module in known} or {str(node.module)}
            elif isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
        arrows[name] = {module for module in found if module in known and module != name}
    done: set[str] = set()

    def walk(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join([*way[way.index(name) :], name])
        if name not in done:
            for module in sorted(arrows[name]):
                walk(module, (*way, name))
            done.add(name)

    for name in known:
        walk(name, ())
