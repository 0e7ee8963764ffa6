"""The parameters that do not belong to a bend or a post effect: latents, truncation, noise, the picture on the stage."""

from liveviz.spec.layers import LAYER_RANGES
from liveviz.spec.registry import Parameter

PCA_KNOBS = 16
PCA_END = 3.0  # where a knob reaches the end of its direction's safe range
WS_ROWS = 34  # the most that the ws of a generator has; 14 at 256 pixels, 18 at 1024

CORE_PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "latent.speed",
        0.0,
        4.0,
        1.0,
        "How fast the base latents drift through their loop; 1 as written",
        "×",
    ),
    Parameter("latent.target", 0.0, 1.0, 0.0, "How far the latents are pulled to the target pictures"),
    Parameter("latent.other", 0.0, 1.0, 0.0, "How far the second loop of images takes the place of the first"),
    Parameter("latent.chords", 0.0, 1.0, 1.0, "How much the chroma palette replaces the base on its layers"),
    Parameter(
        "truncation_psi",
        0.0,
        1.5,
        0.7,
        "Distance from the average picture: 0 all the same, 1 as trained, above wild",
        rows="instead",
    ),
    Parameter("truncation_cutoff", 0.0, 18.0, 18.0, "How many layers truncation_psi applies to", "layers", "integer"),
    *(
        Parameter(
            f"pca.{i}",
            -PCA_END,
            PCA_END,
            0.0,
            f"Push along direction {i} of the generator; the ends are its safe range",
            rows="add",
        )
        for i in range(PCA_KNOBS)
    ),
    *(
        Parameter(f"noise_strength.{name}", 0.0, 4.0, 1.0, f"Noise on the {name} layers; 1 as trained", "×")
        for name in LAYER_RANGES
    ),
    Parameter("view.zoom", 0.25, 4.0, 1.0, "StyleGAN3 only: how close its endless plane is; 2 is twice as close", "×"),
    Parameter("view.rotate", -1.0, 1.0, 0.0, "StyleGAN3 only: turn its plane clockwise, in full turns", "turns"),
    Parameter("view.x", -2.0, 2.0, 0.0, "StyleGAN3 only: move its plane right, in picture widths"),
    Parameter("view.y", -2.0, 2.0, 0.0, "StyleGAN3 only: move its plane down, in picture widths"),
    Parameter("noise_speed", 0.0, 20.0, 0.5, "How many new noise fields per second", "1/s"),
    Parameter("noise_mask", 0.0, 1.0, 1.0, "How far the mapping's noise mask holds the noise back where it is dark"),
    Parameter(
        "stage.fit",
        0.0,
        2.0,
        2.0,
        "0 whole picture with black sides, 1 fills and crops, 2 mirrored sides",
        "",
        "integer",
    ),
    Parameter("stage.blackout", 0.0, 1.0, 0.0, "Black screen", "", "toggle"),
    Parameter("stage.freeze", 0.0, 1.0, 0.0, "Hold the picture", "", "toggle"),
)
