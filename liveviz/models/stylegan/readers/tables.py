"""StyleGAN2 and StyleGAN3 as bare tables of tensors. Names and shapes are those of the pickles; what a pickle says in
attributes follows here from the shapes, and what does not is what everybody trains with: the paper's learning rate of the
mapping network, and activations clamped at 256."""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from liveviz.models.importing.arrays import Arrays
from liveviz.models.importing.source import Source, shown
from liveviz.models.importing.weights import Wanted, Weights, sizes, take
from liveviz.models.stylegan.config import GeneratorConfig
from liveviz.models.stylegan.readers.sizes import channel_limits, is_fir, sized

MAPPING_LR = 0.01
CLAMP = 256.0
_LAYER_PATTERN = re.compile(r"(synthesis\.L(\d{1,2})_(\d{1,4})_(\d{1,4}))\.weight")
_CHANNEL_BASES = tuple(n << k for k in range(4, 18) for n in (1, 3) if n << k <= 1 << 17)

Nodes = Mapping[str, object]


def convert2(source: Source, arrays: Arrays, nodes: Nodes) -> tuple[GeneratorConfig, Weights]:
    """Sizes and weights of a StyleGAN2; LivevizError in one line for a network that is not one of ours."""
    resolutions = sorted(
        int(m[1]) for name in nodes if (m := re.fullmatch(r"synthesis\.b(\d{1,4})\.conv1\.weight", name))
    )
    expected = [4 << n for n in range(len(resolutions))]
    if resolutions != expected or len(expected) < 2:
        raise source.fail(
            f"has the blocks {', '.join(map(str, resolutions)) or 'none'}, not 4, 8, 16 ... without a gap"
        )
    blocks = [f"synthesis.b{r}" for r in resolutions]
    _, const_height, const_width = sizes(source, arrays, nodes, f"{blocks[0]}.const", 3)
    kind = "skip" if all(f"{b}.torgb.weight" in nodes for b in blocks) else "orig"
    config = sized(
        source,
        resolution=resolutions[-1],
        **channel_limits(
            {r: sizes(source, arrays, nodes, f"{b}.conv1.bias", 1)[0] for r, b in zip(resolutions, blocks, strict=True)}
        ),
        **_mapping(source, arrays, nodes),
        img_channels=sizes(source, arrays, nodes, f"{blocks[-1]}.torgb.bias", 1)[0],
        architecture="stylegan2-resnet" if f"{blocks[1]}.skip.weight" in nodes else f"stylegan2-{kind}",
        conv_clamp=CLAMP,
        const_height=const_height,
        const_width=const_width,
    )
    filters = [name for name in nodes if name.endswith(".resample_filter")]
    for name in filters:
        if not is_fir(arrays.array(name, nodes[name])):
            raise source.fail(f"tensor {shown(name)}: is another filter than [1, 3, 3, 1]")
    silent = {
        n: s for n, s in config.shapes().items() if n.endswith((".noise_const", ".noise_strength")) and n not in nodes
    }
    return config, take(
        source, arrays, nodes, config, {n: Wanted(n, s, default=0.0) for n, s in silent.items()}, filters
    )


def convert3(source: Source, arrays: Arrays, nodes: Nodes) -> tuple[GeneratorConfig, Weights]:
    """Sizes and weights of a StyleGAN3; LivevizError in one line for a network that is not one of ours."""
    found = sorted((int(m[2]), int(m[3]), int(m[4]), m[1]) for m in map(_LAYER_PATTERN.fullmatch, nodes) if m)
    if [number for number, *_ in found] != list(range(len(found))) or len(found) < 3:
        raise source.fail(f"has {len(found)} layers synthesis.L..., not one after the other from L0 on")
    first = sizes(source, arrays, nodes, f"{found[0][3]}.weight", 4)
    plain = sized(
        source,
        resolution=found[-1][1],
        channel_max=max(first[1], *(width for _, _, width, _ in found)),
        **_mapping(source, arrays, nodes),
        img_channels=found[-1][2],
        architecture="stylegan3-r" if first[3] == 1 else "stylegan3-t",
        num_layers=len(found) - 1,
        num_critical=0,
        conv_clamp=CLAMP,
    )
    names = {name for *_, name in found}
    for config in _guesses(plain):
        if {n.removesuffix(".weight") for n in config.shapes() if _LAYER_PATTERN.fullmatch(n)} == names:
            return config, take(source, arrays, nodes, config, {})
    raise source.fail("its layers have other sizes than a StyleGAN3's of any channel_base and num_critical")


def _guesses(plain: GeneratorConfig) -> Iterator[GeneratorConfig]:
    """Every combination of what the shapes do not say; the usual ones first."""
    bases = sorted(
        (b for b in _CHANNEL_BASES if b >= plain.resolution), key=lambda base: (base not in (32768, 16384, 65536), base)
    )
    for critical, base in itertools.product((2, 1, 0, 3, 4), bases):
        if critical < plain.num_layers:
            yield replace(plain, channel_base=base, num_critical=critical)


def _mapping(source: Source, arrays: Arrays, nodes: Nodes) -> dict[str, int | float]:
    """The fields of a GeneratorConfig that are of the mapping network."""
    if "mapping.embed_proj.weight" in nodes:
        raise source.fail("has StyleGAN-XL's classes; of such a network the whole pickle is needed")
    w_dim, width = sizes(source, arrays, nodes, "mapping.fc0.weight", 2)
    classes = sizes(source, arrays, nodes, "mapping.embed.weight", 2)[1] if "mapping.embed.weight" in nodes else 0
    return {
        "z_dim": width - (w_dim if classes else 0),
        "w_dim": w_dim,
        "classes": classes,
        "mapping_layers": sum(re.fullmatch(r"mapping\.fc\d+\.weight", name) is not None for name in nodes),
        "mapping_lr": MAPPING_LR,
    }
