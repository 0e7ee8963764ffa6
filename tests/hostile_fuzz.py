"""A process of its own that opens many mutated files and says what happened: good files of every container, changed where it
hurts (opcodes spliced in and cut out, lengths and counts forged, records of a zip patched, ends cut off, bits turned). It
has one gigabyte more than at first, a clock runs beside every file, and an audit hook hears whatever Python does."""

import collections
import json
import os
import pickletools
import random
import struct
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from foreign_files import FIXTURES, generator_module, stylegan, tensorflow
from heart import plain_generator, small
from hostile_containers import HARM, SYSTEM, row, zipped_checkpoint
from hostile_reader import QUIET, limit, peak
from pickle_writer import Ref, emit, pickled

from liveviz.models.importing import import_file
from liveviz.spec import LivevizError

SECONDS = 1.0  # of CPU, for one file
EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 40, (1 << 63) - 1, (1 << 64) - 1)
SPLICES = [
    emit(SYSTEM),
    emit(Ref("builtins eval")) + emit(("1",)) + b"R",
    emit("os") + emit("system") + b"\x93" + emit(("true",)) + b"R",
    emit(Ref("a b")) + b")R",
    emit(Ref("a b")) + b")\x81}b",
    b"(ios\nsystem\n", b"\x82\x01", b"\x97", b"Px\n", b"h\x00", b"h\x01", b"j\x00\x00\x00\x00", b"q\x00", b"\x94", b"0", b"1",
    b"2", b"(", b"t", b"l", b"d", b"s", b"u", b"a", b"e", b"b", b"R", b"Q", b".", b"N", b"}", b"]", b")", b"\x85", b"\x86",
    b"\x87", b"\x88", b"\x8f", b"\x90", b"\x91", b"\x92", b"\x93", b"2\x86" * 40, b"(" * 50, b"K\x05", b"J\xff\xff\xff\xff",
    b"G\x7f\xf8\x00\x00\x00\x00\x00\x00", b"\x8a\x09" + b"\x7f" * 9, b"X\xff\xff\xff\xff", b"\x8e" + b"\xff" * 8,
    b"\x80\x05", b"\x95" + b"\x00" * 8,
]  # fmt: skip


def small_seeds() -> list[bytes]:
    """Good files of every container, as small as they can be."""
    generator = plain_generator(small(16, channel_base=64, channel_max=4, z_dim=4, w_dim=4), 30)
    third = small(16, architecture="stylegan3-t", num_layers=3, num_critical=1, channel_max=4)
    return [
        pickled({"G_ema": generator_module(generator)}),
        stylegan(plain_generator(third, 31)),
        tensorflow(generator),
        zipped_checkpoint(),
        b"".join(row()),
    ]


def seeds(large: bool) -> list[bytes]:
    """What is mutated; the shared fixtures too where `large`."""
    fixtures = sorted(FIXTURES.glob("*.p[kt]*")) if large else []
    return [*small_seeds(), *(path.read_bytes() for path in fixtures)]


class Seed:
    """One good file, and where in it an opcode begins or a zip's record lies."""

    def __init__(self, data: bytes, folder: Path) -> None:
        self.data = data
        pickles = [(0, data)]
        if data.startswith(b"PK"):
            path = folder / "seed.zip"
            path.write_bytes(data)
            with zipfile.ZipFile(path) as archive:
                info = next(i for i in archive.infolist() if i.filename.endswith("data.pkl"))
            start = info.header_offset + 30 + len(info.filename) + len(info.extra)
            start = data.index(b"\x80\x02", start - len(info.extra))
            pickles = [(start, data[start : start + info.file_size])]
        self.opcodes = [start + at for start, raw in pickles for at in _positions(raw)]
        self.records = [at for mark in (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06") for at in _found(data, mark)]


def _positions(raw: bytes) -> list[int]:
    """Where every opcode of a row of pickles begins."""
    found: list[int] = []
    start = 0
    while raw[start : start + 1] == b"\x80":
        try:
            for _, _, at in pickletools.genops(raw[start:]):
                found.append(start + int(at or 0))
        except ValueError:
            break
        start = found[-1] + 1
    return found


def _found(data: bytes, mark: bytes) -> list[int]:
    places, at = [], data.find(mark)
    while at >= 0 and len(places) < 200:
        places.append(at)
        at = data.find(mark, at + 1)
    return places


def mutated(seed: Seed, luck: random.Random) -> bytes:
    """The same with one to sixteen things changed."""
    changed = bytearray(seed.data)
    for _ in range(luck.choice((1, 1, 1, 2, 4, 16))):
        kind = luck.choice(_KINDS)
        kind(changed, seed, luck)
        if not changed:
            break
    return bytes(changed)


def _flip(data: bytearray, seed: Seed, luck: random.Random) -> None:
    at = luck.randrange(len(data))
    data[at] ^= 1 << luck.randrange(8)


def _overwrite(data: bytearray, seed: Seed, luck: random.Random) -> None:
    at, length = luck.randrange(len(data)), luck.choice((1, 2, 4, 8, 64))
    data[at : at + length] = luck.randbytes(length)


def _cut_out(data: bytearray, seed: Seed, luck: random.Random) -> None:
    at = luck.randrange(len(data))
    del data[at : at + luck.choice((1, 1, 2, 8, 64, 4096))]


def _truncate(data: bytearray, seed: Seed, luck: random.Random) -> None:
    del data[luck.randrange(len(data)) :]


def _copy(data: bytearray, seed: Seed, luck: random.Random) -> None:
    at, other, length = luck.randrange(len(data)), luck.randrange(len(data)), luck.choice((1, 4, 16, 256))
    data[at : at + luck.choice((0, length))] = data[other : other + length]


def _opcode(data: bytearray, seed: Seed, luck: random.Random) -> int:
    return min(luck.choice(seed.opcodes or [0]), len(data) - 1)


def _splice(data: bytearray, seed: Seed, luck: random.Random) -> None:
    at = _opcode(data, seed, luck)
    data[at:at] = luck.choice(SPLICES)


def _replace(data: bytearray, seed: Seed, luck: random.Random) -> None:
    code = luck.choice(SPLICES)
    at = _opcode(data, seed, luck)
    data[at : at + luck.choice((1, len(code)))] = code


def _swap(data: bytearray, seed: Seed, luck: random.Random) -> None:
    """Another opcode, at the place of one."""
    data[_opcode(data, seed, luck)] = luck.choice(pickletools.opcodes).code.encode("latin1")[0]


def _forge(data: bytearray, seed: Seed, luck: random.Random) -> None:
    """The argument of an opcode, or a field of a zip's record, is an extreme number."""
    record = bool(seed.records) and luck.random() < 0.5
    at = luck.choice(seed.records) + luck.randrange(4, 46) if record else _opcode(data, seed, luck) + 1
    width, form = luck.choice(((1, "<B"), (2, "<H"), (4, "<I"), (8, "<Q")))
    if at + width <= len(data):
        struct.pack_into(form, data, at, luck.choice(EDGES) % (1 << 8 * width))


_KINDS: list[Callable[[bytearray, Seed, random.Random], Any]] = [
    _flip, _overwrite, _cut_out, _truncate, _copy, _splice, _splice, _replace, _swap, _swap, _forge, _forge,
]  # fmt: skip


def main(folder: Path, runs: int, number: int, large: bool) -> None:
    """Print the counts by outcome, what went wrong (none of it may), and what the worst file cost."""
    luck, path = random.Random(number), folder / "mutated"
    begun = [Seed(data, folder) for data in seeds(large)]
    for seed in begun:  # what Python loads late is loaded now
        path.write_bytes(seed.data)
        import_file(path)
    limit()
    before = peak()
    heard: set[str] = set()
    listening = False

    def hear(event: str, args: tuple) -> None:
        read = event == "open" and args[0] == str(path) and not args[2] & (os.O_WRONLY | os.O_RDWR)
        if listening and not read and event not in QUIET:
            heard.add(f"{event} {args!r:.80}")

    sys.addaudithook(hear)
    outcomes: collections.Counter[str] = collections.Counter()
    wrong: list[str] = []
    slowest = 0.0
    for run in range(runs):
        seed = luck.randrange(len(begun))
        path.write_bytes(mutated(begun[seed], luck))
        began, listening = time.process_time(), True
        try:
            generator, kind = import_file(path)
            answer = f"taken: {kind}"
            if set(generator.weights) != set(generator.config.shapes()):
                wrong.append(f"run {run}: weights are missing")
        except LivevizError as error:
            text = str(error)
            answer = "refused: " + ("harm" if HARM in text else "one line")
            if not text.startswith(f"{path}: ") or not text.isprintable() or len(text) > 400:
                wrong.append(f"run {run}: {text!r:.200}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            answer = f"broke: {type(error).__name__}"
            wrong.append(f"run {run}, seed {seed}: {error!r:.200}")
        seconds, listening = time.process_time() - began, False
        slowest = max(slowest, seconds)
        if seconds > SECONDS:
            wrong.append(f"run {run}: {seconds:.1f} s")
        outcomes[answer] += 1
    report = {"outcomes": outcomes, "wrong": wrong[:20], "heard": sorted(heard)[:20], "slowest": slowest}
    print(json.dumps({**report, "megabytes": peak() - before}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "large")
