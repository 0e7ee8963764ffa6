"""StyleGAN3 pickles, -T and -R, and StyleGAN-XL's where its generator is a plain StyleGAN3. Names and shapes are ours; filters
come from the file, and what is designed rather than learned must be the paper's.

Source: the layout in the files themselves; Karras et al. 2021 (2106.12423) for what the layers compute.
"""

from liveviz.models.importing.source import shown
from liveviz.models.importing.weights import Weights
from liveviz.models.stylegan import layers3
from liveviz.models.stylegan.config import GeneratorConfig
from liveviz.models.stylegan.readers.nvidia import Pickle
from liveviz.models.stylegan.readers.sizes import sized
from liveviz.models.stylegan.readers.stylegan_xl import take_weights

_DESIGN = {  # argument of the synthesis network: the only value that can be played
    "first_cutoff": layers3.FIRST_CUTOFF,
    "first_stopband": layers3.FIRST_STOPBAND,
    "last_stopband_rel": layers3.LAST_STOPBAND,
    "margin_size": layers3.MARGIN_SAMPLES,
    "output_scale": layers3.OUTPUT_SCALE,
    "filter_size": layers3.FILTER_SIZE,
    "lrelu_upsampling": layers3.OVERSAMPLING_RATIO,
}


def recognises(pickle: Pickle) -> bool:
    """Whether G_ema has the modules of a StyleGAN3."""
    return "synthesis.input" in pickle.modules


def convert(pickle: Pickle) -> tuple[GeneratorConfig, Weights]:
    """Sizes and weights; LivevizError in one line for a network that is not one of ours."""
    synthesis = "synthesis"
    for name, expected in _DESIGN.items():
        pickle.require(synthesis, name, expected, pickle.option(synthesis, name, expected))
    pickle.affines()
    layers = [path for path in pickle.modules if path.startswith("synthesis.L") and path.count(".") == 1]
    if len(layers) != pickle.whole(synthesis, "num_layers") + 1:
        raise pickle.source.fail(
            f"has {len(layers)} layers, not the one more than its num_layers that a StyleGAN3 has: StyleGAN-XL's steps to a "
            "larger image put layers on top of a smaller generator, and on which bands is not in its paper"
        )
    config = sized(
        pickle.source,
        **pickle.sizes(),
        **pickle.mapping(),
        channel_base=_option(pickle, "channel_base", 32768),
        channel_max=_option(pickle, "channel_max", 512),
        num_layers=pickle.whole(synthesis, "num_layers"),
        num_critical=pickle.whole(synthesis, "num_critical"),
        num_fp16_res=pickle.whole(synthesis, "num_fp16_res"),
        conv_clamp=pickle.clamp(layers),
        architecture=f"stylegan3-{_kind(pickle)}",
    )
    for layer in layers3.layers(config):
        for name, value in (("in_cutoff", layer.cutoff[0]), ("out_cutoff", layer.cutoff[1])):
            pickle.require(layer.name, name, value, pickle.attribute(layer.name, name))
    return config, take_weights(pickle, config, {})


def _option(pickle: Pickle, name: str, default: int) -> int:
    value = pickle.option("synthesis", name, default)
    if type(value) is not int:
        raise pickle.source.fail(f"synthesis.{name}: is {shown(value)}, not a whole number")
    return value


def _kind(pickle: Pickle) -> str:
    kernel = pickle.option("synthesis", "conv_kernel", 3)
    radial = pickle.option("synthesis", "use_radial_filters", False)
    if kernel == 3 and radial is False:
        return "t"
    if kernel == 1 and radial is True:
        return "r"
    raise pickle.source.fail(f"conv_kernel {shown(kernel)} with use_radial_filters {shown(radial)}: neither -T nor -R")
