"""Bundles, names, and the generator that ships."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from heart import plain_generator, small

from liveviz.models import (
    Card,
    MappingNetwork,
    list_models,
    new,
    open_model,
    pca,
    small_config,
    write_bundle,
    write_card,
)
from liveviz.spec import LivevizError

ENGINES = Path(__file__).parents[1] / "engines"
CARD = Card("tiny", False, "CC0-1.0", 'Made by a "test"\\n', "", ("one", "zwölf"))


def bundle(folder: Path) -> Path:
    generator = plain_generator(small(16, classes=2), 3)
    write_bundle(folder / "tiny", replace(generator, card=CARD, directions=pca(generator, 500, 8)), fp16=False)
    return folder / "tiny"


def test_a_bundle_comes_back(tmp_path: Path) -> None:
    path = bundle(tmp_path)
    for name in ("tiny", path, str(path)):
        generator = open_model(name, [tmp_path / "missing", tmp_path])
        assert generator.card == CARD and generator.name == "tiny"
        assert generator.directions is not None and generator.directions.components.shape == (8, 20)
    assert list_models([tmp_path / "missing", tmp_path]) == {"tiny": path}
    assert open_model(path / "generator.safetensors", []).config == generator.config


@pytest.mark.parametrize("name", ["nobody", "", "a\0b", "x" * 5000, "../nobody"])
def test_an_unknown_name_is_answered_with_those_there_are(tmp_path: Path, name: str) -> None:
    bundle(tmp_path)
    with pytest.raises(LivevizError) as caught:
        open_model(name, [tmp_path])
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def test_an_unknown_name_lists_bundles(tmp_path: Path) -> None:
    bundle(tmp_path)
    with pytest.raises(LivevizError, match=r"'nobody'.*\(tiny\)"):
        open_model("nobody", [tmp_path])


@pytest.mark.parametrize(
    ("card", "says"),
    [
        ("trained = false", "name: is missing"),
        ('name = "a"\ntrained = 1\nlicence = "x"\norigin = "y"', "trained"),
        ('name = 3\ntrained = true\nlicence = "x"\norigin = "y"', "name: is not text"),
        ('name = "a"\ntrained = true\nlicence = "x"\norigin = "y"\nextra = 1', "extra: unknown field"),
        ('name = "a"\ntrained = true\nlicence = "x"\norigin = "y"\nclass_names = ["b"]', "2 names"),
        ("name = ", "TOML"),
        ("\xff", "TOML"),
        ("#" * 70000, "longer"),
        ("a = " + "[" * 20000, "TOML"),
    ],
)
def test_a_card_with_a_mistake(tmp_path: Path, card: str, says: str) -> None:
    (bundle(tmp_path) / "card.toml").write_bytes(card.encode("latin-1"))
    with pytest.raises(LivevizError, match=says) as caught:
        open_model("tiny", [tmp_path])
    assert "card.toml" in str(caught.value) and "\n" not in str(caught.value)


def test_a_card_that_says_other_channels(tmp_path: Path) -> None:
    write_bundle(
        tmp_path / "tiny",
        replace(new(small(16), 1), name="tiny", card=replace(CARD, class_names=(), channels="fields")),
    )
    with pytest.raises(LivevizError, match="channels: says fields, but the generator draws rgb"):
        open_model("tiny", [tmp_path])


def test_no_card(tmp_path: Path) -> None:
    (bundle(tmp_path) / "card.toml").unlink()
    with pytest.raises(LivevizError, match=r"card\.toml: cannot be read"):
        open_model("tiny", [tmp_path])


def test_names_of_directions_come_back(tmp_path: Path) -> None:
    path = bundle(tmp_path)
    named = replace(CARD, direction_names=("höhe", "", "glow"))
    write_card(path / "card.toml", named)
    assert open_model("tiny", [tmp_path]).card == named
    for wrong in ("3", "[3]", '["' + "x" * 41 + '"]'):
        write_card(path / "card.toml", CARD)
        text = (path / "card.toml").read_text("utf-8").replace("direction_names = []", f"direction_names = {wrong}")
        (path / "card.toml").write_text(text, "utf-8")
        with pytest.raises(LivevizError, match="direction_names: is not a list of names of up to 40"):
            open_model("tiny", [tmp_path])


def test_the_default_bundle() -> None:
    generator = open_model("default", [ENGINES])
    size = sum(f.stat().st_size for f in (ENGINES / "default").iterdir())
    config = generator.config
    assert (config.resolution, config.channel_base, config.channel_max, config.classes) == (128, 4096, 128, 20)
    assert config.draws_fields and generator.card is not None and generator.card.channels == "fields"
    assert size <= 8_000_000
    assert generator.card is not None and generator.card.name == "default"
    assert generator.card.trained or "untrained" in generator.card.origin
    found = generator.directions
    assert found is not None and len(found.std) >= 16
    assert found.fingerprint == generator.fingerprint, "run: liveviz model pca engines/default --method effect"
    assert (found.share > 0).all() and len(set(found.kinds(config)[:16])) == 3
    names = generator.card.direction_names
    assert len(names) >= 16 and all(names[:16]) and len(set(names)) == len(names)


def test_new_is_the_same_for_the_same_seed() -> None:
    a, b, c = (new(small(16, classes=2), seed) for seed in (1, 1, 2))
    assert a.fingerprint == b.fingerprint != c.fingerprint
    mapping, random = MappingNetwork(a), np.random.RandomState(5)
    w = mapping(random.randn(4000, 12), mapping.one_hot(random.randint(2, size=4000)))
    spread = w.std(axis=0)
    assert (np.abs(w.mean(axis=0) - mapping.w_avg) < 0.1 * spread + 1e-3).all()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_random_image_is_worth_looking_at(seed: int) -> None:
    """Not flat, not grey, mostly inside ±1, and another seed is another image."""
    import torch

    from liveviz.models.stylegan.reference import network

    torch.set_num_threads(1)
    generator = new(small_config(64, 1024, 64, 4), seed)
    mapping, net = MappingNetwork(generator), network(generator)
    w = np.stack([mapping.w(n) for n in range(6)])
    img = net.synthesis(torch.from_numpy(mapping.ws(w, 0.7))).numpy()
    assert 0.2 < img.std() < 1.5
    assert (np.abs(img) < 1).mean() > 0.6
    shown = np.clip(img, -1, 1)
    assert (shown.max(axis=1) - shown.min(axis=1)).mean() > 0.2  # colour
    assert shown.std(axis=(2, 3)).mean() > 0.1  # shapes
    assert np.abs(shown[0] - shown[1]).mean() > 0.1


def test_the_light_bundle_draws_as_wide_does() -> None:
    """From the same z, class, w and knobs nearly the same image, for a fifth of the work."""
    import torch

    from liveviz.engine import cost
    from liveviz.engine.stylegan.rewrite import rewrite
    from liveviz.learning.gan.generator import synthesize
    from liveviz.models.stylegan.reference import network

    torch.set_num_threads(1)
    light, wide = (open_model(name, [ENGINES]) for name in ("light", "wide"))
    assert sum(f.stat().st_size for f in (ENGINES / "light").iterdir()) <= 2_000_000
    assert sum(step.macs for step in cost.count(rewrite(light))) <= 0.35e9
    assert (light.config.width, light.config.height) == (wide.config.width, wide.config.height) == (224, 128)
    for name, value in light.weights.items():
        if name.startswith(("mapping.", "palette.")):
            assert np.array_equal(value, wide.weights[name]), name
    assert light.card is not None and wide.card is not None and light.card.trained
    assert light.card.class_names == wide.card.class_names
    assert light.card.direction_names == wide.card.direction_names
    assert wide.card.lighter == "light" and not light.card.lighter
    assert light.directions is not None and wide.directions is not None
    assert light.directions.fingerprint == light.fingerprint
    for part in ("components", "std", "range", "layers"):
        assert np.array_equal(getattr(light.directions, part), getattr(wide.directions, part))

    mapping = MappingNetwork(wide)
    ws = mapping.ws(np.stack([mapping.w(100 + cls, cls) for cls in range(0, 16, 4)]))
    knobs = wide.directions  # every other image with two knobs at an end of theirs
    for n, (knob, end) in enumerate(((0, 1), (5, 0), (9, 1), (2, 0))):
        step = knobs.components[knob] * knobs.std[knob] * knobs.range[knob, end]
        ws[n] += knobs.rows(wide.config.num_ws)[knob][:, None] * step * (n % 2)
    with torch.no_grad():
        theirs, ours = (synthesize(network(g), torch.from_numpy(ws)).numpy() for g in (wide, light))
    off = np.abs(theirs - ours).mean(axis=(1, 2, 3))
    other = np.abs(theirs - np.roll(ours, 1, axis=0)).mean(axis=(1, 2, 3))
    assert (off < 0.1).all() and (off < 0.3 * other).all(), (off, other)
