"""Generator files: what is written is read, also by others; what is hostile is refused in one line."""

import json
import struct
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from heart import plain_generator, small
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liveviz.models import GeneratorConfig, read, write
from liveviz.models.files import METADATA_KEY
from liveviz.spec import LivevizError

CONFIG = small(16, channel_base=128, channel_max=4, z_dim=4, w_dim=4, classes=2)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("good") / "good.safetensors"
    write(path, plain_generator(CONFIG))
    return path.read_bytes()


def parts(data: bytes) -> tuple[dict, bytes]:
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def joined(header: dict | bytes, body: bytes) -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + body


def refuse(path: Path, data: bytes) -> str:
    """The one line with which these bytes are refused."""
    path.write_bytes(data)
    start = time.monotonic()
    with pytest.raises(LivevizError) as caught:
        read(path)
    assert time.monotonic() - start < 5.0  # a hang guard; it takes milliseconds
    line = str(caught.value)
    assert path.name in line and "\n" not in line and len(line) < 400 + len(str(path))
    return line


@pytest.mark.parametrize("fp16", [False, True])
def test_what_is_written_is_read_and_the_safetensors_library_agrees(tmp_path: Path, fp16: bool) -> None:
    generator, path = plain_generator(CONFIG), tmp_path / "g.safetensors"
    write(path, generator, fp16)
    back, theirs = read(path), safetensors.numpy.load_file(path)
    assert back.config == CONFIG
    assert set(back.weights) == set(theirs) == set(CONFIG.shapes())
    for name, weight in generator.weights.items():
        expected = weight.astype(np.float16 if fp16 else np.float32)
        np.testing.assert_array_equal(theirs[name], expected)
        np.testing.assert_array_equal(back.weights[name], expected.astype(np.float32))
        assert back.weights[name].dtype == np.float32
    assert [p.name for p in tmp_path.iterdir()] == ["g.safetensors"]


def test_a_file_of_the_safetensors_library_is_read(tmp_path: Path) -> None:
    generator, path = plain_generator(CONFIG), tmp_path / "g.safetensors"
    metadata = {METADATA_KEY: json.dumps(CONFIG.as_dict()), "other": "text"}
    safetensors.numpy.save_file(dict(generator.weights), path, metadata)
    for name, weight in read(path).weights.items():
        np.testing.assert_array_equal(weight, generator.weights[name])


def test_the_fingerprint_is_of_the_weights(tmp_path: Path) -> None:
    a, b, path = plain_generator(CONFIG, 1), plain_generator(CONFIG, 2), tmp_path / "g.safetensors"
    write(path, a)
    assert read(path).fingerprint == a.fingerprint != b.fingerprint


def test_a_value_too_large_for_float16_is_named(tmp_path: Path) -> None:
    generator = plain_generator(CONFIG)
    generator.weights["mapping.w_avg"][0] = 1e6  # type: ignore[index]
    with pytest.raises(LivevizError, match=r"mapping\.w_avg does not fit F16"):
        write(tmp_path / "g.safetensors", generator, fp16=True)
    assert not list(tmp_path.iterdir())


def test_unwritable_folder(tmp_path: Path) -> None:
    with pytest.raises(LivevizError, match="cannot be written"):
        write(tmp_path / "no" / "g.safetensors", plain_generator(CONFIG))


def test_cut_at_any_length(tmp_path: Path, good: bytes) -> None:
    lengths = [*range(0, 40), *range(40, len(good), max(len(good) // 40, 1)), len(good) - 1]
    for length in lengths:
        refuse(tmp_path / "cut.safetensors", good[:length])
    assert "cut" in refuse(tmp_path / "cut.safetensors", good[: len(good) // 2])
    assert "too many" in refuse(tmp_path / "long.safetensors", good + b"x")


@pytest.mark.parametrize(
    "data",
    [
        b"this is a text file, and not a short one at that",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", (1 << 20) + 1) + bytes(1 << 21),
        joined(b"[" * 100000, b""),
        joined(b'{"a":' * 50000, b""),
        joined(b"\xff\xfe\xfd{}", b""),
        joined(b"[1, 2]", b""),
        joined(b"{}", b""),
        joined(b'{"__metadata__": 3}', b""),
        joined(b'{"__metadata__": {"a": 3}}', b""),
        joined(json.dumps({f"t{n}": {} for n in range(5000)}).encode(), b""),
    ],
)
def test_not_a_generator_file(tmp_path: Path, data: bytes) -> None:
    refuse(tmp_path / "bad.safetensors", data)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.safetensors", tmp_path):
        with pytest.raises(LivevizError, match="cannot be read"):
            read(path)


NAME = "synthesis.b16.conv1.weight"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda h: h.pop(NAME), "expected"),
        (lambda h: h[NAME].update(shape=[4, 4, 9]), "shape"),
        (lambda h: h[NAME].update(shape=[-4, -4, 3, 3]), "sizes"),
        (lambda h: h[NAME].update(shape=[4, 4, 3, 3.0]), "sizes"),
        (lambda h: h[NAME].update(shape=[True] * 4), "sizes"),
        (lambda h: h[NAME].update(shape="4433"), "sizes"),
        (lambda h: h[NAME].update(shape=[2**39, 2**39, 2**39, 1]), "fit"),
        (lambda h: h[NAME].update(shape=[1] * 20), "sizes"),
        (lambda h: h[NAME].update(dtype="I64"), "F32"),
        (lambda h: h[NAME].update(dtype=["F32"]), "F32"),
        (lambda h: h[NAME].update(dtype={}), "F32"),
        (lambda h: h[NAME].update(data_offsets=[0, 576]), "starts"),
        (lambda h: h[NAME].update(data_offsets=[0]), "positions"),
        (lambda h: h[NAME].update(data_offsets=[10**15, 10**15 + 576]), "sizes|positions"),
        (lambda h: h[NAME].update(extra=1), "exactly"),
        (lambda h: h.update({NAME: 5}), "exactly"),
        (lambda h: h.update(more={"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}), "does not belong"),
        (lambda h: h.pop("__metadata__"), "no generator"),
        (lambda h: h["__metadata__"].update({METADATA_KEY: "{"}), "JSON"),
        (lambda h: h["__metadata__"].update({METADATA_KEY: "[" * 100000}), "JSON"),
        (lambda h: h["__metadata__"].update({METADATA_KEY: "[]"}), "table"),
    ],
)
def test_a_header_that_lies(tmp_path: Path, good: bytes, change, says: str) -> None:  # type: ignore[no-untyped-def]
    import re

    header, body = parts(good)
    change(header)
    assert re.search(says, refuse(tmp_path / "lie.safetensors", joined(header, body)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("resolution", 2**40),
        ("resolution", 24),
        ("resolution", "16"),
        ("resolution", 16.0),
        ("resolution", True),
        ("channel_max", -1),
        ("channel_base", 8),
        ("z_dim", 0),
        ("classes", 10**9),
        ("img_channels", 2),
        ("mapping_lr", float("nan")),
        ("conv_clamp", 0.0),
        ("conv_clamp", "x"),
        ("architecture", "stylegan9"),
        ("architecture", ["stylegan2-skip"]),
        ("w_dim", 5),
        ("widths", [4, 4]),
        ("widths", [4, 4, 0]),
        ("widths", [4, 4, 4.0]),
        ("widths", "444"),
        ("widths", {"4": 4}),
        ("widths", [[4], 4, 4]),
        ("widths", [4, 4, 5]),
    ],
)
def test_a_config_that_lies(tmp_path: Path, good: bytes, field: str, value: object) -> None:
    header, body = parts(good)
    config = json.loads(header["__metadata__"][METADATA_KEY])
    header["__metadata__"][METADATA_KEY] = json.dumps(config | {field: value})
    line = refuse(tmp_path / "lie.safetensors", joined(header, body))
    assert field in line or "shape" in line


def test_channels_that_keep_to_no_rule(tmp_path: Path) -> None:
    config = replace(CONFIG, widths=(3, 7, 5))
    write(tmp_path / "g.safetensors", plain_generator(config))
    back = read(tmp_path / "g.safetensors")
    assert back.config == config and [back.config.channels(r) for r in (4, 8, 16)] == [3, 7, 5]
    assert back.weights["synthesis.b8.conv0.weight"].shape == (7, 3, 3, 3)
    assert "widths" not in CONFIG.as_dict()  # older files, and their fingerprints, stay what they were
    with pytest.raises(LivevizError, match="widths"):
        replace(config, architecture="stylegan3-t", num_layers=4, num_critical=1)


def test_config_fields_missing_and_unknown(tmp_path: Path, good: bytes) -> None:
    header, body = parts(good)
    config = json.loads(header["__metadata__"][METADATA_KEY])
    header["__metadata__"][METADATA_KEY] = json.dumps({k: v for k, v in config.items() if k != "z_dim"})
    assert "z_dim" in refuse(tmp_path / "a.safetensors", joined(header, body))
    header["__metadata__"][METADATA_KEY] = json.dumps(config | {"turbo": 1})
    assert "turbo" in refuse(tmp_path / "a.safetensors", joined(header, body))


def test_a_name_twice(tmp_path: Path, good: bytes) -> None:
    header, body = parts(good)
    raw = json.dumps(header)
    twice = raw[:-1] + f', "{NAME}": {json.dumps(header[NAME])}}}'
    assert "twice" in refuse(tmp_path / "twice.safetensors", joined(twice.encode(), body))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_values_that_are_not_finite(tmp_path: Path, good: bytes, value: float) -> None:
    header, body = parts(good)
    begin = header[NAME]["data_offsets"][0]
    bad = body[:begin] + struct.pack("<f", value) + body[begin + 4 :]
    line = refuse(tmp_path / "nan.safetensors", joined(header, bad))
    assert NAME in line and "finite" in line


@settings(
    derandomize=True, max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=6))
def test_any_damage_is_refused_or_harmless(tmp_path: Path, good: bytes, changes: list[tuple[int, int]]) -> None:
    data = bytearray(good)
    for position, value in changes:
        data[position % len(data)] = value
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(data)
    try:
        generator = read(path)
    except LivevizError as error:
        assert "\n" not in str(error)
    else:
        assert {n: w.shape for n, w in generator.weights.items()} == generator.config.shapes()
        assert all(np.isfinite(w).all() for w in generator.weights.values())


def test_sizes_of_the_papers_configuration() -> None:
    """The 1024x1024 generator of the paper has 30.4 M parameters (Karras et al. 2020, table 1), without noise maps."""
    config = GeneratorConfig(1024)
    noise = sum(np.prod(s, dtype=int) for n, s in config.shapes().items() if n.endswith(("noise_const", "w_avg")))
    assert config.num_ws == 18
    assert 30.0e6 < config.parameters - noise < 30.8e6
