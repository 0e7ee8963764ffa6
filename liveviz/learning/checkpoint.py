"""A training run as one safetensors file of our own: no code in it, every name and shape checked, there whole or not at
all. What is read is bit for bit what was written, so that a killed run goes on as if nothing had been."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from liveviz.models.tensors import Container, save
from liveviz.spec import LivevizError

METADATA_KEY = "liveviz.training"
"""Of the entry in a checkpoint that says which run it belongs to and where that stands."""
RANDOM_STATE_KEY = "random"  # the state of the random numbers: bytes, each stored as a float, which holds them exactly


@dataclass(frozen=True)
class Place:
    """Where a run stands: steps done in all, the stage, steps done in it; and what must be the same to go on.

    seed, classes: of the run. stages: those begun, each as plain numbers.
    """

    step: int
    stage: int
    at: int
    seed: int
    classes: tuple[str, ...]
    stages: tuple[tuple[float, ...], ...]


def write_state(path: Path, tensors: Mapping[str, Tensor], random: Tensor, key: str, table: Mapping[str, Any]) -> None:
    """Write float32 `tensors` by name, the uint8 state `random`, and a table of plain values under the name `key`."""
    arrays = {name: value.detach().cpu().numpy() for name, value in tensors.items()}
    arrays[RANDOM_STATE_KEY] = random.cpu().numpy().astype(np.float32)
    save(path, arrays, {key: json.dumps(table)})


def read_state(
    path: Path, shapes: Mapping[str, tuple[int, ...]], key: str, check: Callable[[Any], object] = lambda table: None
) -> tuple[dict[str, Tensor], Tensor, dict[str, Any]]:
    """The tensors of exactly those names and shapes, the random state, the table; all on the CPU.

    check: called with the table before any tensor is read; may raise what `Container.fail` or LivevizError says.
    Raises: LivevizError in one line for a file that is cut, or is anything but a checkpoint of such a network.
    """
    container = Container(path)
    raw = container.metadata.get(key)
    if raw is None:
        raise container.fail(f"is no checkpoint of this trainer: its metadata has no {key!r}")
    try:
        table: Any = json.loads(raw)
        check(table)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise container.fail("is no checkpoint of this trainer: where it stands cannot be read") from error
    random = container.shapes.get(RANDOM_STATE_KEY, ())
    if len(random) != 1:
        raise container.fail("is no checkpoint of this trainer: it has no random state")
    arrays = container.load({**shapes, RANDOM_STATE_KEY: random})
    state = arrays.pop(RANDOM_STATE_KEY)
    if not np.isin(state, np.arange(256)).all():
        raise container.fail("its random state is not made of bytes")
    return {n: torch.from_numpy(a) for n, a in arrays.items()}, torch.from_numpy(state.astype(np.uint8)), table


def write_checkpoint(path: Path, tensors: Mapping[str, Tensor], random: Tensor, place: Place) -> None:
    """Write float32 `tensors` by name, the uint8 state `random`, and the place."""
    write_state(path, tensors, random, METADATA_KEY, place.__dict__)


def read_checkpoint(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> tuple[dict[str, Tensor], Tensor, Place]:
    """What `read_state` gives, with the place."""
    tensors, random, table = read_state(path, shapes, METADATA_KEY, place_of)
    return tensors, random, place_of(table)


def place_of(table: Any) -> Place:
    """The place in a checkpoint's table; ValueError, TypeError or KeyError where there is none."""
    step, stage, at, seed = (table[name] for name in ("step", "stage", "at", "seed"))
    if not all(type(n) is int and 0 <= n < 1 << 40 for n in (step, stage, at, seed)):
        raise ValueError("a counter is no whole number")
    classes = tuple(str(name) for name in table["classes"])
    stages = tuple(tuple(float(v) for v in stage) for stage in table["stages"])
    return Place(step, stage, at, seed, classes, stages)


def check_same(path: Path, found: Place, wanted: Place) -> None:
    """LivevizError where going on from `found` would not be the run that `wanted` describes.

    Only stages that have begun count: those after may be changed, or added to a run that is done.
    """
    if found.classes != wanted.classes:
        raise LivevizError(f"{path}: learned other classes than there are now; train into another folder")
    if found.seed != wanted.seed:
        raise LivevizError(f"{path}: was begun with seed {found.seed}, not {wanted.seed}; give that, or another folder")
    begun = found.stages[: found.stage + 1]
    if wanted.stages[: len(begun)] != begun or found.stage > len(wanted.stages):
        said = " ".join(":".join(f"{value:g}" for value in stage) for stage in begun)
        raise LivevizError(f"{path}: its stages so far are {said:.300}; begin with those, or take another folder")
