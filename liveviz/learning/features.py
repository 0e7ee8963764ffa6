"""What images are compared by, and what a projected discriminator looks through: a small fixed network in a file of its
own. The one that ships beside this file learned without labels from our own images (`feature_training`); a file of
the same form with other weights or sizes takes its place, and nothing in it can run.

The form: a safetensors file whose metadata `liveviz.features` is JSON with `widths` (channels of each stage), `blocks`
(residual blocks a stage), `side` (pixels of the shorter side that images are reduced to for scores) and `origin`. A
stage is a 3x3 convolution with stride 2, then `blocks` times x + conv(act(conv(x))), an activation after each sum;
all convolutions are 3x3 with bias (a normalisation is folded into them), the activation is leaky ReLU 0.1.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from liveviz.models.tensors import Container, save
from liveviz.spec import LivevizError

METADATA_KEY = "liveviz.features"
"""Of the entry in a file that holds a feature network's sizes."""
SHIPPED_FILE = Path(__file__).with_name("features.safetensors")
"""The network that scores and projected discriminators look through where none is named."""
LEAKY_SLOPE = 0.1
"""Of the leaky ReLU below 0."""
MAX_PARAMETERS = 64_000_000
"""Weights that a file may hold: 256 MB in float32."""


@dataclass(frozen=True)
class FeatureConfig:
    """widths: channels of stages at 1/2, 1/4, 1/8 ... of the size. blocks: residual blocks a stage. side: pixels of the
    shorter side for scores. origin: how it was made, in a sentence."""

    widths: tuple[int, ...]
    blocks: int = 1
    side: int = 128
    origin: str = ""

    def __post_init__(self) -> None:
        checks = (
            (2 <= len(self.widths) <= 6, "widths: 2 to 6 stages"),
            (all(_whole(w, 1, 2048) for w in self.widths), "widths: whole numbers from 1 to 2048"),
            (_whole(self.blocks, 1, 8), "blocks: a whole number from 1 to 8"),
            (_whole(self.side, 32, 512), "side: a whole number from 32 to 512"),
            (isinstance(self.origin, str), "origin: text"),
        )
        for good, says in checks:
            if not good:
                raise LivevizError(says)
        if self._parameters() > MAX_PARAMETERS:
            raise LivevizError(f"widths: {self._parameters()} weights; at most {MAX_PARAMETERS}")

    def _parameters(self) -> int:
        inputs = (3, *self.widths[:-1])
        return sum(9 * w * (i + 2 * self.blocks * w) for i, w in zip(inputs, self.widths, strict=True))


def _whole(value: object, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


class FeatureStage(nn.Module):
    """Half the size, then residual blocks; `normed` puts a batch normalisation after every convolution, for training."""

    def __init__(self, inputs: int, outputs: int, blocks: int, normed: bool = False) -> None:
        super().__init__()

        def conv(i: int, stride: int) -> nn.Module:
            plain = nn.Conv2d(i, outputs, 3, stride, 1)
            return nn.Sequential(plain, nn.BatchNorm2d(outputs)) if normed else plain

        self.down = conv(inputs, 2)
        self.first = nn.ModuleList(conv(outputs, 1) for _ in range(blocks))
        self.second = nn.ModuleList(conv(outputs, 1) for _ in range(blocks))

    def forward(self, x: Tensor) -> Tensor:
        x = F.leaky_relu(self.down(x), LEAKY_SLOPE)
        for first, second in zip(self.first, self.second, strict=True):
            x = F.leaky_relu(x + second(F.leaky_relu(first(x), LEAKY_SLOPE)), LEAKY_SLOPE)
        return x


class FeatureNetwork(nn.Module):
    """Images `[n, 3, h, w]` in ±1 to one map a stage, `[n, widths[k], h / 2^(k+1), w / 2^(k+1)]` (rounded up).

    shift, scale: `[sum of widths]`; what makes the mean features of the images it learned from 0 on average, with
    standard deviation 1.
    """

    shift: Tensor
    scale: Tensor

    def __init__(self, config: FeatureConfig, normed: bool = False) -> None:
        super().__init__()
        self.config = config
        inputs = (3, *config.widths[:-1])
        self.stages = nn.ModuleList(
            FeatureStage(i, w, config.blocks, normed) for i, w in zip(inputs, config.widths, strict=True)
        )
        total = sum(config.widths)
        self.register_buffer("shift", torch.zeros(total))
        self.register_buffer("scale", torch.ones(total))

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps

    def vectors(self, x: Tensor) -> Tensor:
        """The feature space of scores: the mean of every map, shifted and scaled; `[n, sum of widths]`, float32."""
        means = torch.cat([m.float().mean(dim=(2, 3)) for m in self(reduced(x, self.config.side))], dim=1)
        return (means - self.shift) * self.scale


def reduced(x: Tensor, side: int) -> Tensor:
    """Images whose shorter side is at most `side`, antialiased; smaller ones are left as they are."""
    h, w = x.shape[-2:]
    if min(h, w) <= side:
        return x
    k = side / min(h, w)
    return F.interpolate(x, size=(round(h * k), round(w * k)), mode="bilinear", antialias=True)


def folded(network: FeatureNetwork, config: FeatureConfig) -> FeatureNetwork:
    """The same network with its batch normalisations folded into the convolutions: the form that files hold."""
    plain = FeatureNetwork(config)
    learned = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d)]
    into = [m for m in plain.modules() if isinstance(m, nn.Conv2d)]
    for conv, norm, target in zip(learned[0::2], learned[1::2], into, strict=True):
        assert isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
        assert conv.bias is not None and target.bias is not None
        assert norm.running_mean is not None and norm.running_var is not None
        gain = norm.weight / (norm.running_var + norm.eps).sqrt()
        target.weight.data = conv.weight.data * gain[:, None, None, None]
        target.bias.data = norm.bias + (conv.bias - norm.running_mean) * gain
    plain.shift.copy_(network.shift)
    plain.scale.copy_(network.scale)
    return plain.requires_grad_(False).eval()


def write_features(path: Path, network: FeatureNetwork) -> None:
    """Write a folded network in float16."""
    arrays = {name: value.detach().cpu().numpy() for name, value in network.state_dict().items()}
    save(path, arrays, {METADATA_KEY: json.dumps(asdict(network.config))}, fp16=True)


def read_features(path: Path = SHIPPED_FILE) -> FeatureNetwork:
    """A feature network, frozen, on the CPU; LivevizError in one line for a file that is cut or is no such network."""
    container = Container(path)
    raw = container.metadata.get(METADATA_KEY)
    if raw is None:
        raise container.fail(f"is no feature network: its metadata has no {METADATA_KEY!r}")
    try:
        table: Any = json.loads(raw)
        config = FeatureConfig(**{**table, "widths": tuple(table["widths"])})
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise container.fail("is no feature network: its config is not widths, blocks, side and origin") from error
    except LivevizError as error:
        raise container.fail(f"its config: {error}") from error
    with torch.device("meta"):
        shapes = {name: tuple(value.shape) for name, value in FeatureNetwork(config).state_dict().items()}
    arrays = container.load(shapes)
    network = FeatureNetwork(config)
    network.load_state_dict({name: torch.from_numpy(value) for name, value in arrays.items()})
    return network.requires_grad_(False).eval()
