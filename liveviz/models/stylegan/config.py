"""The sizes of one generator. From them alone follow the name and shape of every weight, so a file can be checked
against what its own header claims to be, before any of its numbers is used."""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from liveviz.fields import COLOURS
from liveviz.fields import COUNT as FIELDS
from liveviz.models.sizes import Config, NoisePlace
from liveviz.models.stylegan import layers2, layers3
from liveviz.spec import LivevizError

ARCHITECTURES = ("stylegan2-skip", "stylegan2-orig", "stylegan2-resnet", "stylegan3-t", "stylegan3-r")
MAX_PIXELS = 1 << 24

_WHOLE_NUMBERS = {  # field: lowest, highest
    "resolution": (16, 2048),
    "channel_base": (16, 131072),
    "channel_max": (1, 1024),
    "z_dim": (1, 2048),
    "w_dim": (1, 2048),
    "classes": (0, 10000),
    "mapping_layers": (1, 16),
    "img_channels": (1, FIELDS),
    "const_height": (1, 64),
    "const_width": (1, 64),
    "num_fp16_res": (0, 16),
    "num_layers": (2, 32),
    "num_critical": (0, 31),
}
# Fields that came after the first files: written only where they are not the default, so that old files, and the
# fingerprints of what they hold, stay what they were.
_LATER_FIELDS = ("const_height", "const_width", "num_fp16_res", "num_layers", "num_critical", "widths")


@dataclass(frozen=True, slots=True)
class GeneratorConfig:
    """Sizes of a StyleGAN2 or StyleGAN3 generator.

    resolution: pixels of the image where it is square, a power of two; it counts how often the size doubles.
    channel_base, channel_max: a layer at r pixels has min(channel_base / r, channel_max) channels.
    classes: 0 for an unconditional generator; else c is one-hot of that length.
    mapping_lr: learning-rate multiplier of the mapping network: its stored weights are larger by 1 / mapping_lr.
    img_channels: 1 (grey), 3 (colour), or fields.COUNT: the image is one of fields, and a palette is read from ws.
    conv_clamp: activations and toRGB outputs stay within ± this; None leaves them free.
    architecture: one of ARCHITECTURES.
    const_height, const_width: of the learned constant of StyleGAN2 and, in quarters of the image, of StyleGAN3's
        canvas: the image has resolution / 4 * const_height rows and resolution / 4 * const_width columns.
    num_fp16_res: how many of the finest resolutions its training ran in half precision. Engines choose their own
        precision; only `models.reference.network(..., fp16=True)` follows it.
    num_layers, num_critical: of StyleGAN3: layers without the last, which draws; critically sampled ones among them.
    widths: channels at 4, 8, 16 ... resolution pixels of a StyleGAN2 that keeps to no such rule; empty where it does.
    Raises: LivevizError that names the field and what is allowed.
    """

    family: ClassVar[str] = "stylegan"

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
    const_height: int = 4
    const_width: int = 4
    num_fp16_res: int = 0
    num_layers: int = 14
    num_critical: int = 2
    widths: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name, (low, high) in _WHOLE_NUMBERS.items():
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise LivevizError(f"{name}: {value!r:.40} is not a whole number from {low} to {high}")
        if self.architecture not in ARCHITECTURES:
            raise LivevizError(f"architecture: {self.architecture!r:.40} is none of {', '.join(ARCHITECTURES)}")
        if self.resolution & (self.resolution - 1):
            raise LivevizError(f"resolution: {self.resolution} is not a power of two (16, 32, 64 ... 2048)")
        if self.widths and not (self._good_widths() and not self.is_stylegan3):
            raise LivevizError(
                f"widths: are not {self.resolution.bit_length() - 2} whole numbers from 1 to 1024, of a StyleGAN2"
            )
        if self.channel_base < self.resolution:
            raise LivevizError(f"channel_base: {self.channel_base} leaves no channel at {self.resolution} pixels")
        if self.img_channels not in (1, 3, FIELDS):
            raise LivevizError(
                f"img_channels: {self.img_channels} is neither 1 (grey) nor 3 (colour) nor {FIELDS} (fields)"
            )
        if self.draws_fields and self.architecture != "stylegan2-skip":
            raise LivevizError(f"img_channels: {FIELDS} (fields) is for stylegan2-skip, not for {self.architecture}")
        if self.width * self.height > MAX_PIXELS:
            raise LivevizError(
                f"const_width: {self.const_width} x {self.const_height} makes an image of {self.width} x {self.height}; "
                f"at most {MAX_PIXELS} pixels are allowed"
            )
        if self.num_critical >= self.num_layers:
            raise LivevizError(f"num_critical: {self.num_critical} is not below num_layers, {self.num_layers}")
        if not (_is_number(self.mapping_lr) and 1e-4 <= self.mapping_lr <= 1.0):
            raise LivevizError(f"mapping_lr: {self.mapping_lr!r:.40} is not between 0.0001 and 1")
        if self.conv_clamp is not None and not (_is_number(self.conv_clamp) and 1.0 <= self.conv_clamp <= 65504.0):
            raise LivevizError(f"conv_clamp: {self.conv_clamp!r:.40} is neither null nor between 1 and 65504")

    def _good_widths(self) -> bool:
        few = isinstance(self.widths, tuple) and len(self.widths) == self.resolution.bit_length() - 2
        return few and all(type(n) is int and 1 <= n <= 1024 for n in self.widths)

    @property
    def is_stylegan3(self) -> bool:
        """Whether it is one of the alias-free architectures."""
        return self.architecture.startswith("stylegan3")

    @property
    def draws_fields(self) -> bool:
        """Whether its image is one of fields, which has no colours yet."""
        return self.img_channels == FIELDS

    @property
    def plane(self) -> bool:
        """Whether its image is a window on a plane without end."""
        return self.is_stylegan3

    @property
    def height(self) -> int:
        """Rows of the image."""
        return self.resolution * self.const_height // 4

    @property
    def width(self) -> int:
        """Columns of the image."""
        return self.resolution * self.const_width // 4

    @property
    def layers(self) -> dict[int, tuple[int, int, int]]:
        """(channels, height, width) of the activations that a bend can reach, by the layer's name in mapping files.

        A StyleGAN2 has 4, 8, 16 ... resolution: the end of each block. A StyleGAN3 has its sampling rates, 16, 32 ...
        resolution: the end of the last layer at each rate, margins included.
        """
        if self.is_stylegan3:
            found = layers3.layers(self)[:-1]
            return {layer.rate: (layer.outputs, layer.height, layer.width) for layer in found}
        return {b.resolution: (b.outputs, b.height, b.width) for b in layers2.blocks(self)}

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Names of the layers: 4, 8, 16 ... resolution."""
        return tuple(self.layers)

    @property
    def noises(self) -> tuple[NoisePlace, ...]:
        """Every noise field, in order; a StyleGAN3 has none."""
        return () if self.is_stylegan3 else layers2.noises(self)

    @property
    def ws_resolutions(self) -> tuple[int, ...]:
        """For every row of ws, the resolution whose detail it decides: 4, 8, 16 ...; in a StyleGAN3, from the cutoff."""
        if self.is_stylegan3:
            found = [layer.cutoff[1] for layer in layers3.layers(self)]
            return tuple(2 ** math.floor(math.log2(2.0 * cutoff) + 1e-9) for cutoff in [found[0], *found])
        return tuple(4 << (row // 2) for row in range(self.num_ws))

    @property
    def num_ws(self) -> int:
        """How many rows ws has: one per convolution and one for the last toRGB, 2 * log2(resolution) - 2; in a
        StyleGAN3 one for the Fourier features and one per layer, num_layers + 2."""
        return self.num_layers + 2 if self.is_stylegan3 else 2 * self.resolution.bit_length() - 4

    def channels(self, resolution: int) -> int:
        """Channels of the activations of layer `resolution`."""
        return self.layers[resolution][0]

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
        shapes |= (layers3 if self.is_stylegan3 else layers2).shapes(self)
        if self.draws_fields:
            shapes |= {"palette.weight": (COLOURS * 3, self.w_dim), "palette.bias": (COLOURS * 3,)}
        return shapes

    @property
    def parameters(self) -> int:
        """How many numbers the weights are."""
        return sum(math.prod(shape) for shape in self.shapes().values())

    def as_dict(self) -> dict[str, Any]:
        """Every field, as the file's metadata has them."""
        default = {f.name: f.default for f in fields(self)}
        return {k: v for k, v in asdict(self).items() if k not in _LATER_FIELDS or v != default[k]}

    @classmethod
    def from_dict(cls, values: object) -> "GeneratorConfig":
        """The config of a file's metadata; LivevizError for any field that is missing, unknown or out of range."""
        names = [f.name for f in fields(cls)]
        if not isinstance(values, dict):
            raise LivevizError("its config is not a table of fields")
        if unknown := sorted(set(values) - set(names)):
            raise LivevizError(f"its config has the unknown field {unknown[0]!r:.40}; known are {', '.join(names)}")
        if missing := [name for name in names if name not in values and name not in _LATER_FIELDS]:
            raise LivevizError(f"its config has no field {missing[0]!r}")
        widths = values.get("widths", ())
        return cls(**{**values, "widths": tuple(widths) if isinstance(widths, list) else widths})


def as_stylegan(config: Config) -> GeneratorConfig:
    """The config of a StyleGAN, for what works on these alone; LivevizError for any other family's."""
    if not isinstance(config, GeneratorConfig):
        raise LivevizError(f"architecture: {config.architecture} is of the family {config.family}, not of stylegan")
    return config


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]
