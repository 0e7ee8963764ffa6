"""StyleGAN2 and StyleGAN3 as the engine draws them: where what this folder holds meets the backends."""

from liveviz import bending
from liveviz.engine.family import LISTENED_PARAMETERS, Array, DeviceStyles, Family, Hints
from liveviz.engine.stylegan.constants import Rewrite
from liveviz.engine.stylegan.rewrite import rewrite
from liveviz.engine.stylegan.view import view
from liveviz.models import Generator, GeneratorConfig
from liveviz.models.stylegan import layers2, layers3
from liveviz.spec import ParameterFrame


class StyleGan(Family):
    """StyleGAN2 listens to all but a view, StyleGAN3 to all but noise."""

    def network(self, generator: Generator) -> Rewrite:
        return rewrite(generator)

    def layers(self, config: GeneratorConfig) -> dict[int, bending.LayerShape]:
        filters: dict[int, tuple[int, ...]] = {}
        if config.is_stylegan3:
            for layer in layers3.layers(config)[:-1]:
                filters[layer.rate] = (*filters.get(layer.rate, ()), layer.outputs)
        else:
            filters = {b.resolution: (b.outputs,) * len(b.convs) for b in layers2.blocks(config)}
        bare = config.architecture == "stylegan2-resnet"  # a residual block's way around has no styles
        last = max(filters)
        return {n: bending.LayerShape(*sizes, filters[n], not bare or n == last) for n, sizes in config.layers.items()}

    def listens(self, config: GeneratorConfig) -> frozenset[str]:
        deaf = {"noise" if config.is_stylegan3 else "view"} | (set() if config.classes else {"classes"})
        return frozenset(LISTENED_PARAMETERS) - deaf

    def view(self, config: GeneratorConfig, frame: ParameterFrame) -> Array | None:
        return view(frame) if config.plane else None

    def device_styles(self, network: Rewrite, device: str) -> DeviceStyles:
        from liveviz.engine.stylegan.device import Styles  # torch, which a CPU does without

        return Styles(network, device)

    def hints(self, config: GeneratorConfig) -> Hints:
        return Hints(slow_in_bf16=config.is_stylegan3, draws_in_f32=config.is_stylegan3)


FAMILY = StyleGan()
