"""StyleGAN2 pickles: those of stylegan2-ada in torch, those that the stylegan3 programs write (the same with more attributes),
and Projected GAN's where its generator is a StyleGAN2. Names and shapes are ours, so what is left is to find the sizes and
to check the arithmetic.

Source: the layout in the files themselves; Karras et al. 2020 (1912.04958, 2006.06676) for what the layers compute.
"""

import math

from liveviz.models.importing.source import shown
from liveviz.models.importing.weights import Wanted, Weights
from liveviz.models.stylegan.config import GeneratorConfig
from liveviz.models.stylegan.readers.nvidia import Pickle
from liveviz.models.stylegan.readers.sizes import channel_limits, is_fir, sized
from liveviz.models.stylegan.readers.stylegan_xl import take_weights


def recognises(pickle: Pickle) -> bool:
    """Whether G_ema has the modules of a StyleGAN2."""
    return "synthesis.b4" in pickle.modules


def convert(pickle: Pickle) -> tuple[GeneratorConfig, Weights]:
    """Sizes and weights; LivevizError in one line for a network that is not one of ours."""
    sizes = pickle.sizes()
    resolutions = [4 << n for n in range(max(sizes["resolution"].bit_length() - 2, 1))]
    blocks = [f"synthesis.b{r}" for r in resolutions]
    convs = [f"{b}.conv{i}" for b in blocks for i in (0, 1) if (b, i) != (blocks[0], 0)]
    torgbs = [f"{b}.torgb" for b in blocks if f"{b}.torgb" in pickle.modules]
    widths = {r: pickle.shape(f"{b}.conv1.bias", 1)[0] for r, b in zip(resolutions, blocks, strict=True)}
    _, const_height, const_width = pickle.shape("synthesis.b4.const", 3)
    _check(pickle, convs, torgbs, [f"{b}.skip" for b in blocks if f"{b}.skip" in pickle.modules])
    config = sized(
        pickle.source,
        **sizes,
        **channel_limits(widths),
        **pickle.mapping(),
        conv_clamp=pickle.clamp([*convs, *torgbs]),
        architecture=f"stylegan2-{_architecture(pickle, blocks)}",
        const_height=const_height,
        const_width=const_width,
        num_fp16_res=sum(_is_half(pickle, block) for block in blocks),
    )
    filters = [name for name in pickle.nodes if name.endswith(".resample_filter")]
    for name in filters:
        if not is_fir(pickle.arrays.array(name, pickle.nodes[name])):
            raise pickle.source.fail(f"tensor {shown(name)}: is another filter than [1, 3, 3, 1]")
    shapes = config.shapes()
    silent = [c for c in convs if pickle.attribute(c, "use_noise") is False]
    noise = [f"{c}.{name}" for c in silent for name in ("noise_const", "noise_strength")]
    wanted = {name: Wanted(name, shapes[name], default=0.0) for name in noise if name in shapes}
    return config, take_weights(pickle, config, wanted, filters)


def _is_half(pickle: Pickle, block: str) -> bool:
    value = pickle.attribute(block, "use_fp16")
    return value is not None and bool(pickle.arrays.number(f"{block}.use_fp16", value))


def _architecture(pickle: Pickle, blocks: list[str]) -> str:
    found = {
        shown(pickle.attribute(block, "architecture")): pickle.attribute(block, "architecture") for block in blocks
    }
    if len(found) != 1:
        raise pickle.source.fail(f"architecture: is {' and '.join(sorted(found))}, not one of orig, skip, resnet")
    (value,) = found.values()
    if value not in ("orig", "skip", "resnet"):
        raise pickle.source.fail(f"architecture: is {shown(value)}, not one of orig, skip, resnet")
    return str(value)


def _check(pickle: Pickle, convs: list[str], torgbs: list[str], skips: list[str]) -> None:
    """LivevizError unless the layers compute what our networks compute."""
    pickle.affines()
    for path in convs:
        pickle.says(path, "activation", "lrelu")
        pickle.require(path, "act_gain", math.sqrt(2.0), pickle.attribute(path, "act_gain"))
    for path in skips:
        pickle.says(path, "activation", "linear")
    for path in [*torgbs, *skips]:
        inputs = math.prod(pickle.shape(f"{path}.weight", 4)[1:])
        pickle.require(path, "weight_gain", 1.0 / math.sqrt(max(inputs, 1)), pickle.attribute(path, "weight_gain"))
