"""What every file of the package must keep to: which room may import which, what it may use, its manners, its length."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "liveviz"

# every room imports itself and rooms below it: no arrow upwards, no circle
MAY_IMPORT: dict[str, set[str]] = {
    "spec": set(),
    "system": {"spec"},
    "bending": {"system", "spec"},
    "fields": set(),
    "models": {"fields", "system", "spec"},
    "inputs": {"system", "spec"},
    "signals": {"system", "spec"},
    "mapping": {"system", "spec"},
    "post": {"fields", "system", "spec"},
    "outputs": {"system", "spec"},
    "learning": {"fields", "models", "signals", "system", "spec"},
    "engine": {"fields", "models", "bending", "system", "spec"},
}
MAY_IMPORT["runtime"] = set(MAY_IMPORT)
MAY_IMPORT["reports"] = set(MAY_IMPORT)
MAY_IMPORT["bench"] = set(MAY_IMPORT) - {"reports"}
MAY_IMPORT["cli"] = set(MAY_IMPORT)
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


def room_of(path: Path, package: Path) -> str:
    """The room of a file of `package`."""
    relative = path.relative_to(package)
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


def check_walls(path: Path, package: Path) -> None:
    """Raise AssertionError where a file of `package` imports or uses what its room may not."""
    room = room_of(path, package)
    tree = ast.parse(path.read_text())
    for module, line, top in imports(tree, path):
        where = f"{path.relative_to(package.parent)}:{line}"
        parts = module.split(".")
        if parts[0] == "liveviz" and len(parts) > 1 and room in MAY_IMPORT:
            assert parts[1] == room or parts[1] in MAY_IMPORT[room], f"{where}: {room} may not import {parts[1]}"
        if parts[0] in MAY_USE:
            assert room in MAY_USE[parts[0]], f"{where}: {room} may not use {parts[0]}"
        if parts[0] in LAZY and top:
            raise AssertionError(f"{where}: {parts[0]} must be imported inside the function that uses it")


def check_manners(path: Path, package: Path) -> None:
    """Raise AssertionError where a file of `package` does what no file of a library room may do."""
    room = room_of(path, package)
    for node in ast.walk(ast.parse(path.read_text())):
        where = f"{path.relative_to(package.parent)}:{getattr(node, 'lineno', 0)}"
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


def check_length(path: Path) -> None:
    """Raise AssertionError where a file is too long, or does not open with why it exists."""
    text = path.read_text()
    assert len(text.splitlines()) <= 300, f"{path.name}: two files"
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), f"{path.name}: a file opens with why it exists"
