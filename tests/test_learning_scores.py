"""Scores against closed forms, edges against steps of a known blur, feature files against what may be in a file, and the
command as a user meets it."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from liveviz.cli.main import make_parser
from liveviz.learning.edges import edge_widths
from liveviz.learning.feature_training import damaged, train_features, vicreg
from liveviz.learning.features import (
    METADATA_KEY,
    SHIPPED_FILE,
    FeatureConfig,
    FeatureNetwork,
    read_features,
    write_features,
)
from liveviz.learning.measure import FeatureNetworks, held_out
from liveviz.learning.scores import frechet, kernel, neighbours, scores
from liveviz.models import new, small_config, write
from liveviz.spec import LivevizError

D = 6


def normal(count: int, seed: int, mean: float = 0.0, deviation: float = 1.0) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return mean + deviation * torch.randn(count, D, generator=random, dtype=torch.float64)


def whitened(count: int, seed: int) -> torch.Tensor:
    """Mean 0 and covariance 1 exactly."""
    x = normal(count, seed)
    x = x - x.mean(dim=0)
    return x @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(x.T))).T


def test_frechet_of_gaussians() -> None:
    a = whitened(500, 1)
    scale, move = torch.tensor([1.0, 2.0, 0.5, 1.0, 3.0, 1.0]).double(), torch.arange(D) / 3.0
    wanted = float(move.square().sum() + (scale - 1.0).square().sum())  # both covariances are diagonal
    assert frechet(a, a * scale + move) == pytest.approx(wanted, rel=1e-6)
    turn = torch.linalg.qr(normal(D, 3)).Q  # it does not depend on the axes
    assert frechet(a @ turn, (a * scale + move) @ turn) == pytest.approx(wanted, rel=1e-6)
    assert frechet(a, a) == pytest.approx(0.0, abs=1e-6)


def test_kernel_is_unbiased_and_right_for_a_constant() -> None:
    found = [kernel(normal(60, n), normal(60, 100 + n)) for n in range(40)]
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(40) and np.min(found) < 0 < np.max(found)
    ones = torch.ones(20, D).double()
    assert kernel(ones, ones * 3.0) == pytest.approx(2.0**3 + 10.0**3 - 2 * 4.0**3)


def test_neighbours() -> None:
    real, same, far = normal(400, 1), normal(400, 2), normal(400, 3, mean=50.0)
    precision, recall, density, coverage = neighbours(real, same)
    assert precision > 0.6 and recall > 0.6 and 0.9 < density < 1.1
    assert coverage == pytest.approx(1.0 - 0.5**5, abs=0.02)  # the papers' expectation for equal distributions
    assert neighbours(real, far) == (0.0, 0.0, 0.0, 0.0)
    both = torch.cat([real[:200], far[:200]])  # one of two modes is drawn
    precision, recall, density, coverage = neighbours(both, same)
    assert precision > 0.6 and recall < 0.6 and coverage < 0.55
    one = same[:1].repeat(400, 1) + 1e-6 * normal(400, 5)  # always the same image
    assert scores(real, one).coverage < 0.1 and scores(real, one).recall == 0.0


def test_neighbours_are_those_of_the_papers() -> None:
    """Definitions written out, image by image (Kynkäänniemi et al. 2019, eq. 1-3; Naeem et al. 2020, eq. 3-6)."""
    real, made = normal(40, 1).numpy(), normal(30, 2, mean=0.8, deviation=0.7).numpy()

    def distance(a: np.ndarray, b: np.ndarray) -> float:
        return float(sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) ** 0.5)

    def radius(of: np.ndarray, n: int, k: int) -> float:
        return sorted(distance(of[n], other) for m, other in enumerate(of) if m != n)[k - 1]

    def within(a: np.ndarray, of: np.ndarray, n: int, k: int) -> bool:
        return distance(a, of[n]) <= radius(of, n, k)

    precision = np.mean([any(within(y, real, n, 3) for n in range(40)) for y in made])
    recall = np.mean([any(within(x, made, n, 3) for n in range(30)) for x in real])
    density = sum(within(y, real, n, 5) for y in made for n in range(40)) / (5 * 30)
    coverage = np.mean([any(within(y, real, n, 5) for y in made) for n in range(40)])
    found = neighbours(torch.from_numpy(real), torch.from_numpy(made))
    assert found == pytest.approx((precision, recall, density, coverage), abs=1e-12)
    assert len({round(float(x), 3) for x in found}) == 4 and min(found) > 0.1


@pytest.mark.parametrize(("n", "m", "k"), [(60, 60, 5), (120, 40, 5)])
def test_coverage_and_density_of_equal_distributions(n: int, m: int, k: int) -> None:
    """Naeem et al. 2020, lemmas 1 and 2: density is 1, coverage 1 - (n-1)...(n-k) / ((n+m-1)...(n+m-k))."""
    found = [neighbours(normal(n, seed), normal(m, 1000 + seed))[2:] for seed in range(60)]
    density, coverage = np.mean(found, axis=0)
    missed = np.prod([(n - i) / (n + m - i) for i in range(1, k + 1)])
    assert density == pytest.approx(1.0, abs=0.05) and coverage == pytest.approx(1.0 - missed, abs=0.02)


def test_frechet_depends_on_the_count() -> None:
    few, many = (np.mean([frechet(normal(n, s), normal(n, 500 + s)) for s in range(20)]) for n in (50, 400))
    assert few / many == pytest.approx(8.0, rel=0.15)  # as 1 / count


def test_the_kernel_does_not_depend_on_the_count() -> None:
    """Its expectation for two Gaussians, by hand: x.y / d of x ~ N(a, 1), y ~ N(b, 1) has mean ab, variance
    (1 + a^2 + b^2) / d and third cumulant 6ab / d^2."""

    def cube(a: float, b: float) -> float:
        return (1 + a * b) ** 3 + 3 * (1 + a * b) * (1 + a * a + b * b) / D + 6 * a * b / D**2

    wanted = cube(0.0, 0.0) + cube(0.5, 0.5) - 2 * cube(0.0, 0.5)
    for count, times in ((20, 150), (200, 20)):
        found = [kernel(normal(count, s), normal(count, 500 + s, mean=0.5)) for s in range(times)]
        assert np.mean(found) == pytest.approx(wanted, abs=3 * np.std(found) / times**0.5)


@pytest.mark.parametrize("sigma", [0.0, 1.5, 3.0])
@pytest.mark.parametrize("contrast", [0.2, 1.6])
@pytest.mark.parametrize("turned", [False, True])
def test_edge_widths_of_blurred_steps(sigma: float, contrast: float, turned: bool) -> None:
    x = torch.arange(64) + 0.5
    step = 0.5 * contrast * torch.erf((x - 32.0) / (max(sigma, 1e-3) * 2.0**0.5))
    image = step.expand(1, 3, 64, 64)
    image = torch.cat([image, 0.2 * image + 0.1])  # the contrast does not matter
    found = edge_widths(image.transpose(2, 3) if turned else image)
    wanted = (2.0 * np.pi * (sigma**2 + 1.0 / 12.0)) ** 0.5 if sigma else 1.0  # a pixel is a mean over its width
    assert found.tolist() == pytest.approx([wanted] * 2, rel=0.03)


def test_shipped_features_see_what_is_wrong() -> None:
    """Damage of any kind is farther from the real images than other real images are."""
    eye = FeatureNetworks()
    assert SHIPPED_FILE.stat().st_size < 3 << 20
    real, other = eye.see(held_out("pictures:5", (64, 64), 192).parts).halves()
    base = scores(real.vectors, other.vectors)
    assert base.coverage > 0.8 and base.precision > 0.5
    images = torch.from_numpy(np.concatenate(list(held_out("pictures:6", (64, 64), 96).parts))).float() / 127.5 - 1.0
    for kind in range(3):
        levels = torch.zeros(96, 3)
        levels[:, kind] = 0.7
        bad = damaged(images, levels, torch.Generator().manual_seed(1)).clamp(-1, 1)
        with torch.no_grad():
            worse = scores(real.vectors, eye.networks[0].vectors(bad))
        assert worse.frechet > 1.15 * base.frechet, kind
    again = eye.see(held_out("pictures:5", (64, 64), 192).parts)
    assert torch.equal(again.vectors[:96], real.vectors)


def test_held_out_images_of_wide_generators_are_wide() -> None:
    held = held_out("pictures:3", (56, 32), 5, ("lotus", "dunes"))
    assert next(held.parts).shape == (5, 3, 32, 56)
    assert held.names == ("lotus", "dunes") and held.classes == [0, 1, 0, 1, 0]


SMALL = FeatureConfig((4, 8), side=32, origin="a test")


def small_file(path: Path, seed: int = 0) -> Path:
    torch.manual_seed(seed)
    write_features(path, FeatureNetwork(SMALL))
    return path


def test_two_feature_files_are_joined(tmp_path: Path) -> None:
    files = [small_file(tmp_path / "a.safetensors", 1), small_file(tmp_path / "b.safetensors", 2)]
    part = np.random.RandomState(0).randint(0, 256, (9, 3, 40, 40)).astype(np.uint8)
    both = FeatureNetworks(files).see(iter([part])).vectors
    assert both.shape == (9, 24)
    for n, file in enumerate(files):
        torch.testing.assert_close(FeatureNetworks([file]).see(iter([part])).vectors, both[:, 12 * n : 12 * n + 12])


def tampered(path: Path, **config: object) -> Path:
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    table = json.loads(header["__metadata__"][METADATA_KEY]) | config
    header["__metadata__"] = {METADATA_KEY: json.dumps(table)}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + raw[8 + length :])
    return path


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"widths": [4, 9]}, "shape"),
        ({"widths": [4]}, "2 to 6 stages"),
        ({"widths": [2048, 2048, 2048]}, "at most"),
        ({"widths": "ab"}, "whole numbers"),
        ({"widths": 7}, "its config is not"),
        ({"blocks": True}, "blocks"),
        ({"side": 1e9}, "side"),
        ({"colour": 1}, "its config is not"),
    ],
)
def test_a_foreign_feature_file_is_refused(tmp_path: Path, config: dict, says: str) -> None:
    path = tampered(small_file(tmp_path / "f.safetensors"), **config)
    with pytest.raises(LivevizError, match=says) as caught:
        read_features(path)
    assert "\n" not in str(caught.value) and "f.safetensors" in str(caught.value)


def test_a_cut_feature_file_and_one_of_something_else_are_refused(tmp_path: Path) -> None:
    path = small_file(tmp_path / "f.safetensors")
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(LivevizError, match="is cut"):
        read_features(path)
    write(tmp_path / "g.safetensors", new(small_config(16, 256, 16), 0))
    with pytest.raises(LivevizError, match="is no feature network"):
        read_features(tmp_path / "g.safetensors")


def test_features_are_learned_and_folding_changes_nothing(tmp_path: Path) -> None:
    losses: list[float] = []
    train_features(tmp_path / "f.safetensors", steps=3, count=64, report=lambda n, loss: losses.append(loss))
    made = read_features(tmp_path / "f.safetensors")
    assert len(losses) == 3 and np.isfinite(losses).all()
    vectors = made.vectors(torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(0)))
    assert vectors.shape == (4, 360) and torch.isfinite(vectors).all()


def test_vicreg() -> None:
    random = torch.Generator().manual_seed(0)
    spread = whitened(400, 1).float()
    assert vicreg(spread, spread).item() < 0.05  # alike, spread out, independent: nothing to do
    assert vicreg(spread, spread + 1.0).item() == pytest.approx(25.0, abs=0.1)
    flat = 0.01 * torch.randn(400, D, generator=random)
    assert vicreg(flat, flat).item() > 20.0  # all the same: collapse


def test_score_command(liveviz, tmp_path: Path) -> None:
    write(tmp_path / "m.safetensors", new(small_config(32, 256, 16), 1))
    random = np.random.RandomState(1)
    for n in range(20):
        Image.fromarray(random.randint(0, 256, (40, 50, 3)).astype(np.uint8)).save(tmp_path / f"{n}.png")
    (tmp_path / "broken.png").write_bytes(b"no image")
    words = ["model", "score", tmp_path / "m.safetensors", tmp_path, "--count", "40", "--json", tmp_path / "s.json"]
    done = liveviz(*words)
    assert done.returncode == 0, done.stderr
    assert "left out" in done.stderr and "broken.png" in done.stderr
    found = json.loads((tmp_path / "s.json").read_text())
    names = {"frechet", "kernel", "precision", "recall", "density", "coverage", "sharpness"}
    assert names <= set(found) and names <= set(found["real"]) and found["count"] == 10
    assert found["coverage"] < 0.5 < found["real"]["coverage"] and found["frechet"] > found["real"]["frechet"]
    for wrong, says in (
        (["nowhere"], "no such folder"),
        (["pictures:x"], "a seed from 0"),
        (["pictures:1", "--count", "3"], "8 to 10000"),
    ):
        args = make_parser("model").parse_args(["model", "score", str(tmp_path / "m.safetensors"), *wrong])
        with pytest.raises(LivevizError, match=says):
            args.run(args)
