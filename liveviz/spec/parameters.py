"""The parameters that do not belong to a bend or a post effect: latents, truncation, noise, the picture on the stage."""

from liveviz.spec.layers import LAYER_RANGES
from liveviz.spec.registry import Parameter

PCA_KNOBS = 16

CORE_PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "latent.speed",
        0.0,
        4.0,
        1.0,
        "How fast the base latents drift through their loop; 1 as written",
        "×",
        reader="mapping",
    ),
    Parameter(
        "latent.target", 0.0, 1.0, 0.0, "How far the latents are pulled to the target pictures", reader="mapping"
    ),
    Parameter(
        "latent.chords", 0.0, 1.0, 1.0, "How much the chroma palette replaces the base on its layers", reader="mapping"
    ),
    Parameter(
        "truncation_psi", 0.0, 1.5, 0.7, "Distance from the average picture: 0 all the same, 1 as trained, above wild"
    ),
    Parameter("truncation_cutoff", 0.0, 18.0, 18.0, "How many layers truncation_psi applies to", "layers", "integer"),
    *(
        Parameter(f"pca.{i}", -3.0, 3.0, 0.0, f"Push along PCA direction {i} of the generator", "σ")
        for i in range(PCA_KNOBS)
    ),
    *(
        Parameter(f"noise_strength.{name}", 0.0, 4.0, 1.0, f"Noise on the {name} layers; 1 as trained", "×")
        for name in LAYER_RANGES
    ),
    Parameter("noise_speed", 0.0, 20.0, 0.5, "How many new noise fields per second", "1/s", reader="mapping"),
    Parameter(
        "stage.fit",
        0.0,
        2.0,
        2.0,
        "0 whole picture with black sides, 1 fills and crops, 2 mirrored sides",
        "",
        "integer",
        "post",
    ),
    Parameter("stage.blackout", 0.0, 1.0, 0.0, "Black screen", "", "toggle", "app"),
    Parameter("stage.freeze", 0.0, 1.0, 0.0, "Hold the picture", "", "toggle", "app"),
)
