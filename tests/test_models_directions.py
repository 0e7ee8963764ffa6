"""Directions: what is found in w, within the classes, and their file."""

from pathlib import Path

import numpy as np
import pytest
from heart import plain_generator, small

from liveviz.models import (
    FINDING_METHODS,
    Directions,
    Generator,
    MappingNetwork,
    pca,
    read_directions,
    row_kinds,
    write,
    write_directions,
)
from liveviz.models.directions import find
from liveviz.models.directions.file import MAX_ROWS
from liveviz.models.directions.find import cloud, reaches, seen, sefa
from liveviz.models.stylegan.family import affine_rows
from liveviz.models.tensors import save
from liveviz.spec import LivevizError

CONFIGS = {
    "stylegan2": small(64, classes=3),
    "one class": small(16, w_dim=4),
    "wide": small(64, const_height=4, const_width=8),
    "stylegan3": small(64, architecture="stylegan3-t", num_layers=6, w_dim=16, conv_clamp=256.0),
}


@pytest.fixture(scope="module", params=list(CONFIGS))
def generator(request: pytest.FixtureRequest) -> Generator:
    return plain_generator(CONFIGS[request.param], 3)


def fresh(generator: Generator, count: int, seed: int) -> np.ndarray:
    """Some w, float64, each class about its own mean: written apart from what is tested."""
    mapping, classes = MappingNetwork(generator), max(generator.config.classes, 1)
    random = np.random.RandomState(seed)
    w = np.concatenate(
        [mapping(random.randn(count, generator.config.z_dim), mapping.one_hot([k] * count)) for k in range(classes)]
    ).astype(np.float64)
    return (w.reshape(classes, count, -1) - w.reshape(classes, count, -1).mean(axis=1, keepdims=True)).reshape(
        classes * count, -1
    )


def test_pca_describes_fresh_samples_within_their_classes(generator: Generator) -> None:
    found, w = pca(generator, 6000, 20), fresh(generator, 3000, 99)
    rows = found.components.astype(np.float64)
    np.testing.assert_allclose(rows @ rows.T, np.eye(len(rows)), atol=1e-5)
    assert (np.diff(found.std) <= 1e-6).all()
    np.testing.assert_allclose((w @ rows.T).std(axis=0)[:8], found.std[:8], rtol=0.1)
    values = np.sqrt(np.maximum(np.linalg.eigvalsh(np.cov(w, rowvar=False)), 0))[::-1][: len(rows)]
    np.testing.assert_allclose(found.std[:8], values[:8], rtol=0.1)
    largest = np.abs(rows).argmax(axis=1)
    assert (rows[np.arange(len(rows)), largest] > 0).all()
    assert found.fingerprint == generator.fingerprint and found.method == "pca"
    assert (found.range[:, 0] < 0).all() and (found.range[:, 1] > 0).all() and (np.abs(found.range) <= 3).all()
    assert (found.rows(generator.config.num_ws) == 1).all()


def test_classes_differ_more_than_a_direction_says() -> None:
    """The means of the classes are far apart here, and no direction is about that."""
    generator = plain_generator(small(16, classes=3), 3)
    w = fresh(generator, 2000, 5)
    mapping, random = MappingNetwork(generator), np.random.RandomState(5)
    mixed = mapping(random.randn(6000, 12), mapping.one_hot(np.arange(6000) % 3))
    assert np.trace(np.cov(mixed, rowvar=False)) > 1.2 * np.trace(np.cov(w, rowvar=False))
    assert np.square(pca(generator, 6000, 20).std).sum() == pytest.approx(np.trace(np.cov(w, rowvar=False)), rel=0.05)


def test_streaming_changes_nothing() -> None:
    generator = plain_generator(small(16, classes=3), 3)
    whole = cloud(generator, 1001)
    rests = []
    pieces = cloud(generator, 1001, rest=lambda: rests.append(1), chunk=7)
    np.testing.assert_allclose(pieces.covariance, whole.covariance, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(pieces.sample, whole.sample, atol=1e-5)
    assert len(rests) == 143 and abs(whole.sample.mean()) < 1e-6
    with pytest.raises(ValueError, match="fewer"):
        cloud(generator, 5)


def test_sefa_is_the_closed_form(generator: Generator) -> None:
    parts = [generator.weights[f"{name}.affine.weight"] for name, _ in affine_rows(generator.config)]
    assert len(parts) == sum(name.endswith("affine.weight") for name in generator.weights)
    stacked = np.concatenate([part / np.linalg.norm(part) for part in parts]).astype(np.float64)
    found = sefa(generator, cloud(generator, 2000), 4)
    turned = np.linalg.svd(stacked)[2][: len(found.std)]
    np.testing.assert_allclose(np.abs(np.einsum("kd,kd->k", turned, found.components)), 1.0, atol=1e-3)
    assert found.method == "sefa"


def test_what_rows_do_not_read_is_not_seen() -> None:
    """Affine layers of the fine rows that read the last 5 of 20 entries alone have directions of those alone."""
    generator = plain_generator(small(64), 3)
    kinds = row_kinds(generator.config)
    assert [kinds.count(kind) for kind in range(3)] == [4, 4, 2]
    for name, row in affine_rows(generator.config):
        assert 0 <= row < 10
        if kinds[row] == 2:
            generator.weights[f"{name}.affine.weight"][:, :15] = 0.0
    found = cloud(generator, 3000)
    apart = found.covariance.copy()
    apart[:15, 15:] = apart[15:, :15] = 0.0  # else what is read goes along with what is not
    sigmas = seen(generator, find.Cloud(apart, found.sample), 8, 10, 24)
    assert len(sigmas) == 5 and np.abs(sigmas[:, :15]).max() < 1e-4
    inverse = np.linalg.inv(apart)
    np.testing.assert_allclose(sigmas @ inverse @ sigmas.T, np.eye(5), atol=1e-3)  # one sigma each, apart
    assert len(seen(generator, found, 0, 4, 24)) == 20


def test_reach_is_where_w_ends() -> None:
    random = np.random.RandomState(0)
    sample = np.stack([random.uniform(-1, 4, 4096), random.uniform(-9, 9, 4096)], axis=1).astype(np.float32)
    low, high = reaches(np.array([[2.0, 0.0]], np.float32), find.Cloud(np.eye(2), sample))[0]
    assert (low, high) == (pytest.approx(-0.5 * 1.25, rel=0.02), pytest.approx(2.0 * 1.25, rel=0.02))


def some(count: int = 3, w_dim: int = 4) -> Directions:
    random = np.random.RandomState(1)
    return Directions(
        np.eye(count, w_dim, dtype=np.float32),
        np.arange(1, count + 1, dtype=np.float32),
        np.stack([-random.rand(count) - 0.1, random.rand(count) + 0.1], axis=1).astype(np.float32),
        np.array([(n, n + 2) for n in range(count)]),
        np.full(count, 0.25, np.float32),
        "effect",
        "ab" * 32,
    )


def test_a_file_comes_back(tmp_path: Path) -> None:
    path, made = tmp_path / "d.safetensors", some()
    write_directions(path, made)
    back = read_directions(path, 4)
    for name in ("components", "std", "range", "layers", "share"):
        np.testing.assert_array_equal(getattr(back, name), getattr(made, name))
    assert (back.method, back.fingerprint) == (made.method, made.fingerprint)
    np.testing.assert_array_equal(back.rows(4), [[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]])
    with pytest.raises(LivevizError, match="expected"):
        read_directions(path, 5)
    write(path, plain_generator(small(16)))
    with pytest.raises(LivevizError):
        read_directions(path, 20)


def test_a_file_of_the_first_kind_still_plays(tmp_path: Path) -> None:
    path = tmp_path / "d.safetensors"
    save(path, {"components": np.eye(4, dtype=np.float32), "std": np.ones(4, np.float32)}, {})
    back = read_directions(path, 4)
    np.testing.assert_array_equal(back.range, [[-3, 3]] * 4)
    assert (back.rows(18) == 1).all() and (back.share == -1).all()


@pytest.mark.parametrize(
    ("changes", "about", "says"),
    [
        ({"std": -1.0}, None, "below 0"),
        ({"range": 0.5}, None, "range"),
        ({"range": -99.0}, None, "range"),
        ({"layers": -1.0}, None, "layers"),
        ({"layers": 0.5}, None, "layers"),
        ({"layers": float(MAX_ROWS + 1)}, None, "layers"),
        ({"share": 1.5}, None, "share"),
        ({"share": -0.5}, None, "share"),
        ({"share": None}, None, "share is missing"),
        ({}, "{", "JSON"),
        ({}, "[1]", "method"),
        ({}, "[" * 100_000, "JSON"),
        ({}, '{"method": "x", "fingerprint": ""}', f"none of {', '.join(FINDING_METHODS)}"),
        ({}, '{"method": ["pca"], "fingerprint": ""}', "method"),
        ({}, '{"method": "pca", "fingerprint": 3}', "fingerprint"),
    ],
)
def test_a_hostile_file(tmp_path: Path, changes: dict, about: str | None, says: str) -> None:
    made, path = some(), tmp_path / "d.safetensors"
    tensors = {n: np.asarray(getattr(made, n), np.float32) for n in ("components", "std", "range", "layers", "share")}
    for name, value in changes.items():
        if value is None:
            del tensors[name]
        else:
            tensors[name] = np.full_like(tensors[name], value)
    save(path, tensors, {} if about is None else {"liveviz.directions": about})
    with pytest.raises(LivevizError, match=says) as caught:
        read_directions(path, 4)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300
