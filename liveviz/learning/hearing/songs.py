"""A folder of songs and their truth, read as lessons: what the analyser sees, look by look, and what it should answer."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liveviz.spec import LivevizError

LARGEST_TRUTH = 16_000_000  # bytes
Listen = Callable[[Path, np.random.Generator], NDArray[np.float32]]


@dataclass(frozen=True)
class Task:
    """What to hear.

    keys: of the truth file, one for everything to be heard: lists of seconds.
    delays: looks from a thing to the look that is to tell of it.
    blurs: how much the looks before and after it count, 0 to 1.
    step: seconds between looks.
    """

    keys: tuple[str, ...]
    delays: tuple[int, ...]
    blurs: tuple[tuple[float, float], ...]
    step: float


@dataclass(frozen=True)
class Lesson:
    """One song: looks float16 `[looks, features]`, answers float16 `[looks, things]` 0 to 1, known bool `[things]`: false
    where the truth file does not say."""

    looks: NDArray[np.float16]
    answers: NDArray[np.float16]
    known: NDArray[np.bool_]


def song_files(folders: list[Path]) -> list[Path]:
    """Every .wav with a .json of the same name, by name.

    Raises:
        LivevizError: a folder has none.
    """
    found: list[Path] = []
    for folder in folders:
        songs = sorted(p for p in folder.glob("*.wav") if p.with_suffix(".json").is_file())
        if not songs:
            raise LivevizError(f"{folder}: no song with its truth beside it (NAME.wav and NAME.json)")
        found += songs
    return found


def lesson(song: Path, listen: Listen, task: Task, seed: int) -> Lesson:
    """Hear one song, under conditions that follow from `seed` and its name.

    Raises:
        LivevizError: the truth file is not what `song_files` promises, or the song is empty.
    """
    looks = listen(song, np.random.default_rng([seed, *song.name.encode()]))
    if not len(looks):
        raise LivevizError(f"{song}: too short to learn from")
    truth = _read_truth(song.with_suffix(".json"), task.keys)
    answers = np.zeros((len(looks), len(task.keys)), np.float16)
    for k, (key, delay, (before, after)) in enumerate(zip(task.keys, task.delays, task.blurs, strict=True)):
        at = np.floor(np.array(truth.get(key, [])) / task.step).astype(np.intp) + delay
        for place, share in ((at - 1, before), (at + 1, after), (at, 1.0)):
            inside = place[(place >= 0) & (place < len(looks))]
            answers[inside, k] = np.maximum(answers[inside, k], share)
    return Lesson(looks.astype(np.float16), answers, np.array([key in truth for key in task.keys]))


def _read_truth(path: Path, keys: tuple[str, ...]) -> dict[str, list[float]]:
    """The lists of seconds that the file has of `keys`."""
    try:
        if path.stat().st_size > LARGEST_TRUTH:
            raise LivevizError(f"{path}: larger than {LARGEST_TRUTH} bytes: no truth of a song")
        found = json.loads(path.read_bytes())
        if not isinstance(found, dict):
            raise TypeError
        truth = {key: [float(t) for t in found[key]] for key in keys if key in found}
    except OSError as error:
        raise LivevizError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, TypeError, RecursionError):
        raise LivevizError(f"{path}: no truth of a song: an object with lists of seconds, like beats") from None
    if not all(0.0 <= t < 1e6 for times in truth.values() for t in times):
        raise LivevizError(f"{path}: times must be seconds from the song's beginning")
    return truth
