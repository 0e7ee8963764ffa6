"""`liveviz train --hearing`: teach the analyser's beat network. The songs are heard through the analyser's own parts, so that what
the network learns from is what it will meet; the file it writes goes to `liveviz/signals/hearing.safetensors`."""

import argparse
import hashlib
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from liveviz.cli import arguments
from liveviz.inputs.audio.sources import open_reader
from liveviz.learning.hearing import (
    HearingNetwork,
    HearingOptions,
    Task,
    lesson,
    song_files,
    train_hearing,
    vary,
    write_songs,
)
from liveviz.runtime import paths
from liveviz.runtime.progress import Progress
from liveviz.signals import (
    DELAYS_LOOKS,
    HEARD_KINDS,
    LOOK_SECONDS,
    LOOK_SIZE,
    HopCutter,
    Looks,
    Rig,
    clean_mono,
    natural_hop_length,
)
from liveviz.spec import LivevizError, UsageError
from liveviz.system.files import write_whole

_log = logging.getLogger("liveviz.cli")
TRUTH_KEYS = {"beat": "beats", "downbeat": "downbeats"}  # names in a truth file, where they are others
BEAT_BLURS = {"beat": (0.5, 0.5), "downbeat": (0.5, 0.5)}
DRUM_BLUR = (0.7, 1.0)  # a drum is judged in one look: a little early or late must not matter
HEARING_TASK = Task(
    tuple(TRUTH_KEYS.get(k, k) for k in HEARD_KINDS),
    DELAYS_LOOKS,
    tuple(BEAT_BLURS.get(k, DRUM_BLUR) for k in HEARD_KINDS),
    LOOK_SECONDS,
)
GOING_ON = 1e-3  # learning rate where it begins with another network
COMPOSED_SECONDS = 40.0  # of a song that is composed
LONGEST_SECONDS = 900.0  # seconds of a song that are heard
SOUNDFONT_FOLDER = Path("/usr/share/sounds")


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options of --hearing."""
    group = parser.add_argument_group("with --hearing")
    group.add_argument(
        "--compose", type=int, metavar="N", help="first write N songs into the first folder (FluidSynth)"
    )
    group.add_argument(
        "--soundfont", nargs="+", metavar="FILE", help="that play them (default: all of /usr/share/sounds)"
    )
    group.add_argument(
        "--steps", type=int, default=HearingOptions.steps, metavar="N", help="of training (default: 8000)"
    )


def run(args: argparse.Namespace) -> int:
    """Hear every song, learn, write the file."""
    out = paths.check_new(arguments.suffix(args.out, (".safetensors",), "out"), "out")
    start, made = _read(args.start) if args.start is not None else (None, {})
    folders = [Path(folder) for folder in args.hearing]
    if not 1 <= args.steps <= 1_000_000:
        raise UsageError(f"steps {args.steps}: 1 to 1000000")
    fonts = _compose(args, folders[0]) if args.compose is not None else []
    songs = song_files(folders)
    progress = Progress(len(songs))
    lessons = []
    for n, song in enumerate(songs):
        lessons.append(lesson(song, looks_of, HEARING_TASK, args.seed))
        progress.show(n + 1, f"heard {song.name}")
    progress.end()
    progress = Progress(args.steps)
    options = HearingOptions(steps=args.steps, seed=args.seed)
    options = replace(options, rate=GOING_ON) if start is not None else options
    net = train_hearing(lessons, options, lambda n, error: progress.show(n, f"step {n}, error {error:.3f}"), start)
    progress.end()
    numbers = {"songs": len(songs), "compose": args.compose or 0, "seed": args.seed, "steps": args.steps}
    made |= {name: str(value) for name, value in numbers.items()} | {"soundfonts": " ".join(p.name for p in fonts)}
    write_whole(out, save(net.tensors(), metadata=made))
    _log.info("trained: %s, from %d songs", out, len(songs))
    return 0


def _read(path: str) -> tuple[HearingNetwork, dict[str, str]]:
    """The network in a file that this command wrote, and what to say of it in the next one."""
    try:
        data = Path(path).read_bytes()
        return HearingNetwork.of(load(data), 2 * LOOK_SIZE, len(HEARD_KINDS)), {
            "start": hashlib.sha256(data).hexdigest()
        }
    except OSError as error:
        raise LivevizError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (SafetensorError, ValueError) as error:
        raise LivevizError(f"{path}: no beat network: {error}") from None


def _compose(args: argparse.Namespace, folder: Path) -> list[Path]:
    """Write the songs that were asked for; the soundfonts that played them."""
    if not 1 <= args.compose <= 10_000:
        raise UsageError(f"compose {args.compose}: 1 to 10000 songs")
    named = [Path(p) for p in args.soundfont or ()]
    fonts = named or sorted(p for p in SOUNDFONT_FOLDER.glob("sf[23]/*.sf[23]") if not p.is_symlink())
    missing = [p for p in fonts if not p.is_file()]
    if missing or not fonts:
        raise UsageError(
            f"soundfont {missing[0] if missing else SOUNDFONT_FOLDER}: there is no such file to play songs with"
        )
    progress = Progress(args.compose)
    for n, song in enumerate(write_songs(folder, range(args.seed, args.seed + args.compose), COMPOSED_SECONDS, fonts)):
        progress.show(n + 1, f"composed {song.name}")
    progress.end()
    return fonts


def looks_of(song: Path, rng: np.random.Generator) -> NDArray[np.float32]:
    """What the analyser sees of a song under conditions drawn from `rng`: float32 `[looks, 2 * LOOK_SIZE]`."""
    reader = open_reader(str(song))
    try:
        rate = reader.sample_rate
        sound = vary(clean_mono(reader.read(int(LONGEST_SECONDS * rate))), rate, rng)
    finally:
        reader.close()
    rig = Rig(rate, natural_hop_length(rate))
    looks = rig.get(Looks)
    seen = []
    for hop in HopCutter(rate, rig.hop_length).push(sound[:, None], sound.size / rate):
        for part in rig.parts:
            part.step(hop)
        if looks.fresh:
            seen.append(np.concatenate((looks.newest, looks.oldest)))
    return np.array(seen, np.float32).reshape(-1, 2 * LOOK_SIZE)
