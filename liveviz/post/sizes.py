"""Sizes of ISF buffers: "$WIDTH/2.0", "floor($HEIGHT*$scale)", 64. The text is from a stranger's file, so it is read as
a syntax tree of which only arithmetic is understood; there is no eval."""

import ast
import math
from collections.abc import Callable, Mapping

MAX_SIDE = 16384
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "floor": math.floor, "ceil": math.ceil, "round": round, "abs": abs, "sqrt": math.sqrt, "min": min, "max": max,
}  # fmt: skip
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Mod: lambda a, b: a % b,
}
_LONGEST_LETTERS = 200


def _value(node: ast.AST, names: Mapping[str, float]) -> float:
    if isinstance(node, ast.Expression):
        return _value(node.body, names)
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, names)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left, names), _value(node.right, names))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _FUNCTIONS[node.func.id](*(_value(a, names) for a in node.args))
    raise ValueError(type(node).__name__)


def size_of(expression: str, width: float, height: float, values: Mapping[str, float]) -> int:
    """Pixels along one side, 1 to 16384, of a buffer on a canvas of width x height.

    Raises:
        ValueError: what it says is no arithmetic on $WIDTH, $HEIGHT and `$<input>`.
    """
    names = {**values, "WIDTH": width, "HEIGHT": height}
    try:
        pixels = _value(ast.parse(expression[: _LONGEST_LETTERS + 1].replace("$", "").strip(), mode="eval"), names)
        return int(min(max(pixels, 1), MAX_SIDE))
    except (SyntaxError, ValueError, KeyError, TypeError, ArithmeticError, RecursionError, MemoryError) as error:
        raise ValueError(f"{expression!r} is no size") from error


def check_size(expression: str, names: set[str]) -> str | None:
    """What is wrong with a size, or None: tried once on a canvas of 1280x720 with every input at 1."""
    if len(expression) > _LONGEST_LETTERS:
        return f"{len(expression)} characters, at most {_LONGEST_LETTERS} are allowed"
    try:
        size_of(expression, 1280, 720, dict.fromkeys(names, 1.0))
    except ValueError:
        functions = ", ".join(_FUNCTIONS)
        return f"{expression!r} is no size; allowed: numbers, $WIDTH, $HEIGHT, $<input>, + - * / %, {functions}"
    return None
