"""A family of generators to copy: this folder to `models/<family>/`, `engine/_template/` to `engine/<family>/`, and NAME is
what you called both. Then a file that `models.write` wrote of it plays, bends, has directions and is compared with its
reference network (`tests/test_families_contract.py`).

The network is a small one: C fields of chequers, mixed by one convolution whose inputs the first row of style weighs, and
painted by one whose inputs the second does. A row of style is z and what a class adds to it: there is no mapping network.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from liveviz.models.family import Family
from liveviz.models.generator import Generator
from liveviz.models.latents import LatentMapping
from liveviz.models.sizes import NoisePlace, Shapes
from liveviz.spec import LivevizError

if TYPE_CHECKING:
    from torch import Tensor

    from liveviz.models.family import Bend

NAME = "checker"
LEAKY_SLOPE = 0.2  # of the leaky ReLU

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Config:
    """Sizes; `models.family.Config` says what each answer means.

    size: pixels of the image, which is square. fields: C, channels of its one layer.
    """

    family: ClassVar[str] = NAME
    architecture: ClassVar[str] = NAME
    img_channels: ClassVar[int] = 3
    draws_fields: ClassVar[bool] = False
    num_ws: ClassVar[int] = 2
    noises: ClassVar[tuple[NoisePlace, ...]] = ()
    plane: ClassVar[bool] = False

    size: int
    fields: int = 8
    z_dim: int = 16
    classes: int = 0

    def __post_init__(self) -> None:
        for name, low, high in (("size", 16, 2048), ("fields", 1, 512), ("z_dim", 1, 2048), ("classes", 0, 10000)):
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise LivevizError(f"{name}: {value!r:.40} is not a whole number from {low} to {high}")

    @property
    def w_dim(self) -> int:
        return self.z_dim

    @property
    def width(self) -> int:
        return self.size

    @property
    def height(self) -> int:
        return self.size

    @property
    def ws_resolutions(self) -> tuple[int, ...]:
        return 8, 64  # the first row decides what is coarse, the second what is fine

    @property
    def layers(self) -> dict[int, tuple[int, int, int]]:
        return {self.size: (self.fields, self.size, self.size)}

    @property
    def parameters(self) -> int:
        return sum(math.prod(shape) for shape in self.shapes().values())

    def shapes(self) -> Shapes:
        c = self.fields
        return {
            "classes": (self.classes, self.z_dim),
            "const": (c, self.size, self.size),
            "mix.weight": (c, c, 3, 3),
            "mix.bias": (c,),
            "mix.style": (c, self.w_dim),
            "draw.weight": (3, c, 1, 1),
            "draw.bias": (3,),
            "draw.style": (c, self.w_dim),
        }

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Rows(LatentMapping):
    """A row of style: z, and the sum of what its classes add."""

    def __init__(self, generator: Generator) -> None:
        self._added = generator.weights["classes"]  # [classes, z_dim]
        width = generator.config.z_dim
        w_avg = self._added.mean(axis=0) if len(self._added) else np.zeros(width, np.float32)
        super().__init__(generator.config, np.asarray(w_avg, np.float32))

    def __call__(self, z: ArrayLike, c: ArrayLike | None = None) -> Array:
        rows = np.asarray(z, np.float32)
        return rows if c is None or not len(self._added) else rows + np.asarray(c, np.float32) @ self._added


class Reference:
    """The network in torch; the engine's half writes the same in common operations."""

    def __init__(self, generator: Generator) -> None:
        import torch

        self._rows = Rows(generator)
        self._weights = {name: torch.from_numpy(np.array(value)) for name, value in generator.weights.items()}

    def ws(self, z: "Tensor", c: "Tensor | None", psi: float) -> "Tensor":
        import torch

        return torch.from_numpy(self._rows.ws(self._rows(z.numpy(), None if c is None else c.numpy()), psi))

    def draw(
        self,
        ws: "Tensor",
        noise: "Sequence[Tensor] | None" = None,
        view: "Tensor | None" = None,
        bends: "Mapping[int, Bend] | None" = None,
        filters: "Mapping[int, Sequence[Tensor]] | None" = None,
    ) -> "Tensor":
        from torch.nn import functional as F

        w, size = self._weights, self._weights["const"].shape[1]
        mix, paint = (1.0 + ws[:, row] @ w[f"{name}.style"].T for row, name in enumerate(("mix", "draw")))  # [n, C]
        x = w["const"] * mix[:, :, None, None]  # [n, C, size, size]
        x = F.leaky_relu(F.conv2d(x, w["mix.weight"], w["mix.bias"], padding=1), LEAKY_SLOPE)
        x = bends[size](x) if bends and size in bends else x
        return F.conv2d(x * paint[:, :, None, None], w["draw.weight"], w["draw.bias"])


class Checker(Family):
    """To read files of other programs too, give it `anchors` and `read_state`, or `read_pickle`."""

    networks = ("a checker",)

    def config(self, values: Mapping[str, object]) -> Config:
        names = [field.name for field in fields(Config)]
        if unknown := sorted(set(values) - set(names)):
            raise LivevizError(f"its config has the unknown field {unknown[0]!r:.40}; known are {', '.join(names)}")
        if missing := [name for name in names if name not in values]:
            raise LivevizError(f"its config has no field {missing[0]!r}")
        return Config(**values)  # type: ignore[arg-type]

    def examples(self) -> tuple[Config, ...]:
        return Config(32), Config(32, classes=3)

    def new(self, config: Config, seed: int = 0) -> Generator:
        random = np.random.RandomState(seed)
        weights = {name: random.standard_normal(shape) for name, shape in config.shapes().items()}
        y, x = np.mgrid[: config.size, : config.size]  # [size, size] each
        cells = [max(config.size >> (2 + n % 4), 1) for n in range(config.fields)]  # pixels
        weights["const"] = np.stack([((x // cell + y // cell) % 2) * 2.0 - 1.0 for cell in cells])
        for name in ("mix.weight", "draw.weight", "mix.style", "draw.style"):
            weights[name] /= math.sqrt(weights[name][0].size)
        return Generator(config, {name: value.astype(np.float32) for name, value in weights.items()}, f"random-{seed}")

    def mapping(self, generator: Generator) -> Rows:
        return Rows(generator)

    def reference(self, generator: Generator, precision: str = "f32") -> Reference:
        return Reference(generator)

    def style_matrices(self, generator: Generator) -> list[tuple[int, Array]]:
        return [(row, generator.weights[f"{name}.style"]) for row, name in enumerate(("mix", "draw"))]

    def decides_directions(self, weight: str) -> bool:
        return weight == "classes" or weight.endswith(".style")


FAMILY = Checker()
