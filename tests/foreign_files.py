"""Files of other programs for tests: where the shared fixtures are, and writers that put a Generator of ours into the layouts
that people have. Every module carries program text that ends the process if anybody runs it."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from pickle_writer import Do, numpy_array, numpy_scalar, pickled, tensor

from liveviz.models import Generator
from liveviz.models.stylegan import layers3

FIXTURES = Path(__file__).resolve().parents[2] / "shared" / "fixtures"
POISON = "raise SystemExit('code inside a model file was run')\n"
PERSISTENT = "torch_utils.persistence _reconstruct_persistent_obj"
FIR = np.outer([1, 3, 3, 1], [1, 3, 3, 1]).astype(np.float32) / 64.0


def module(class_name: str, **state: Any) -> Do:
    """A persistent module; program text comes along."""
    tables: dict[str, Any] = {
        "training": False,
        "_parameters": {},
        "_buffers": {},
        "_modules": {},
        "_forward_hooks": {},
    }
    meta = {"type": "class", "version": 6, "module_src": POISON, "class_name": class_name, "state": tables | state}
    return Do(PERSISTENT, (meta,))


def linear(weights: dict, name: str, lr: float = 1.0, activation: str = "linear") -> Do:
    """A fully connected layer."""
    weight = weights[f"{name}.weight"]
    return module(
        "FullyConnectedLayer",
        _parameters={"weight": tensor(weight), "bias": tensor(weights[f"{name}.bias"])},
        activation=activation,
        weight_gain=numpy_scalar(lr / math.sqrt(weight.shape[1])),
        bias_gain=lr,
    )


def generator_module(generator: Generator, **changes: Any) -> Do:
    """G_ema of a StyleGAN2-ADA or StyleGAN3 pickle; `changes` go into the synthesis network's attributes."""
    config, weights = generator.config, dict(generator.weights)
    fc = {f"fc{n}": linear(weights, f"mapping.fc{n}", config.mapping_lr, "lrelu") for n in range(config.mapping_layers)}
    if config.classes:
        fc["embed"] = linear(weights, "mapping.embed")
    mapping = module("MappingNetwork", _buffers={"w_avg": tensor(weights["mapping.w_avg"])}, _modules=fc)
    synthesis = (_stylegan3 if config.is_stylegan3 else _stylegan2)(generator, weights, changes)
    return module(
        "Generator",
        _modules={"synthesis": synthesis, "mapping": mapping},
        z_dim=config.z_dim,
        c_dim=config.classes,
        w_dim=config.w_dim,
        img_resolution=config.resolution,
        img_channels=config.img_channels,
        num_ws=config.num_ws,
    )


def _stylegan2(generator: Generator, weights: dict, changes: dict) -> Do:
    config, blocks = generator.config, {}
    clamp = None if config.conv_clamp is None else int(config.conv_clamp)
    half = max(2 * config.resolution >> config.num_fp16_res, 8)
    for r in config.resolutions:
        at, parts = f"synthesis.b{r}", {}
        for name in ("conv0", "conv1", "torgb", "skip"):
            if f"{at}.{name}.weight" not in weights:
                continue
            own = {
                k: weights[f"{at}.{name}.{k}"]
                for k in ("weight", "bias", "noise_strength")
                if f"{at}.{name}.{k}" in weights
            }
            state: dict[str, Any] = {"_parameters": {k: tensor(v) for k, v in own.items()}, "conv_clamp": clamp}
            if name != "skip":
                state["_modules"] = {"affine": linear(weights, f"{at}.{name}.affine")}
            if name.startswith("conv"):
                noise = weights[f"{at}.{name}.noise_const"]
                state["_buffers"] = {"resample_filter": tensor(FIR), "noise_const": tensor(noise)}
                state |= {"activation": "lrelu", "act_gain": numpy_scalar(math.sqrt(2.0)), "use_noise": True}
            else:
                state["weight_gain"] = numpy_scalar(1.0 / math.sqrt(own["weight"].shape[1]))
            parts[name] = module("SynthesisLayer", **state)
        blocks[f"b{r}"] = module(
            "SynthesisBlock",
            _parameters={"const": tensor(weights[f"{at}.const"])} if r == 4 else {},
            _buffers={"resample_filter": tensor(FIR)},
            _modules=parts,
            architecture=config.architecture.removeprefix("stylegan2-"),
            use_fp16=config.num_fp16_res > 0 and r >= half,
        )
    return module("SynthesisNetwork", _modules=blocks, **changes)


def _stylegan3(generator: Generator, weights: dict, changes: dict) -> Do:
    config, parts = generator.config, {}
    at = "synthesis.input"
    parts["input"] = module(
        "SynthesisInput",
        _parameters={"weight": tensor(weights[f"{at}.weight"])},
        _buffers={name: tensor(weights[f"{at}.{name}"]) for name in ("transform", "freqs", "phases")},
        _modules={"affine": linear(weights, f"{at}.affine")},
    )
    for layer in layers3.layers(config):
        parts[layer.name.removeprefix("synthesis.")] = module(
            "SynthesisLayer",
            _parameters={name: tensor(weights[f"{layer.name}.{name}"]) for name in ("weight", "bias")},
            _buffers={
                name: None if layer.torgb and name != "magnitude_ema" else tensor(weights[f"{layer.name}.{name}"])
                for name in ("magnitude_ema", "up_filter", "down_filter")
            },
            _modules={"affine": linear(weights, f"{layer.name}.affine")},
            conv_clamp=None if config.conv_clamp is None else int(config.conv_clamp),
            in_cutoff=numpy_scalar(layer.cutoff[0]),
            out_cutoff=numpy_scalar(layer.cutoff[1]),
        )
    options: dict[str, Any] = {"channel_base": config.channel_base, "channel_max": config.channel_max}
    if config.architecture == "stylegan3-r":
        options |= {"conv_kernel": 1, "use_radial_filters": True}
    state: dict[str, Any] = {
        "num_layers": config.num_layers,
        "num_critical": config.num_critical,
        "num_fp16_res": config.num_fp16_res,
    }
    state |= {"_init_kwargs": options | changes.pop("_init_kwargs", {})} | changes
    return module("SynthesisNetwork", _modules=parts, **state)


def stylegan(generator: Generator, **changes: Any) -> bytes:
    """A whole StyleGAN pickle, with a discriminator of a class that nobody has and options beside it."""
    stranger = Do("pg_modules.discriminator ProjectedDiscriminator", (), {"_modules": {"net": None}}, new=True)
    top = {
        "G": None,
        "D": stranger,
        "G_ema": generator_module(generator, **changes),
        "training_set_kwargs": {"path": "x"},
    }
    return pickled(top)


def pretrained_classes(generator: Generator, features: int, width: int, normalised: bool = True) -> tuple[bytes, dict]:
    """A StyleGAN-XL pickle, and the parts of its mapping network: a classifier's vector a class, a layer that turns it into
    `width` numbers, the mean of w of every class. Not `normalised`: an arithmetic that is not ours."""
    luck, config = np.random.RandomState(9), generator.config
    parts = {
        "table": luck.randn(config.classes, features),
        "layer": luck.randn(width, features),
        "bias": luck.randn(width),
        "first": luck.randn(config.w_dim, config.z_dim + width) / config.mapping_lr,
    }
    parts = {name: value.astype(np.float32) for name, value in parts.items()}
    z = luck.randn(2000, config.z_dim)
    parts["means"] = np.stack(
        [pretrained_w(generator, parts, z, k, normalised).mean(axis=0) for k in range(config.classes)]
    ).astype(np.float32)
    root = generator_module(generator)
    mapping = root.args[0]["state"]["_modules"]["mapping"].args[0]["state"]
    mapping["_buffers"]["w_avg"] = tensor(parts["means"])
    table = {
        "_parameters": {"weight": tensor(parts["table"])},
        "_buffers": {},
        "_modules": {},
        "num_embeddings": config.classes,
    }
    layers = {
        "mapping.embed_proj.weight": parts["layer"],
        "mapping.embed_proj.bias": parts["bias"],
        "mapping.fc0.weight": parts["first"],
        "mapping.fc0.bias": generator.weights["mapping.fc0.bias"],
    }
    mapping["_modules"] |= {
        "embed": Do("torch.nn.modules.sparse Embedding", (), table, new=True),
        "embed_proj": linear(layers, "mapping.embed_proj"),
        "fc0": linear(layers, "mapping.fc0", config.mapping_lr, "lrelu"),
    }
    return pickled({"G_ema": root}), parts


def pretrained_w(generator: Generator, parts: dict, z: np.ndarray, cls: int, normalised: bool = True) -> np.ndarray:
    """w `[n, w_dim]` of z `[n, z_dim]` and a class, in float64, written out from the paper."""
    config = generator.config
    vector = (
        parts["layer"].astype(np.float64) @ parts["table"][cls] / math.sqrt(parts["table"].shape[1]) + parts["bias"]
    )
    vector = vector / np.sqrt(np.mean(vector**2)) if normalised else vector * 3.0
    z = z / np.sqrt(np.mean(z**2, axis=1, keepdims=True))
    x = np.concatenate([z, np.broadcast_to(vector, (len(z), len(vector)))], axis=1)
    for n in range(config.mapping_layers):
        weight = parts["first"] if n == 0 else generator.weights[f"mapping.fc{n}.weight"]
        scale = config.mapping_lr / math.sqrt(weight.shape[1])
        x = x @ (weight.T.astype(np.float64) * scale) + generator.weights[f"mapping.fc{n}.bias"] * config.mapping_lr
        x = np.where(x > 0.0, x, 0.2 * x) * math.sqrt(2.0)
    return x


def tensorflow(generator: Generator, more: dict[str, np.ndarray] | None = None) -> bytes:
    """A TensorFlow-era StyleGAN2 pickle as those programs write it: (G, D, Gs), each a network with its keywords in
    EasyDicts, its program text, its components, and its variables by the names of that program. Blocks are called by their
    size, wide ones too. `more` variables go into the synthesis network."""
    config, w = generator.config, generator.weights
    mapping, synthesis = [], []
    for n in range(config.mapping_layers):
        mapping += [(f"Dense{n}/weight", w[f"mapping.fc{n}.weight"].T), (f"Dense{n}/bias", w[f"mapping.fc{n}.bias"])]
    if config.classes:
        mapping += [("LabelEmbed/weight", w["mapping.embed.weight"].T), ("LabelEmbed/bias", w["mapping.embed.bias"])]
    noises = []
    for r in config.resolutions:
        ours, theirs = f"synthesis.b{r}", f"{r * config.const_height // 4}x{r * config.const_width // 4}"
        if r == 4:
            synthesis.append((f"{theirs}/Const/const", w[f"{ours}.const"][None]))
        layers = {"torgb": "ToRGB", "skip": "Skip", "conv1": "Conv"} if r == 4 else {
            "conv0": "Conv0_up", "conv1": "Conv1", "torgb": "ToRGB", "skip": "Skip"}  # fmt: skip
        for name, label in layers.items():
            if f"{ours}.{name}.weight" not in w:
                continue
            kernel = w[f"{ours}.{name}.weight"].transpose(2, 3, 1, 0)  # [h, w, I, O]
            synthesis.append((f"{theirs}/{label}/weight", kernel[::-1, ::-1] if name == "conv0" else kernel))
            if name == "skip":
                continue
            synthesis.append((f"{theirs}/{label}/mod_weight", w[f"{ours}.{name}.affine.weight"].T))
            synthesis.append((f"{theirs}/{label}/mod_bias", w[f"{ours}.{name}.affine.bias"] - np.float32(1.0)))
            if name.startswith("conv"):
                synthesis.append((f"{theirs}/{label}/noise_strength", w[f"{ours}.{name}.noise_strength"]))
            synthesis.append((f"{theirs}/{label}/bias", w[f"{ours}.{name}.bias"]))
        for name in ("conv1",) if r == 4 else ("conv0", "conv1"):
            noises.append((f"noise{len(noises)}", w[f"{ours}.{name}.noise_const"][None, None]))

    def keywords(**given: Any) -> Do:
        return Do("dnnlib.util EasyDict", (), new=True, items=given)

    def network(name: str, variables: list, options: Do, **parts: Do) -> Do:
        named = [(key, numpy_array(np.array(value, np.float32, order="C"))) for key, value in variables]
        state = {"version": 4, "name": name, "static_kwargs": options, "components": keywords(**parts),
                 "build_module_src": POISON, "build_func_name": name, "variables": named}  # fmt: skip
        return Do("dnnlib.tflib.network Network", (), state, new=True)

    sizes = {"num_channels": config.img_channels, "resolution": config.resolution, "label_size": config.classes}
    drawing = {"conv_clamp": config.conv_clamp, "num_fp16_res": config.num_fp16_res, "fused_modconv": True}
    drawing |= {"architecture": config.architecture.removeprefix("stylegan2-"), "fmap_base": config.channel_base // 2}
    parts = {
        "synthesis": network(
            "G_synthesis_stylegan2", [*noises, *synthesis, *(more or {}).items()], keywords(**sizes, **drawing)
        ),
        "mapping": network("G_mapping", mapping, keywords(**sizes, mapping_lrmul=config.mapping_lr)),
    }
    top = [("lod", np.float32(0.0)), ("dlatent_avg", w["mapping.w_avg"]), ("epochs", np.float32(1.0))]
    empty = keywords()
    return pickled((network("G", [], empty), network("D", [], empty), network("Gs", top, keywords(**sizes), **parts)))


def rosinality(generator: Generator) -> dict[str, np.ndarray]:
    """`g_ema` of a rosinality checkpoint, by the names of that program."""
    w, found = generator.weights, {}
    for n in range(generator.config.mapping_layers):
        found[f"style.{n + 1}.weight"] = w[f"mapping.fc{n}.weight"]
        found[f"style.{n + 1}.bias"] = w[f"mapping.fc{n}.bias"]
    found["input.input"] = w["synthesis.b4.const"][None]
    convs = [f"synthesis.b{r}.{name}" for r in generator.config.resolutions for name in ("conv0", "conv1")][1:]
    for n, name in enumerate(convs):
        theirs = f"convs.{n - 1}" if n else "conv1"
        found[f"{theirs}.conv.weight"] = w[f"{name}.weight"][None]
        found[f"{theirs}.conv.modulation.weight"] = w[f"{name}.affine.weight"]
        found[f"{theirs}.conv.modulation.bias"] = w[f"{name}.affine.bias"]
        found[f"{theirs}.noise.weight"] = w[f"{name}.noise_strength"].reshape(1)
        found[f"{theirs}.activate.bias"] = w[f"{name}.bias"]
        found[f"noises.noise_{n}"] = w[f"{name}.noise_const"][None, None]
        if name.endswith("conv0"):
            found[f"{theirs}.conv.blur.kernel"] = FIR * 4
    for n, r in enumerate(generator.config.resolutions):
        name, theirs = f"synthesis.b{r}.torgb", f"to_rgbs.{n - 1}" if n else "to_rgb1"
        found[f"{theirs}.bias"] = w[f"{name}.bias"].reshape(1, -1, 1, 1)
        found[f"{theirs}.conv.weight"] = w[f"{name}.weight"][None]
        found[f"{theirs}.conv.modulation.weight"] = w[f"{name}.affine.weight"]
        found[f"{theirs}.conv.modulation.bias"] = w[f"{name}.affine.bias"]
        if n:
            found[f"{theirs}.upsample.kernel"] = FIR * 4
    return found
