"""What the discriminator sees instead of the images: moved, turned, recoloured copies, with a probability that is
raised while it knows the training images too well. So a few hundred images are enough, and because each change is
left out now and then, none of them is learned by the generator.

Both kinds of images are changed alike. Sampling is bilinear with reflection; R1 is taken at the changed images.
Images that are not square are never turned by quarters.
Source: Karras et al. 2020 (2006.06676), section 2.2, figure 4 and appendix B (pixel blitting, geometry, colour).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

TARGET_SIGN = 0.6  # of the mean sign of the discriminator on real images
FULL_RANGE_IMAGES = 100_000  # images from p = 0 to p = 1
_GREY_AXIS = torch.full((3,), 1.0 / math.sqrt(3.0))
"""The grey axis of RGB, length 1: colours turn around it."""


@dataclass(frozen=True)
class Changes:
    """places: from where each pixel is taken, `[n, 2, 3]` in units of half the shorter side. colours: `[n, 3, 4]`."""

    places: Tensor
    colours: Tensor

    def share(self, part: slice) -> "Changes":
        """Those of a part of the batch."""
        return Changes(self.places[part], self.colours[part])


def choose(count: int, p: float, size: tuple[int, int], random: torch.Generator) -> Changes:
    """Random changes of `count` images of `size` (width, height), each kind with probability p."""
    width, height = size
    square = width == height

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, generator=random)

    def normal(deviation: float) -> Tensor:
        return deviation * torch.randn(count, generator=random)

    def sometimes(value: Tensor, rest: float, chance: float = p) -> Tensor:
        return torch.where(torch.rand(count, generator=random) < chance, value, torch.full_like(value, rest))

    half = torch.tensor([width, height]) / min(width, height)  # of the image, in our units
    turn_chance = 1.0 - math.sqrt(1.0 - p)  # it comes twice
    m = torch.eye(3).repeat(count, 1, 1)
    m = m @ _scaled(sometimes(torch.randint(2, (count,), generator=random) * 2.0 - 1.0, 1.0), torch.ones(count))
    quarters = torch.randint(4, (count,), generator=random) * (1 if square else 2)
    m = m @ _turned(sometimes(quarters * (math.pi / 2.0), 0.0))
    m = m @ _moved(*(_whole_pixels(sometimes(uniform(-0.25, 0.25), 0.0) * k, size) for k in half))
    grown = sometimes(torch.exp2(normal(0.2)), 1.0)
    m = m @ _scaled(grown, grown)
    m = m @ _turned(sometimes(uniform(-math.pi, math.pi), 0.0, turn_chance))
    longer = sometimes(torch.exp2(normal(0.2)), 1.0)
    m = m @ _scaled(longer, 1.0 / longer)
    m = m @ _turned(sometimes(uniform(-math.pi, math.pi), 0.0, turn_chance))
    m = m @ _moved(*(sometimes(normal(0.25), 0.0) * k for k in half))

    colour = torch.eye(4).repeat(count, 1, 1)
    lift = torch.eye(4).repeat(count, 1, 1)
    lift[:, :3, 3] = sometimes(normal(0.2), 0.0)[:, None]
    contrast = sometimes(torch.exp2(normal(0.5)), 1.0)
    gain = torch.eye(4).repeat(count, 1, 1)
    gain[:, [0, 1, 2], [0, 1, 2]] = contrast[:, None]
    colour = gain @ lift @ colour
    axis = torch.outer(_GREY_AXIS, _GREY_AXIS)
    flip = sometimes(torch.randint(2, (count,), generator=random).float(), 0.0)
    colour = _padded(torch.eye(3) - 2.0 * flip[:, None, None] * axis) @ colour
    colour = _padded(_hue(sometimes(uniform(-math.pi, math.pi), 0.0))) @ colour
    strength = sometimes(torch.exp2(normal(1.0)), 1.0)[:, None, None]
    colour = _padded(axis + (torch.eye(3) - axis) * strength) @ colour
    return Changes(m[:, :2], colour[:, :3])


def changed(x: Tensor, changes: Changes) -> Tensor:
    """Images `[n, 3, h, w]` after the changes."""
    n, _, h, w = x.shape
    half = torch.tensor([w, h]) / min(w, h)
    # From our units to those of the sampler, where the image reaches from -1 to 1 both ways.
    theta = changes.places * torch.cat([half, torch.ones(1)]) / half[:, None]
    grid = F.affine_grid(theta.to(x.device), [n, 3, h, w], align_corners=False)
    x = F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
    colours = changes.colours.to(x.device)
    return torch.einsum("nij,njhw->nihw", colours[:, :, :3], x) + colours[:, :, 3, None, None]


def adjusted(p: float, sign: float, images: int) -> float:
    """The next p: up while the mean sign on real images is above TARGET_SIGN, down while it is below."""
    return min(1.0, max(0.0, p + math.copysign(images / FULL_RANGE_IMAGES, sign - TARGET_SIGN)))


def _whole_pixels(move: Tensor, size: tuple[int, int]) -> Tensor:
    pixel = 2.0 / min(size)
    return (move / pixel).round() * pixel


def _scaled(x: Tensor, y: Tensor) -> Tensor:
    m = torch.eye(3).repeat(len(x), 1, 1)
    m[:, 0, 0], m[:, 1, 1] = 1.0 / x, 1.0 / y
    return m


def _turned(angle: Tensor) -> Tensor:
    m = torch.eye(3).repeat(len(angle), 1, 1)
    m[:, 0, 0] = m[:, 1, 1] = torch.cos(angle)
    m[:, 1, 0] = torch.sin(angle)
    m[:, 0, 1] = -m[:, 1, 0]
    return m


def _moved(x: Tensor, y: Tensor) -> Tensor:
    m = torch.eye(3).repeat(len(x), 1, 1)
    m[:, 0, 2], m[:, 1, 2] = x, y
    return m


def _hue(angle: Tensor) -> Tensor:
    """A turn about the grey axis, `[n, 3, 3]` (Rodrigues)."""
    u = float(_GREY_AXIS[0])
    cross = torch.tensor([[0.0, -u, u], [u, 0.0, -u], [-u, u, 0.0]])
    c, s = torch.cos(angle)[:, None, None], torch.sin(angle)[:, None, None]
    return torch.eye(3) * c + cross * s + torch.outer(_GREY_AXIS, _GREY_AXIS) * (1.0 - c)


def _padded(m: Tensor) -> Tensor:
    """3x3 matrices as 4x4."""
    full = torch.eye(4).repeat(len(m), 1, 1)
    full[:, :3, :3] = m
    return full
