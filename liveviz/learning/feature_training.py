"""How the feature network that ships was made: without labels, from images that our programs draw.

Two crops of one image should have the same features and different images different ones (VICReg), which teaches
what is seen. Since a score must also see what is wrong, both crops are damaged alike (softened, noisy, in blocks,
bent), and a linear layer must read from the features of the middle stages how much.

Source: Bardes et al. 2022 (2105.04906), equations 1 to 6 and its weights.
"""

import logging
import math
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from liveviz.learning.features import FeatureConfig, FeatureNetwork, folded, write_features
from liveviz.learning.levels import from_bytes, to_bytes
from liveviz.learning.pictures import Z_DIM, draw, programs
from liveviz.learning.precision import has_bfloat16

log = logging.getLogger("liveviz.learning")

SHIPPED_CONFIG = FeatureConfig(
    (24, 48, 96, 192), origin="Trained for liveviz without labels (VICReg) on pictures drawn by its own programs; CC0."
)
"""Channels of the four stages of the feature network that ships."""
TRAINING_STEPS, BATCH_IMAGES, BANK_IMAGES = 800, 32, 2048
"""Steps of training, images a step, and images drawn once, from which every step takes some."""
CROP_PIXELS, DRAWN_PIXELS = 64, 112  # pixels of a crop, and of what it is cut from
LEARNING_RATE = 1e-3
"""Learning rate of Adam."""
EMBEDDING_NUMBERS = 512
"""Numbers of the vector in which two views of one image are compared."""
INVARIANCE_WEIGHT, VARIANCE_WEIGHT, COVARIANCE_WEIGHT = 25.0, 25.0, 1.0
"""Weights of the three parts of the VICReg loss, as its paper has them (2105.04906)."""
DAMAGE_WEIGHT, DAMAGE_KINDS = 20.0, 4
"""Weight of the error in telling how an image was damaged, and how many kinds of damage there are."""
CALIBRATION_IMAGES = 2048
"""Images by which the scale of each stage is set at the end."""


def bank(count: int, size: int, random: torch.Generator, check: Callable[[], None] = lambda: None) -> Tensor:
    """Images uint8 `[count, 3, size, size]` of all classes in turn."""
    names = list(programs())
    out = torch.empty(count, 3, size, size, dtype=torch.uint8)
    for start in range(0, count, 64):
        check()
        n = min(64, count - start)
        classes = (torch.arange(n) + start) % len(names)
        drawn = draw(names, torch.randn(n, Z_DIM, generator=random), classes, size)
        out[start : start + n] = torch.from_numpy(to_bytes(drawn))
    return out


def crops(images: Tensor, bend: Tensor, random: torch.Generator) -> Tensor:
    """A random crop `[n, 3, CROP_PIXELS, CROP_PIXELS]` of each image: half to all of it, perhaps mirrored, colours a little off.

    Args:
        bend: how far each is bent out of shape, 0 to 1, `[n]`.
    """
    n = len(images)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(n, *shape, generator=random)

    scale = uniform(0.5, 1.0)
    mirror = (torch.rand(n, generator=random) < 0.5).float() * 2.0 - 1.0
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = scale * mirror, scale
    theta[:, :, 2] = (1.0 - scale)[:, None] * uniform(-1.0, 1.0, 2)
    grid = F.affine_grid(theta, [n, 3, CROP_PIXELS, CROP_PIXELS], align_corners=False)
    waves = F.interpolate(torch.randn(n, 2, 6, 6, generator=random), size=(CROP_PIXELS, CROP_PIXELS), mode="bicubic")
    grid = grid + 0.06 * bend[:, None, None, None] * waves.permute(0, 2, 3, 1)
    x = F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    gain, lift = uniform(0.85, 1.15, 3, 1, 1), uniform(-0.08, 0.08, 1, 1, 1)
    return ((x + 1.0) * gain - 1.0 + lift).clamp(-1.0, 1.0)


def damaged(x: Tensor, levels: Tensor, random: torch.Generator) -> Tensor:
    """x softened, noisy and in blocks by `levels` `[n, 3]`, each 0 to 1."""
    soft, noisy, blocks = (v[:, None, None, None] for v in levels.unbind(1))
    small = F.avg_pool2d(x, 4)
    x = x.lerp(F.interpolate(small, scale_factor=4, mode="bilinear"), soft)
    x = x.lerp(F.interpolate(small, scale_factor=4, mode="nearest"), blocks)
    return x + 0.3 * noisy * torch.randn(x.shape, generator=random)


def vicreg(a: Tensor, b: Tensor) -> Tensor:
    """The loss of two views' embeddings `[n, d]` each."""
    total = INVARIANCE_WEIGHT * F.mse_loss(a, b)
    for x in (a, b):
        centred = x - x.mean(dim=0)
        spread = (centred.square().mean(dim=0) + 1e-4).sqrt()
        covariance = centred.T @ centred / (len(x) - 1)
        off = covariance.square().sum() - covariance.diagonal().square().sum()
        total = total + 0.5 * VARIANCE_WEIGHT * F.relu(1.0 - spread).mean() + COVARIANCE_WEIGHT * off / x.shape[1]
    return total


class Heads(nn.Module):
    """What is only needed to learn: the expander of the last stage, and the reader of damage."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.expander = nn.Sequential(
            nn.Linear(widths[-1], EMBEDDING_NUMBERS),
            nn.BatchNorm1d(EMBEDDING_NUMBERS),
            nn.ReLU(),
            nn.Linear(EMBEDDING_NUMBERS, EMBEDDING_NUMBERS),
        )
        self.damage = nn.Linear(sum(widths[1:]), DAMAGE_KINDS)


def train_features(
    path: Path,
    steps: int = TRAINING_STEPS,
    seed: int = 0,
    count: int = BANK_IMAGES,
    report: Callable[[int, float], None] = lambda step, loss: None,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Train a feature network and write it; `report(step, loss)` after every step, `check` may raise to end it."""
    torch.manual_seed(seed)
    random = torch.Generator().manual_seed(seed)
    images = bank(count, DRAWN_PIXELS, random, check)
    network = FeatureNetwork(SHIPPED_CONFIG, normed=True).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    heads = Heads(SHIPPED_CONFIG.widths)
    parts = [*network.parameters(), *heads.parameters()]
    adam = torch.optim.AdamW(parts, lr=LEARNING_RATE, weight_decay=1e-4)
    for step in range(steps):
        check()
        rate = (
            LEARNING_RATE * min(1.0, (step + 1) / 100) * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * step / steps)))
        )
        adam.param_groups[0]["lr"] = rate
        chosen = torch.randint(count, (BATCH_IMAGES,), generator=random)
        x = from_bytes(images[chosen])
        levels = torch.rand(BATCH_IMAGES, DAMAGE_KINDS, generator=random)
        levels = levels * (torch.rand(BATCH_IMAGES, DAMAGE_KINDS, generator=random) < 0.3)  # most of it is whole
        views = [damaged(crops(x, levels[:, 3], random), levels[:, :3], random) for _ in range(2)]
        both = torch.cat(views).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16(torch.device("cpu"))):
            means = [m.mean(dim=(2, 3)) for m in network(both)]
        means = [m.float() for m in means]
        a, b = heads.expander(means[-1]).chunk(2)
        loss = vicreg(a, b) + DAMAGE_WEIGHT * F.mse_loss(heads.damage(torch.cat(means[1:], dim=1)), levels.repeat(2, 1))
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        report(step + 1, loss.item())
    network.eval()
    made = folded(network, SHIPPED_CONFIG)
    with torch.no_grad():
        whole = from_bytes(images[:CALIBRATION_IMAGES]).split(64)
        vectors = torch.cat([made.vectors(x) for x in whole])
        made.shift.copy_(vectors.mean(dim=0))
        made.scale.copy_(1.0 / vectors.std(dim=0).clamp(min=1e-3))
    write_features(path, made)
    log.info("written: %s", path)
