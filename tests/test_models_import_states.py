"""Generators as people save them: tables of tensors under any name, behind any prefix, in half or bfloat16, inside the
checkpoints of Lightning and accelerate."""

import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from foreign_files import generator_module, rosinality, stylegan
from heart import plain_generator
from import_kit import ROSINALITY, STYLEGAN2, STYLEGAN3, assert_same
from pickle_writer import Do, pickled

from liveviz.models import Generator, open_model
from liveviz.models.importing import import_file
from liveviz.spec import LivevizError

Table = dict[str, torch.Tensor]


def tensors(values: Mapping[str, np.ndarray], dtype: torch.dtype = torch.float32) -> Table:
    return {name: torch.from_numpy(np.array(value, np.float32)).to(dtype) for name, value in values.items()}


def under(prefix: str, table: Table) -> Table:
    return {prefix + name: value for name, value in table.items()}


def other(table: Table) -> Table:
    """A network of the same shapes with other numbers: what is trained, not what is drawn with."""
    return {name: value + 1.0 if value.ndim > 1 and "kernel" not in name else value for name, value in table.items()}


WANTED = plain_generator(ROSINALITY["small"], 5)
AVERAGE = torch.from_numpy(np.array(WANTED.weights["mapping.w_avg"]))
EMA = tensors(rosinality(WANTED))
LIGHTNING = {
    "epoch": 3,
    "global_step": 1000,
    "pytorch-lightning_version": "2.5.0",
    "loops": {"fit_loop": {"state_dict": {}}},
    "callbacks": {"ModelCheckpoint{'monitor': None}": {"best_model_score": torch.tensor(1.0), "dirpath": "x"}},
    "optimizer_states": [{"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"lr": 0.002, "params": [0]}]}],
    "lr_schedulers": [],
    "hyper_parameters": {"size": 32, "path": Path("data")},
}
PLACES: dict[str, tuple[Any, str]] = {  # what is saved, where the kind says it was
    "g alone": ({"g": EMA, "latent_avg": AVERAGE}, "'g'"),
    "bare": ({**EMA, "latent_avg": AVERAGE}, "a bare table"),
    "module.": (under("module.", EMA), "'module'"),
    "g_ema behind module.": ({"g": other(EMA), "g_ema": under("module.", EMA)}, "'g_ema.module'"),
    "_orig_mod.": (under("_orig_mod.module.", EMA), "'_orig_mod.module'"),
    "ema": ({"G": other(EMA), "ema": EMA}, "'ema'"),
    "params_ema": ({"params": other(EMA), "params_ema": EMA}, "'params_ema'"),
    "decoder": ({"state_dict": under("decoder.", EMA), "latent_avg": AVERAGE}, "'state_dict.decoder'"),
    "Lightning": (
        {**LIGHTNING, "state_dict": under("generator.", other(EMA)) | under("generator_ema.", EMA)},
        "generator_ema",
    ),
    "Lightning's averaging": ({**LIGHTNING, "state_dict": EMA, "current_model_state": other(EMA)}, "'state_dict'"),
    "ema_pytorch": (
        under("online_model.", other(EMA))
        | under("ema_model.", EMA)
        | {"initted": torch.tensor(True), "step": torch.tensor(4)},
        "'ema_model'",
    ),
    "torch's averaged model": ({"n_averaged": torch.tensor(7)} | under("module.", EMA), "'module'"),
    "in a list": ({"models": [{"weights": EMA}]}, "'models.0.weights'"),
}


def save(path: Path, value: object) -> Path:
    torch.save(value, path)
    return path


def same(made: Generator, wanted: Generator) -> None:
    for name, value in wanted.weights.items():
        if name != "mapping.w_avg":
            np.testing.assert_allclose(made.weights[name], value, rtol=0, atol=3e-7, err_msg=name)


@pytest.mark.parametrize("place", PLACES)
def test_a_network_is_found_wherever_it_lies(place: str, tmp_path: Path) -> None:
    saved, where = PLACES[place]
    made, kind = import_file(save(tmp_path / "theirs.ckpt", saved))
    same(made, WANTED)
    assert kind.startswith("StyleGAN2 by rosinality, from ") and where in kind
    if "latent_avg" in saved:
        np.testing.assert_array_equal(made.weights["mapping.w_avg"], WANTED.weights["mapping.w_avg"])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_other_precisions_are_read_to_their_last_bit(dtype: torch.dtype, tmp_path: Path) -> None:
    values = rosinality(WANTED)
    made, _ = import_file(
        save(tmp_path / "theirs.pt", {"g_ema": tensors(values, dtype), "latent_avg": AVERAGE.to(dtype)})
    )
    for name, theirs in (
        ("synthesis.b8.conv0.weight", "convs.0.conv.weight"),
        ("mapping.fc1.weight", "style.2.weight"),
    ):
        expected = tensors(values, dtype)[theirs].float().numpy().reshape(made.weights[name].shape)
        np.testing.assert_array_equal(made.weights[name], expected)


STATES = STYLEGAN2 | {name: STYLEGAN3[name] for name in ("t", "r, classes, grey")}


@pytest.mark.parametrize("name", STATES)
def test_nvidias_networks_as_tables_of_tensors(name: str, tmp_path: Path) -> None:
    config = STATES[name]
    wanted = plain_generator(config, 6)
    table = tensors(wanted.weights)
    if not config.is_stylegan3:
        fir = torch.outer(torch.tensor([1.0, 3.0, 3.0, 1.0]), torch.tensor([1.0, 3.0, 3.0, 1.0])) / 64
        table |= {f"synthesis.b{r}.conv1.resample_filter": fir for r in config.resolutions}
    for saved in (table, {"G": other(table), "G_ema": under("module.", table)}):
        made, kind = import_file(save(tmp_path / "theirs.pt", saved))
        assert made.config.shapes() == wanted.config.shapes()
        assert (made.config.architecture, made.config.classes) == (config.architecture, config.classes)
        assert (made.config.mapping_lr, made.config.conv_clamp) == (0.01, 256.0)  # what a table does not say
        for weight, value in wanted.weights.items():
            np.testing.assert_array_equal(made.weights[weight], value)
        assert kind.startswith("StyleGAN3" if config.is_stylegan3 else "StyleGAN2")


def test_a_pickle_with_its_training_network_alone(tmp_path: Path) -> None:
    wanted = plain_generator(STYLEGAN2["skip"], 7)
    module = generator_module(wanted)
    for value in ({"G": module, "D": None}, {"ema": module}, module):
        (tmp_path / "theirs.pkl").write_bytes(pickled(value))
        made, kind = import_file(tmp_path / "theirs.pkl")
        assert_same(made, wanted)
        assert kind == "StyleGAN2"
    (tmp_path / "theirs.pkl").write_bytes(stylegan(wanted))
    assert_same(import_file(tmp_path / "theirs.pkl")[0], wanted)


def test_networks_that_torch_wrapped_for_many_cards(tmp_path: Path) -> None:
    wanted = plain_generator(STYLEGAN2["skip"], 7)
    state = {"_modules": {"module": generator_module(wanted)}, "_parameters": {}, "_buffers": {}}
    wrapped = Do("torch.nn.parallel.distributed DistributedDataParallel", (), state, new=True)
    (tmp_path / "theirs.pkl").write_bytes(pickled({"G_ema": wrapped}))
    assert_same(import_file(tmp_path / "theirs.pkl")[0], wanted)


def container(path: Path, table: Table, dtype: str) -> Path:
    """A safetensors file as everybody's library writes it."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, value in table.items():
        kinds = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
        data = value.to(kinds[dtype]).contiguous().view(torch.uint8 if value.ndim else torch.float32)
        raw = data.numpy().tobytes() if value.ndim else value.float().numpy().tobytes()
        header[name] = {
            "dtype": dtype if value.ndim else "F32",
            "shape": list(value.shape),
            "data_offsets": [len(body), len(body) + len(raw)],
        }
        body += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)
    return path


@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16"])
def test_safetensors_of_other_programs(dtype: str, tmp_path: Path) -> None:
    path = container(tmp_path / "model.safetensors", under("module.", EMA), dtype)
    made = open_model(path, [])
    kind = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}[dtype]
    expected = EMA["convs.0.conv.weight"].to(kind).float().numpy()[0]
    np.testing.assert_array_equal(made.weights["synthesis.b8.conv0.weight"], expected)


def test_a_folder_that_accelerate_wrote(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint-1000"
    folder.mkdir()
    save(folder / "optimizer.bin", {"state": {0: {"step": torch.tensor(2.0)}}, "param_groups": []})
    container(folder / "model.safetensors", other(EMA), "F32")
    same(open_model(folder, []), plain_other())
    save(folder / "custom_checkpoint_0.pkl", under("ema_model.", EMA))  # what was registered beside the model
    same(open_model(folder, []), WANTED)
    for path in folder.iterdir():
        path.unlink()
    save(folder / "optimizer.bin", {"state": {}})
    with pytest.raises(LivevizError) as told:
        open_model(folder, [])
    assert (
        "generator.safetensors" in str(told.value)
        and "optimizer.bin" in str(told.value)
        and "\n" not in str(told.value)
    )


def plain_other() -> Generator:
    """The mapping network of `WANTED` as `other` leaves it."""
    layers = {name: value for name, value in WANTED.weights.items() if name.startswith("mapping.fc")}
    return Generator(WANTED.config, {n: v + 1.0 if n.endswith("weight") else v for n, v in layers.items()}, "other")


REFUSED: dict[str, tuple[Callable[[], object], tuple[str, ...]]] = {
    "nothing of ours": (
        lambda: {"net": tensors({"conv.weight": np.zeros((3, 3))})},
        ("'net'", "looked for", "input.input"),
    ),
    "a gap": (
        lambda: {"synthesis.b4.const": torch.zeros(4, 4, 4), "synthesis.b16.conv1.weight": torch.zeros(1)},
        ("blocks 16", "without a gap"),
    ),
    "half a network": (lambda: {"g_ema": {"input.input": torch.zeros(1, 8, 4, 4)}}, ("missing",)),
    "no tensors": (lambda: {"g_ema": {"input.input": 3, "conv1.activate.bias": "x"}}, ("not a tensor",)),
    "a word": (lambda: {"G_ema": "weights.pth"}, ("holds G_ema, which is 'weights.pth'", "looked for")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_network_is_told_by_what_was_found_and_what_was_looked_for(name: str, tmp_path: Path) -> None:
    make, words = REFUSED[name]
    with pytest.raises(LivevizError) as told:
        import_file(save(tmp_path / "theirs.pt", make()))
    said = str(told.value)
    assert "\n" not in said and all(word in said for word in words), said


def test_tables_that_hold_themselves_come_to_an_end(tmp_path: Path) -> None:
    loop: dict[str, Any] = {"x": {}}
    loop["x"]["again"] = loop
    wide: Any = {"end": 1}
    for _ in range(40):
        wide = {"a": wide, "b": wide}
    for value in (loop, wide):
        with pytest.raises(LivevizError, match="looked for"):
            import_file(save(tmp_path / "theirs.pt", value))
