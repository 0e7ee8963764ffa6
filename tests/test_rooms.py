"""The walls of the house, read from the source: which room imports which, who may touch which library, and what no file
of a library room may do."""

import ast
from pathlib import Path

import pytest
from walls import MAY_IMPORT

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "liveviz"
MAY_USE = {
    "torch": {"models", "bending", "learning", "engine", "bench"},
    "moderngl": {
        "post",
        "outputs",
        "runtime",
        "bench",
    },  # the last two hand contexts and textures on; they draw nothing
    "glfw": {"outputs"},
    "sounddevice": {"inputs"},
    "mido": {"inputs"},
    "pythonosc": {"inputs"},
    "pylibremidi": {"inputs"},
    "aubio": {"signals"},
    "openvino": {"engine"},
    "tensorrt": {"engine"},
    "av": {"inputs", "outputs"},
}
PRINTS = {"cli", "bench"}
LAZY = {"aubio", "openvino", "tensorrt", "tensorrt_rtx", "tensorrt_rtx_bindings", "matplotlib", "sounddevice"}
BARE = ["models", "bending", "learning", "engine/backends/cuda", "bench/gpu"]  # must import with numpy and torch alone
BARE_MAY = {"torch", "numpy", "triton", "liveviz"}
STANDARD = set(__import__("sys").stdlib_module_names)


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports(tree: ast.AST, path: Path) -> list[tuple[str, int, bool]]:
    """(module, line, at the top of the file) of every import."""
    found = []

    def visit(node: ast.AST, top: bool) -> None:
        for child in ast.iter_child_nodes(node):
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            checking = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            if isinstance(child, ast.Import):
                found.extend((alias.name, child.lineno, top) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}:{child.lineno}: relative import"
                found.append((child.module or "", child.lineno, top))
                if child.module == "liveviz":
                    found.extend((f"liveviz.{alias.name}", child.lineno, top) for alias in child.names)
            visit(child, top and not inside and not checking)

    visit(tree, True)
    return found


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_walls(path: Path) -> None:
    room = room_of(path)
    tree = ast.parse(path.read_text())
    for module, line, top in imports(tree, path):
        where = f"{path.relative_to(ROOT)}:{line}"
        parts = module.split(".")
        if parts[0] == "liveviz" and len(parts) > 1 and room in MAY_IMPORT:
            assert parts[1] == room or parts[1] in MAY_IMPORT[room], f"{where}: {room} may not import {parts[1]}"
        if parts[0] in MAY_USE:
            assert room in MAY_USE[parts[0]], f"{where}: {room} may not use {parts[0]}"
        if parts[0] in LAZY and top:
            raise AssertionError(f"{where}: {parts[0]} must be imported inside the function that uses it")


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_manners(path: Path) -> None:
    room = room_of(path)
    for node in ast.walk(ast.parse(path.read_text())):
        where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{where}: bare except"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("eval", "exec"), f"{where}: {node.func.id}"
            assert node.func.id != "print" or room in PRINTS, f"{where}: print in a library room"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "time":
            clocks = ("time", "monotonic", "perf_counter", "time_ns", "monotonic_ns", "perf_counter_ns")
            assert path.name == "clock.py" or node.attr not in clocks, (
                f"{where}: only system/clock.py reads system time"
            )
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module]
            assert not {"pickle", "dill", "shelve", "marshal"} & set(names), f"{where}: no pickle"


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
    text = path.read_text()
    assert len(text.splitlines()) <= 300, f"{path.name}: two files"
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), f"{path.name}: a file opens with why it exists"


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
