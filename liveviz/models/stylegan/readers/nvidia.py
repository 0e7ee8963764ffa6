"""What StyleGAN2 and StyleGAN3 pickles have in common: the modules of G_ema with their plain attributes, and the checks that
what the attributes say of the arithmetic is what our networks compute. A file that computes something else is refused
rather than drawn wrong."""

import math
from collections.abc import Iterable

from liveviz.models.importing.arrays import Arrays
from liveviz.models.importing.modules import Module, tensors, walk
from liveviz.models.importing.source import Source, shown
from liveviz.models.importing.weights import sizes


class Pickle:
    """G_ema of one file.

    modules, nodes: its modules by path, its tensors by name.
    Raises: LivevizError in one line, from every method, that names the module and the attribute.
    """

    def __init__(self, source: Source, arrays: Arrays, root: Module) -> None:
        self.source, self.arrays = source, arrays
        self.modules = walk(source, root)
        self.nodes = tensors(source, self.modules)

    def whole(self, path: str, name: str) -> int:
        """An attribute that is a whole number."""
        value = self._state(path).get(name)
        if type(value) is not int or abs(value) >= 1 << 31:
            raise self.source.fail(f"{_of(path, name)}: is {shown(value)}, not a whole number")
        return value

    def option(self, path: str, name: str, default: object) -> object:
        """An argument that a module was made with, or the default."""
        given = self._state(path).get("_init_kwargs")
        return given.get(name, default) if isinstance(given, dict) else default

    def require(self, path: str, name: str, expected: float, given: object) -> None:
        """LivevizError unless `given` is the number `expected`."""
        value = self.arrays.number(_of(path, name), given)
        if not math.isclose(value, expected, rel_tol=1e-6):
            raise self.source.fail(f"{_of(path, name)}: is {shown(value)}; only {expected:.6g} can be played")

    def sizes(self) -> dict[str, int]:
        """The fields of a GeneratorConfig that every generator states."""
        return {
            "resolution": self.whole("", "img_resolution"),
            "z_dim": self.whole("", "z_dim"),
            "w_dim": self.whole("", "w_dim"),
            "classes": self.whole("", "c_dim"),
            "img_channels": self.whole("", "img_channels"),
        }

    def mapping(self) -> dict[str, int | float]:
        """mapping_layers and mapping_lr, from the layers that there are."""
        layers = [path for path in self.modules if path.startswith("mapping.fc") and path[10:].isdecimal()]
        rates = {self.rate(path, "lrelu") for path in layers}
        if len(rates) != 1:
            raise self.source.fail("mapping: its layers do not share one learning rate")
        plain = "mapping.embed" in self.modules and "mapping.embed_proj" not in self.modules  # else see `stylegan_xl`
        if plain and not math.isclose(self.rate("mapping.embed", "linear"), 1.0):
            raise self.source.fail("mapping.embed: has a learning rate of its own")
        return {"mapping_layers": len(layers), "mapping_lr": rates.pop()}

    def affines(self) -> None:
        """LivevizError unless every style is a plain linear layer."""
        for path in self.modules:
            if path.endswith(".affine"):
                self.require(path, "bias_gain", 1.0, self.rate(path, "linear"))

    def clamp(self, paths: Iterable[str]) -> float | None:
        """The one clamp that all of these modules have."""
        found = set()
        for path in paths:
            value = self._state(path).get("conv_clamp")
            found.add(None if value is None else float(self.arrays.number(_of(path, "conv_clamp"), value)))
        if len(found) != 1:
            raise self.source.fail("conv_clamp: is not the same in all layers")
        return found.pop()

    def says(self, path: str, name: str, expected: str) -> None:
        """LivevizError unless the attribute, where there is one, is that text."""
        if (value := self._state(path).get(name, expected)) != expected:
            raise self.source.fail(f"{_of(path, name)}: is {shown(value)}; only {expected!r} can be played")

    def attribute(self, path: str, name: str) -> object:
        """An attribute as it is, or None."""
        return self._state(path).get(name)

    def _state(self, path: str) -> dict[str, object]:
        if path not in self.modules:
            raise self.source.fail(f"has no module {shown(path)}")
        return self.modules[path].state

    def shape(self, name: str, rank: int) -> tuple[int, ...]:
        """The shape of a tensor that must be there, with so many sizes."""
        return sizes(self.source, self.arrays, self.nodes, name, rank)

    def rate(self, path: str, activation: str) -> float:
        """The learning-rate multiplier of a linear layer, which its weights are scaled with."""
        self.says(path, "activation", activation)
        rate = float(self.arrays.number(_of(path, "bias_gain"), self._state(path).get("bias_gain")))
        inputs = self.shape(f"{path}.weight", 2)[1]
        self.require(path, "weight_gain", rate / math.sqrt(max(inputs, 1)), self._state(path).get("weight_gain"))
        return rate


def _of(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
