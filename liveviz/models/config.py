"""The sizes of one generator. From them alone follow the name and shape of every weight, so a file can be checked
against what its own header claims to be, before any of its numbers is used."""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from liveviz.spec import LivevizError

ARCHITECTURES = ("stylegan2-skip",)
KERNEL = 3

_WHOLE = {  # field: lowest, highest
    "resolution": (16, 2048),
    "channel_base": (16, 131072),
    "channel_max": (1, 1024),
    "z_dim": (1, 2048),
    "w_dim": (1, 2048),
    "classes": (0, 10000),
    "mapping_layers": (1, 16),
    "img_channels": (1, 3),
}


@dataclass(frozen=True, slots=True)
class GeneratorConfig:
    """Sizes of a StyleGAN2 generator.

    architecture: one of ARCHITECTURES.
    resolution: pixels of the square picture, a power of two.
    channel_base, channel_max: a layer at r pixels has min(channel_base / r, channel_max) channels.
    classes: 0 for an unconditional generator; else c is one-hot of that length.
    mapping_lr: learning-rate multiplier of the mapping network: its stored weights are larger by 1 / mapping_lr.
    conv_clamp: activations and toRGB outputs stay within ± this; None leaves them free.
    Raises: LivevizError that names the field and what is allowed.
    """

    resolution: int
    channel_base: int = 32768
    channel_max: int = 512
    z_dim: int = 512
    w_dim: int = 512
    classes: int = 0
    mapping_layers: int = 8
    mapping_lr: float = 0.01
    img_channels: int = 3
    conv_clamp: float | None = None
    architecture: str = "stylegan2-skip"

    def __post_init__(self) -> None:
        for name, (low, high) in _WHOLE.items():
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise LivevizError(f"{name}: {value!r:.40} is not a whole number from {low} to {high}")
        if self.architecture not in ARCHITECTURES:
            raise LivevizError(f"architecture: {self.architecture!r:.40} is none of {', '.join(ARCHITECTURES)}")
        if self.resolution & (self.resolution - 1):
            raise LivevizError(f"resolution: {self.resolution} is not a power of two (16, 32, 64 ... 2048)")
        if self.channel_base < self.resolution:
            raise LivevizError(f"channel_base: {self.channel_base} leaves no channel at {self.resolution} pixels")
        if self.img_channels == 2:
            raise LivevizError("img_channels: 2 is neither 1 (grey) nor 3 (colour)")
        if not (_is_number(self.mapping_lr) and 1e-4 <= self.mapping_lr <= 1.0):
            raise LivevizError(f"mapping_lr: {self.mapping_lr!r:.40} is not between 0.0001 and 1")
        if self.conv_clamp is not None and not (_is_number(self.conv_clamp) and 1.0 <= self.conv_clamp <= 65504.0):
            raise LivevizError(f"conv_clamp: {self.conv_clamp!r:.40} is neither null nor between 1 and 65504")

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Pixels of every block: 4, 8, 16 ... resolution."""
        return tuple(4 << n for n in range(self.resolution.bit_length() - 2))

    @property
    def num_ws(self) -> int:
        """How many rows ws has: one per convolution and one for the last toRGB, 2 * log2(resolution) - 2."""
        return 2 * self.resolution.bit_length() - 4

    def channels(self, resolution: int) -> int:
        """Channels of the layers at `resolution` pixels."""
        return min(self.channel_base // resolution, self.channel_max)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every weight, in the order of the file."""
        shapes: dict[str, tuple[int, ...]] = {}
        if self.classes:
            shapes["mapping.embed.weight"] = (self.w_dim, self.classes)
            shapes["mapping.embed.bias"] = (self.w_dim,)
        for n in range(self.mapping_layers):
            width = self.w_dim if n else self.z_dim + (self.w_dim if self.classes else 0)
            shapes[f"mapping.fc{n}.weight"] = (self.w_dim, width)
            shapes[f"mapping.fc{n}.bias"] = (self.w_dim,)
        shapes["mapping.w_avg"] = (self.w_dim,)
        for r in self.resolutions:
            block, width = f"synthesis.b{r}", self.channels(r)
            if r == 4:
                shapes[f"{block}.const"] = (width, 4, 4)
            else:
                shapes |= self._layer(f"{block}.conv0", self.channels(r // 2), width, r)
            shapes |= self._layer(f"{block}.conv1", width, width, r)
            shapes[f"{block}.torgb.weight"] = (self.img_channels, width, 1, 1)
            shapes[f"{block}.torgb.bias"] = (self.img_channels,)
            shapes[f"{block}.torgb.affine.weight"] = (width, self.w_dim)
            shapes[f"{block}.torgb.affine.bias"] = (width,)
        return shapes

    def _layer(self, name: str, inputs: int, outputs: int, resolution: int) -> dict[str, tuple[int, ...]]:
        return {
            f"{name}.weight": (outputs, inputs, KERNEL, KERNEL),
            f"{name}.bias": (outputs,),
            f"{name}.affine.weight": (inputs, self.w_dim),
            f"{name}.affine.bias": (inputs,),
            f"{name}.noise_const": (resolution, resolution),
            f"{name}.noise_strength": (),
        }

    @property
    def parameters(self) -> int:
        """How many numbers the weights are."""
        return sum(math.prod(shape) for shape in self.shapes().values())

    def as_dict(self) -> dict[str, Any]:
        """Every field, as the file's metadata has them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: object) -> "GeneratorConfig":
        """The config of a file's metadata; LivevizError for any field that is missing, unknown or out of range."""
        names = [f.name for f in fields(cls)]
        if not isinstance(values, dict):
            raise LivevizError("its config is not a table of fields")
        if unknown := sorted(set(values) - set(names)):
            raise LivevizError(f"its config has the unknown field {unknown[0]!r:.40}; known are {', '.join(names)}")
        if missing := [name for name in names if name not in values]:
            raise LivevizError(f"its config has no field {missing[0]!r}")
        return cls(**values)


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]
