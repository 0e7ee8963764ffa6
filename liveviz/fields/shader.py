"""`paint` as GLSL: it is run once on names instead of numbers, and every step that it takes becomes a line."""

from __future__ import annotations

from liveviz.fields.channels import CHANNELS, COLOURS
from liveviz.fields.paint import paint


class Name:
    """A number in the shader: what it is called, and the lines that make it."""

    __array_priority__ = 1

    def __init__(self, text: str, lines: list[str]) -> None:
        self.text, self.lines = text, lines

    def made(self, formula: str) -> Name:
        """A new number, by a formula."""
        name = f"n{len(self.lines)}"
        self.lines.append(f"float {name} = {formula};")
        return Name(name, self.lines)

    def _two(self, sign: str, other: Name | float, turned: bool = False) -> Name:
        a, b = (_text(other), self.text) if turned else (self.text, _text(other))
        return self.made(f"{a} {sign} {b}")

    def __add__(self, other: Name | float) -> Name:
        return self._two("+", other)

    def __radd__(self, other: Name | float) -> Name:
        return self._two("+", other, True)

    def __sub__(self, other: Name | float) -> Name:
        return self._two("-", other)

    def __rsub__(self, other: Name | float) -> Name:
        return self._two("-", other, True)

    def __mul__(self, other: Name | float) -> Name:
        return self._two("*", other)

    def __rmul__(self, other: Name | float) -> Name:
        return self._two("*", other, True)

    def __truediv__(self, other: Name | float) -> Name:
        return self._two("/", other)

    def __rtruediv__(self, other: Name | float) -> Name:
        return self._two("/", other, True)

    def __neg__(self) -> Name:
        return self.made(f"-{self.text}")


def _text(value: Name | float) -> str:
    return value.text if isinstance(value, Name) else repr(float(value))


class _Functions:
    """The functions that `paint` needs, as calls."""

    def __getattr__(self, name: str) -> object:
        called = {"absolute": "abs", "maximum": "max"}.get(name, name)

        def call(*values: Name | float) -> Name:
            lines = next(value.lines for value in values if isinstance(value, Name))
            return Name("", lines).made(f"{called}({', '.join(map(_text, values))})")

        return call


def glsl() -> str:
    """A function `vec3 painted(float fields[N], vec3 palette[5], float pixel)` in GLSL 3.30: fields in their own units and
    the order of CHANNELS; needs derivatives, so it is for a fragment shader whose neighbours run the same lines."""
    lines: list[str] = []
    fields = {channel.name: Name(f"fields[{n}]", lines) for n, channel in enumerate(CHANNELS)}
    palette = [[Name(f"palette[{k}].{c}", lines) for c in "rgb"] for k in range(COLOURS)]
    red, green, blue = paint(_Functions(), fields, palette, Name("pixel", lines))
    body = "\n    ".join(lines)
    return f"""float slope(float x) {{
    vec2 g = vec2(dFdx(x), dFdy(x));
    return sqrt(dot(g, g) + 1e-12);
}}
vec3 painted(float fields[{len(CHANNELS)}], vec3 palette[{COLOURS}], float pixel) {{
    {body}
    return vec3({red.text}, {green.text}, {blue.text});
}}
"""
