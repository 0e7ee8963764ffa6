"""StyleGAN2 pickles of the TensorFlow era: a triple of networks (G, D, Gs), each a list of variables by name. Gs is the one
to play. This is the table from those names to ours, and what differs: kernels have their channels last, the upsampling
ones are stored turned round, and styles get a 1 added that we store with the bias.

Source: the names in the files; Karras et al. 2020 (1912.04958) and the papers' released networks.
"""

import math
import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from liveviz.models.importing.arrays import Arrays
from liveviz.models.importing.names import Call
from liveviz.models.importing.source import Source, shown
from liveviz.models.importing.weights import Wanted, Weights, take
from liveviz.models.stylegan.config import GeneratorConfig
from liveviz.models.stylegan.readers.sizes import channel_limits, sized

NETWORK_CLASS = "dnnlib.tflib.network.Network"
MAX_VARIABLES = 4096
_SCOPE_PATTERN = re.compile(r"synthesis/(\d{1,5})x(\d{1,5})/")
_PLAYED_OPTIONS = {  # keyword of the networks: its default, which alone can be played
    "nonlinearity": "lrelu",
    "act": "lrelu",
    "mapping_nonlinearity": "lrelu",
    "normalize_latents": True,
    "use_wscale": True,
}

Array = NDArray[np.float32]


def networks(value: object) -> tuple[Call, ...] | None:
    """The networks of such a file, or None where it is another kind."""
    if isinstance(value, tuple | list) and 1 <= len(value) <= 8:
        found = tuple(node for node in value if isinstance(node, Call) and node.name == NETWORK_CLASS)
        return found if len(found) == len(value) else None
    return (value,) if isinstance(value, Call) and value.name == NETWORK_CLASS else None


def convert(source: Source, arrays: Arrays, found: tuple[Call, ...]) -> tuple[GeneratorConfig, Weights]:
    """Sizes and weights of the last network, Gs; LivevizError in one line for one that is not ours."""
    state = _state(source, found[-1])
    parts = state.get("components")
    if not isinstance(parts, dict) or not {"mapping", "synthesis"} <= set(parts):
        raise source.fail("its last network is no generator: it has no mapping and synthesis inside")
    options: dict[str, object] = {}
    nodes: dict[str, object] = {}
    for prefix, part in (
        ("", state),
        *((f"{name}/", _state(source, parts[name])) for name in ("mapping", "synthesis")),
    ):
        nodes |= _variables(source, part, prefix)
        given = part.get("static_kwargs")
        options |= given if isinstance(given, dict) else {}
    for name, played in _PLAYED_OPTIONS.items():
        if options.get(name, played) != played:
            raise source.fail(f"{name}: is {shown(options[name])}; only {shown(played)} can be played")
    taps = options.get("resample_kernel")
    if taps is not None and arrays.numbers("resample_kernel", taps) != [1, 3, 3, 1]:
        raise source.fail("resample_kernel: is another filter than [1, 3, 3, 1]")
    scopes = _scopes(nodes)
    config = _config(source, arrays, nodes, options, scopes)
    # The trainer's own numbers (lod, epochs) lie at the top.
    counts = [name for name, node in nodes.items() if "/" not in name and arrays.shape(name, node) == ()]
    return config, take(source, arrays, nodes, config, _table(config, scopes), counts)


def _state(source: Source, node: object) -> dict[str, object]:
    match node:
        case Call(name=name, state=dict(state)) if name == NETWORK_CLASS:
            return state
    raise source.fail(f"one of its networks is {shown(node)}")


def _variables(source: Source, state: dict[str, object], prefix: str) -> dict[str, object]:
    found = state.get("variables")
    if not isinstance(found, list) or len(found) > MAX_VARIABLES:
        raise source.fail(f"network {shown(prefix)}: has no list of variables")
    named: dict[str, object] = {}
    for pair in found:
        if not (isinstance(pair, tuple | list) and len(pair) == 2 and isinstance(pair[0], str)):
            raise source.fail(f"network {shown(prefix)}: a variable is no name with a value")
        named[prefix + pair[0]] = pair[1]
    return named


def _scopes(nodes: dict[str, object]) -> list[str]:
    """The blocks as their variables have them, coarse first: 4x4, 8x8 ...; of programs with wide images 4x7, 8x14 ..."""
    found = {(int(match[1]) * int(match[2]), match[0]) for name in nodes if (match := _SCOPE_PATTERN.match(name))}
    return [scope.rstrip("/") for _, scope in sorted(found)][:10]


def _config(
    source: Source, arrays: Arrays, nodes: dict[str, object], options: dict[str, object], scopes: Sequence[str]
) -> GeneratorConfig:
    def shape(name: str, rank: int) -> tuple[int, ...]:
        if name not in nodes:
            raise source.fail(f"tensor {name} is missing: no StyleGAN2 of the TensorFlow era")
        sizes = arrays.shape(name, nodes[name])
        if len(sizes) != rank:
            raise source.fail(f"tensor {name}: shape {list(sizes)}, expected {rank} sizes")
        return sizes

    def number(names: tuple[str, ...], default: float) -> float:
        given = [options[name] for name in names if options.get(name) is not None]
        return float(arrays.number(names[0], given[0])) if given else default

    if any("/StyleMod/" in name or name.startswith("synthesis/ToRGB_lod") for name in nodes):
        raise source.fail(
            "is a StyleGAN of the first kind (2018, or config-a of StyleGAN2's paper), which cannot be played"
        )
    if "mapping/LabelConcat/weight" in nodes:
        raise source.fail("has classes in the way of StyleGAN2 before ADA, which cannot be played")
    if not scopes:
        raise source.fail("its synthesis network has no layers by resolution: no StyleGAN2 of the TensorFlow era")
    first, *later = scopes
    widths = {4 << n: shape(f"{at}/{'Conv1' if n else 'Conv'}/bias", 1)[0] for n, at in enumerate(scopes)}
    _, _, const_height, const_width = shape(f"{first}/Const/const", 4)
    plain = "skip" if f"{first}/ToRGB/weight" in nodes else "orig"
    architecture = "resnet" if any(f"{at}/Skip/weight" in nodes for at in later) else plain
    classes = shape("mapping/LabelEmbed/weight", 2)[0] if "mapping/LabelEmbed/weight" in nodes else 0
    w_dim = shape("dlatent_avg", 1)[0]
    return sized(
        source,
        resolution=2 << len(scopes),
        **channel_limits(widths),
        z_dim=shape("mapping/Dense0/weight", 2)[0] - (w_dim if classes else 0),
        w_dim=w_dim,
        classes=classes,
        mapping_layers=sum(name.startswith("mapping/Dense") and name.endswith("/weight") for name in nodes),
        mapping_lr=number(("mapping_lrmul", "lrmul"), 0.01),
        img_channels=shape(f"{scopes[-1]}/ToRGB/bias", 1)[0],
        conv_clamp=number(("conv_clamp",), math.inf) if options.get("conv_clamp") is not None else None,
        architecture=f"stylegan2-{architecture}",
        const_height=const_height,
        const_width=const_width,
        num_fp16_res=_whole(source, options, "num_fp16_res"),
    )


def _whole(source: Source, options: dict[str, object], name: str) -> int:
    value = options.get(name) or 0
    if type(value) is not int:
        raise source.fail(f"{name}: is {shown(value)}, not a whole number")
    return value


def _table(config: GeneratorConfig, scopes: Sequence[str]) -> dict[str, Wanted]:
    """Where every weight is in the file."""
    shapes = config.shapes()
    table = {"mapping.w_avg": Wanted("dlatent_avg", (config.w_dim,))}
    for weight, shape in shapes.items():
        module, _, leaf = weight.rpartition(".")
        if weight.startswith("mapping.") and leaf in ("weight", "bias"):
            name = module[8:].replace("fc", "Dense").replace("embed", "LabelEmbed")
            turn = np.transpose if leaf == "weight" else None
            table[weight] = Wanted(f"mapping/{name}/{leaf}", shape[::-1], turn)
        elif weight.startswith("synthesis."):
            table[weight] = _synthesis(weight, shape, scopes)
    return table


def _synthesis(weight: str, shape: tuple[int, ...], scopes: Sequence[str]) -> Wanted:
    _, block, layer, *rest = weight.split(".")
    r = int(block[1:])
    at = scopes[r.bit_length() - 3]
    if layer == "const":
        return Wanted(f"{at}/Const/const", (1, *shape))
    first = r == 4
    name = {"conv0": "Conv0_up", "conv1": "Conv" if first else "Conv1", "torgb": "ToRGB", "skip": "Skip"}[layer]
    leaf = ".".join(rest)
    if leaf == "noise_const":
        number = 2 * (r.bit_length() - 3) - (layer == "conv0")
        return Wanted(f"synthesis/noise{number}", (1, 1, *shape))
    if leaf == "affine.weight":
        return Wanted(f"{at}/{name}/mod_weight", shape[::-1], np.transpose)
    if leaf == "affine.bias":
        return Wanted(f"{at}/{name}/mod_bias", shape, _plus_one)
    if leaf == "weight":
        turn: Callable[[Array], Array] = _turned_kernel if layer == "conv0" else _kernel
        return Wanted(f"{at}/{name}/weight", (shape[2], shape[3], shape[1], shape[0]), turn)
    return Wanted(f"{at}/{name}/{leaf}", shape)


def _kernel(found: Array) -> Array:
    """`[h, w, I, O]` to `[O, I, h, w]`."""
    return found.transpose(3, 2, 0, 1)


def _turned_kernel(found: Array) -> Array:
    return _kernel(found[::-1, ::-1])


def _plus_one(found: Array) -> Array:
    return found + np.float32(1.0)
