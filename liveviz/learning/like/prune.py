"""A smaller generator out of a larger one, without learning: of every convolution those channels are kept that the image
would miss most, and what follows is refitted to read from them. It is where `distil` starts.

Which channels: the slope of the image by every activation (along random directions) says what an error there costs.
Channels are taken greedily, each time the one that, together with those taken, explains most of what all of them do,
so a copy is worth nothing. A channel whose colour turns with w, because a palette makes it, can be worth a second and
third place: a toRGB gives each channel one colour, of which w only sets the strength. Then the weights of the next layer
move from what was left out to what explains it (least squares), colours likewise, and what demodulation makes of the
changed weights is measured, and taken back by the styles that read them.

Sources: He et al. 2017 (1707.06168: selection, least squares); Karras et al. 2020 (1912.04958: the layers).
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from liveviz.learning.gan.generator import layers, levels
from liveviz.models import Generator, GeneratorConfig
from liveviz.models.stylegan.config import as_stylegan
from liveviz.models.stylegan.reference import Layer, Network, network
from liveviz.models.stylegan.reference2 import Block, ToRGB
from liveviz.spec import LivevizError

DRAWN_IMAGES, IMAGES_AT_ONCE = 48, 8  # that are drawn and differentiated, at once
RIDGE_RATIO = 1e-6  # of the least squares, relative to the mean square of a channel
SQUARED_ERROR_SPREAD = 1.25**2  # of one pixel's squared error, summed, when the FIR has doubled the size


@dataclass
class Moments:
    """Of one layer's channels, float64.

    second: second moments `[C, C]`. styled: the same of what the next convolution reads, which is times its styles.
    slope: mean squared slope of the image by each `[C]`.
    """

    second: Tensor
    styled: Tensor
    slope: Tensor

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(self.second + other.second, self.styled + other.styled, self.slope + other.slope)


@dataclass
class Channels:
    """What stands for a layer's channels in the smaller network.

    kept: index of each in the larger one; some are there two or three times. fit: `[C, kept]`, all channels of the
    larger one out of those kept, there. styled: the same, of what the next convolution reads. gain: `[kept]`, how much
    louder each is here.
    """

    kept: list[int]
    fit: Tensor
    styled: Tensor
    gain: Tensor


def check(teacher: GeneratorConfig, config: GeneratorConfig) -> None:
    """LivevizError where a network of sizes `config` cannot be made out of one of sizes `teacher`."""
    if teacher.architecture != "stylegan2-skip":
        raise LivevizError(f"architecture: {teacher.architecture}: only stylegan2-skip can be made smaller")
    if replace(config, widths=teacher.widths) != teacher:
        raise ValueError("sizes may differ in their channels only")
    for r in config.resolutions:
        if config.channels(r) > teacher.channels(r):
            raise LivevizError(f"{config.channels(r)} channels at {r} pixels: the larger one has {teacher.channels(r)}")


@torch.no_grad()
def pruned(teacher: Generator, config: GeneratorConfig, ws: Tensor, random: torch.Generator) -> Generator:
    """The generator of sizes `config` that draws about what `teacher` draws; its mapping network is the teacher's.

    Args:
        ws: `[n, num_ws, w_dim]`, some hundreds of what is to be drawn well.
    Raises: LivevizError where `config` has more channels, or the architecture cannot be made smaller.
    """
    check(as_stylegan(teacher.config), config)
    net = network(teacher)
    moments = _measured(net, ws[:DRAWN_IMAGES], random)
    state = {n: torch.from_numpy(v) for n, v in teacher.weights.items()}  # the mapping and the noise fields stay
    kept = choose(moments["b4.const"], config.channels(4))
    state["synthesis.b4.const"] = net.state_dict()["synthesis.b4.const"][kept.kept]
    for level, r in enumerate(config.resolutions):
        name, block, row = f"synthesis.b{r}", getattr(net.synthesis, f"b{r}"), max(2 * level - 1, 0)
        spread = SQUARED_ERROR_SPREAD ** (len(config.resolutions) - 1 - level)
        for part in ("conv0", "conv1") if level else ("conv1",):
            drawn = _drawn(block.torgb, ws[:, row + 1]) * spread**0.5 if part == "conv1" else None
            chosen = choose(moments[f"b{r}.{part}"], config.channels(r), drawn)
            new = _convolution(getattr(block, part), ws[:, row], kept, chosen)
            state |= {f"{name}.{part}.{n}": value for n, value in new.items()}
            kept, row = chosen, row + 1
        state |= {f"{name}.torgb.{n}": value for n, value in _rgb(block.torgb, ws[:, row], kept).items()}
    arrays = {n: state[n].float().numpy().reshape(shape).copy() for n, shape in config.shapes().items()}
    return Generator(config, arrays, f"{teacher.name}-small")


def _measured(net: Network, ws: Tensor, random: torch.Generator) -> dict[str, Moments]:
    """The moments of every layer, by name like `b8.conv0`; of `b4.const` too."""
    found: dict[str, Moments] = {}
    readers = layers(net)
    lowest: Block = getattr(net.synthesis, f"b{net.config.resolutions[0]}")
    const = lowest.const
    const.requires_grad_()  # slopes reach an activation only where something before it is learned
    for some in ws.split(IMAGES_AT_ONCE):
        names, made, img = [], [], some
        with torch.enable_grad():
            for level in levels(net, some):
                for name, x in (("conv0", level.hidden), ("conv1", level.out)):
                    if x is not None:
                        names.append(f"b{level.resolution}.{name}")
                        made.append(x)
                img = level.img
            probe = torch.randint(2, img.shape, generator=random) * 2.0 - 1.0
            slopes = torch.autograd.grad((img * probe).sum(), made)
        first = const.detach().expand(len(some), -1, -1, -1)
        share = len(some) / len(ws)
        for n, (name, x) in enumerate(zip(["b4.const", *names], [first, *made], strict=True)):
            slope = slopes[n - 1].square().mean(dim=(0, 2, 3)).double() if n else torch.ones(x.shape[1]).double()
            style = readers[n].affine.forward(some[:, n]) if n < len(readers) else torch.ones(x.shape[:2])
            now = Moments(
                _second(x.detach()) * share, _second(x.detach() * style[:, :, None, None]) * share, slope * share
            )
            found[name] = found[name] + now if name in found else now
    const.requires_grad_(False)
    return found


def _second(x: Tensor) -> Tensor:
    """Second moments `[C, C]` of activations `[n, C, h, w]`."""
    flat = x.transpose(0, 1).flatten(1)
    return (flat @ flat.T).double() / flat.shape[1]


def _fit(second: Tensor, kept: list[int]) -> Tensor:
    """All channels out of those kept, by least squares, `[C, kept]`; of one kept, it alone."""
    inner = second[kept][:, kept]
    ridge = torch.eye(len(kept), dtype=second.dtype) * (RIDGE_RATIO * inner.diagonal().mean() + 1e-30)
    fit = torch.linalg.solve(inner + ridge, second[kept]).T.contiguous()
    fit[kept] = torch.eye(len(kept), dtype=second.dtype)
    return fit


def choose(moments: Moments, count: int, drawn: Tensor | None = None) -> Channels:
    """The `count` channels to keep.

    drawn: `[C, colours, k]`, what each of them adds to the image, a colour and its k (independent) reasons in w; then
        some of the places may go to second and third copies, so many that least of the image is lost.
    """
    second = moments.second
    order, lost = _greedy(moments, count)
    best, taken = math.inf, dict.fromkeys(order, 1)
    for unique in range(1, count + 1 if drawn is not None else 0):
        assert drawn is not None
        names = order[:unique]
        turned = torch.einsum("cj,cxk->jxk", _fit(second, names), drawn)
        loud = second.diagonal()[names]
        strengths = torch.linalg.svdvals(turned)[:, 1:].square() * loud[:, None]  # [unique, colours - 1], falling
        places = strengths.flatten().argsort(descending=True)[: count - unique].tolist()
        left = lost[unique] + float(strengths.sum() - strengths.flatten()[places].sum())
        if len(places) == count - unique and left < best:
            best, taken = left, dict.fromkeys(names, 1)
            for place in places:
                taken[names[place // strengths.shape[1]]] += 1
    names = list(taken)
    often = torch.tensor([taken[n] for n in names], dtype=second.dtype)
    kept = [(n, j) for j, n in enumerate(names) for _ in range(taken[n])]
    fit, styled = ((_fit(m, names) / often)[:, [j for _, j in kept]] for m in (second, moments.styled))
    return Channels([n for n, _ in kept], fit, styled, torch.ones(count, dtype=second.dtype))


def _greedy(moments: Moments, count: int) -> tuple[list[int], list[float]]:
    """The most useful channels in order, and what is lost of the image with the first 0, 1 ... `count` of them."""
    size = moments.styled.diagonal().clamp(min=1e-30).sqrt()
    weight = (moments.slope * moments.second.diagonal()).sqrt()  # as loud as they are; alike as they are read
    rest = moments.styled / size[:, None] / size * weight[:, None] * weight  # what is not explained yet
    least = 1e-9 * rest.diagonal().mean()
    order: list[int] = []
    lost = [float(rest.diagonal().sum())]
    while len(order) < count:
        left = rest.diagonal()
        gains = torch.where(left > least, rest.square().sum(dim=0) / left.clamp(min=least), 0.0)
        gains[order] = -1.0
        best = int(gains.argmax())
        row = rest[best].clone()
        rest = rest - torch.outer(row, row) / row[best].clamp(min=least)
        order.append(best)
        lost.append(float(rest.diagonal().clamp(min=0.0).sum()))
    return order, lost


def _convolution(layer: Layer, w: Tensor, before: Channels, after: Channels) -> dict[str, Tensor]:
    """The weights of a convolution from `before` to `after`; sets how loud what comes out is."""
    style = layer.affine(w).double()  # [n, I]
    here = style[:, before.kept]
    whole = layer.weight.double()
    weight = torch.einsum("oixy,ij->ojxy", whole[after.kept], before.styled)
    loudness = weight.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
    weight = weight / loudness.clamp(min=1e-12) * whole.square().mean().sqrt()
    weight_before = weight * (loudness / whole.square().mean().sqrt())
    d = (style.square() @ whole.square().sum(dim=(2, 3)).T + 1e-8).rsqrt()[:, after.kept]
    d_here = ((here / before.gain).square() @ weight_before.square().sum(dim=(2, 3)).T + 1e-8).rsqrt()
    after.gain = (d_here / d).mean(dim=0)
    return {
        "weight": weight,
        "bias": layer.bias[after.kept] * after.gain,
        "affine.weight": layer.affine.weight[before.kept] / before.gain[:, None],
        "affine.bias": layer.affine.bias[before.kept] / before.gain,
        "noise_strength": layer.noise_strength * after.gain.mean(),
    }


def _root(w: Tensor) -> Tensor:
    """A root `[w_dim + 1, w_dim + 1]` of the second moments of (w, 1)."""
    full = torch.cat([w, torch.ones(len(w), 1)], dim=1).double()
    second = full.T @ full / len(w)
    return torch.linalg.cholesky(second + 1e-6 * second.diagonal().mean() * torch.eye(len(second)))


def _drawn(torgb: ToRGB, w: Tensor) -> Tensor:
    """What each channel adds to the image, `[C, colours, w_dim + 1]`, of independent reasons in w."""
    scale = torgb.weight.shape[1] ** -0.5
    linear = torch.cat([torgb.affine.weight / w.shape[1] ** 0.5, torgb.affine.bias[:, None]], dim=1).double() * scale
    return torgb.weight[:, :, 0, 0].T.double()[:, :, None] * (linear @ _root(w))[:, None]


def _rgb(torgb: ToRGB, w: Tensor, kept: Channels) -> dict[str, Tensor]:
    """The weights of a toRGB that reads `kept`: each copy of a channel draws another colour of it."""
    whole = _drawn(torgb, w)
    root, places = _root(w), len(kept.kept)
    colours, linear = torch.zeros(places, whole.shape[1]).double(), torch.zeros(places, w.shape[1] + 1).double()
    for name in dict.fromkeys(kept.kept):
        copies = [n for n, k in enumerate(kept.kept) if k == name]
        fit = kept.fit[:, copies].sum(dim=1)
        u, s, v = torch.linalg.svd(torch.einsum("c,cxk->xk", fit, whole), full_matrices=False)
        for n, place in enumerate(copies[: len(s)]):
            colours[place] = u[:, n]
            linear[place] = torch.linalg.solve_triangular(root.T, (s[n] * v[n])[:, None], upper=True)[:, 0]
    linear = linear * (places**0.5 / kept.gain)[:, None]
    return {
        "weight": colours.T[:, :, None, None],
        "bias": torgb.bias,
        "affine.weight": linear[:, :-1] * w.shape[1] ** 0.5,
        "affine.bias": linear[:, -1],
    }
