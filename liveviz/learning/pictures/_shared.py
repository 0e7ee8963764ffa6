"""What all programs of images share: the plane they draw on, and the scene they lay it on.

A program never chooses colours, and never how wide an edge is. It says where things are (signed distances), and per pixel
where on a colour ramp a thing stands (`place`, 0 dark to 1 white), how bright that is (`shade`) and how much light is
added (`glow`). What is drawn of it is as sharp as the size that is asked for: at every size each pixel of an edge is
covered by its own share of the shape.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from liveviz.fields import CHANNELS, REACH

Numbers = tuple[Tensor, ...]
Value = Tensor | float


@dataclass(frozen=True)
class Plane:
    """Where the pixels are: x to the right and y up, `[1, h, w]`; r and theta are polar coordinates. y is within ±1, and x
    too where the image is square: a wide one shows more to both sides."""

    x: Tensor
    y: Tensor
    r: Tensor
    theta: Tensor


@lru_cache(maxsize=16)
def plane(height: int, width: int, device: torch.device | str = "cpu") -> Plane:
    """The plane of an image of `height` by `width` pixels, sampled at pixel centres."""
    down = (torch.arange(height, device=device) + 0.5) / height * 2.0 - 1.0
    along = ((torch.arange(width, device=device) + 0.5) * 2.0 - width) / height
    y, x = torch.meshgrid(-down, along, indexing="ij")
    x, y = x[None].contiguous(), y[None].contiguous()  # [1, height, width]
    return Plane(x, y, (x * x + y * y + 1e-4).sqrt(), torch.atan2(y, x))


JOIN_LENGTH = 0.03
"""Half image heights: over this length the values of two things on the same side pass into each other."""


def _mixed(a: Value, b: Value, share: Tensor) -> Tensor:
    return a + (b - a) * share


@dataclass(frozen=True)
class Scene:
    """An image as it is laid: a ground, figures with hard edges on it, and one layer in front of both.

    Each of the three has a place on the ramp (0 to 1) and a shade (0 to 1.3) everywhere, of which only what is visible
    counts; `figure` and `front` are signed distances to their edges, in half image heights, above 0 inside. Edges are
    hard, so what is soft (mist, light, cloth) is drawn in the places and shades themselves. glow (0 to 1.4) is added light.
    detail: above 0 thin lines where u is whole, below 0 sparks, one in about half of the cells of u and v; within ±32.
    All `[n, h, w]`, or what broadcasts to it.
    """

    place: Value
    shade: Value
    glow: Value = 0.0
    figure: Value = -9.0
    figure_place: Value = 0.5
    figure_shade: Value = 0.5
    front: Value = -9.0
    front_place: Value = 0.0
    front_shade: Value = 0.5
    detail: Value = 0.0
    u: Value = 0.0
    v: Value = 0.0

    def with_values(self, **values: Value) -> "Scene":
        """This with other values of some of its fields."""
        return Scene(**{**self.__dict__, **values})

    def laid(self, distance: Tensor, place: Value, shade: Value) -> "Scene":
        """This with a figure over it, inside where distance > 0: it hides ground and figures."""
        share = _nearer(distance, torch.as_tensor(self.figure))
        return self.with_values(
            figure=torch.maximum(torch.as_tensor(self.figure), distance),
            figure_place=_mixed(self.figure_place, place, share),
            figure_shade=_mixed(self.figure_shade, shade, share),
        )

    def cut(self, distance: Tensor, place: Value, shade: Value) -> "Scene":
        """This with ground over it, inside where distance > 0: it hides figures, and has a hard edge to those alone."""
        share = _nearer(distance, -torch.as_tensor(self.figure))
        return self.with_values(
            figure=torch.minimum(torch.as_tensor(self.figure), -distance),
            place=_mixed(self.place, place, share),
            shade=_mixed(self.shade, shade, share),
        )

    def before(self, distance: Tensor, place: Value, shade: Value) -> "Scene":
        """This with something in front of all, inside where distance > 0."""
        share = _nearer(distance, torch.as_tensor(self.front))
        return self.with_values(
            front=torch.maximum(torch.as_tensor(self.front), distance),
            front_place=_mixed(self.front_place, place, share),
            front_shade=_mixed(self.front_shade, shade, share),
        )

    def lit(self, light: Value) -> "Scene":
        """This with more glow."""
        return self.with_values(glow=self.glow + light)

    def lined(self, u: Tensor, strength: Value) -> "Scene":
        """This with thin lines where u is whole, as bright as strength (0 to 1). Takes the place of other detail."""
        return self.with_values(u=u, detail=strength)

    def sparked(self, u: Tensor, v: Tensor, strength: Value) -> "Scene":
        """This with sparks in cells of u and v, as bright as strength (0 to 1). Takes the place of other detail."""
        return self.with_values(u=u, v=v, detail=-1.0 * strength)


def _nearer(distance: Tensor, other: Tensor) -> Tensor:
    """Where a new thing's values hold, 0 to 1: inside of it, and outside where it is nearer than what there is."""
    inside = torch.sigmoid(distance * (4.0 / JOIN_LENGTH))
    return torch.maximum(inside, torch.sigmoid((distance - other) * (4.0 / JOIN_LENGTH)))


def fields(scene: Scene, like: Tensor) -> Tensor:
    """The fields `[n, channels, h, w]` of a scene, in the order of `CHANNELS` and within their ranges.

    Args:
        like: of the shape, type and device `[n, h, w]` of one of them; the scene's planes broadcast to it.
    """
    values = {
        "figure_edge": torch.tanh(torch.as_tensor(scene.figure) / REACH),
        "front_edge": torch.tanh(torch.as_tensor(scene.front) / REACH),
        "ground_place": scene.place,
        "ground_shade": scene.shade,
        "figure_place": scene.figure_place,
        "figure_shade": scene.figure_shade,
        "front_place": scene.front_place,
        "front_shade": scene.front_shade,
        "glow": scene.glow,
        "detail": scene.detail,
        "u": scene.u,
        "v": scene.v,
    }
    planes = [torch.as_tensor(values[c.name]).to(like).expand(like.shape).clamp(c.low, c.high) for c in CHANNELS]
    return torch.stack(planes, dim=1)


def bump(distance: Tensor, width: Value) -> Tensor:
    """1 where distance is 0, falling off as a Gaussian of that width."""
    return torch.exp(-((distance / width) ** 2))


def soft(distance: Tensor, width: float) -> Tensor:
    """0 to 1 around distance 0, over about `width`: for light, mist and masks; hard edges are a scene's."""
    return torch.sigmoid(distance * (4.0 / width))


def rotated(x: Tensor, y: Tensor, angle: Value) -> tuple[Tensor, Tensor]:
    """x and y in axes turned by `angle` radians."""
    angle = torch.as_tensor(angle, device=x.device)
    c, s = torch.cos(angle), torch.sin(angle)
    return x * c + y * s, y * c - x * s


def length(x: Tensor, y: Tensor) -> Tensor:
    """Distance from the origin, smooth there."""
    return (x * x + y * y + 1e-4).sqrt()


def disc(x: Tensor, y: Tensor, radius: Value) -> Tensor:
    """Signed distance to a circle around the origin, above 0 inside."""
    return radius - (x * x + y * y + 1e-12).sqrt()


def stroke(value: Tensor, half_width: Value, slope: Value = 1.0) -> Tensor:
    """Signed distance, about, to a stroke along value = 0, where value rises by `slope` per half image height."""
    return half_width - value.abs() / slope


def both(*distances: Tensor) -> Tensor:
    """Signed distance, about, to what is inside of all."""
    out = distances[0]
    for distance in distances[1:]:
        out = torch.minimum(out, distance)
    return out


def either(*distances: Tensor) -> Tensor:
    """Signed distance, about, to what is inside of any."""
    out = distances[0]
    for distance in distances[1:]:
        out = torch.maximum(out, distance)
    return out


def zigzag(phase: Tensor, sharpness: float = 0.97) -> Tensor:
    """A triangle wave of period 2π in about ±1, its corners a little round."""
    return torch.asin(sharpness * torch.sin(phase)) * 0.68


def sky(p: Plane) -> tuple[Tensor, Tensor]:
    """Coordinates for sparks that stand still: cells a tenth of the height wide."""
    return 5.0 * p.x + 0.13, 5.0 * p.y + 0.37


RADIANS_PER_TURN = 2.0 * math.pi
"""Radians."""


def over(scene: Scene, distance: Tensor, place: Value, shade: Value) -> Scene:
    """The scene with a thing over ground and figures, inside where distance > 0, its edges hard to both of them.

    It is ground where figures were and a figure where ground was: two sides are enough for any pile of things.
    """
    figure = torch.as_tensor(scene.figure)
    inside = torch.sigmoid(
        (distance - JOIN_LENGTH) * (4.0 / JOIN_LENGTH)
    )  # what is outside keeps its own values up to the edge
    on_figure = torch.maximum(inside, torch.sigmoid((distance - figure) * (4.0 / JOIN_LENGTH)))
    on_ground = torch.maximum(inside, torch.sigmoid((distance + figure) * (4.0 / JOIN_LENGTH)))
    return scene.with_values(
        figure=torch.maximum(torch.minimum(figure, -distance), torch.minimum(-figure, distance)),
        figure_place=_mixed(scene.figure_place, place, on_figure),
        figure_shade=_mixed(scene.figure_shade, shade, on_figure),
        place=_mixed(scene.place, place, on_ground),
        shade=_mixed(scene.shade, shade, on_ground),
    )


def measured(shape: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor, least: float = 0.3) -> Tensor:
    """Signed distance, about, to where shape(x, y) is 0: its value by its own slope, which counts as `least` at least."""
    step = 0.01
    value = shape(x, y)
    along, up = shape(x + step, y) - value, shape(x, y + step) - value
    return value / ((along**2 + up**2) / step**2 + least**2).sqrt()
