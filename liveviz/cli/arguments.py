"""Options that several commands share, and the checks behind them."""

import argparse
import ipaddress
import math
import os
from collections.abc import Sequence
from pathlib import Path

from liveviz import engine, models
from liveviz.outputs import sinks as sink_files
from liveviz.outputs.sink import SinkChoice
from liveviz.runtime import paths
from liveviz.signals import MOST_OFFSET
from liveviz.spec import SoundChannels, Stems, UsageError, parse_channels, parse_stems
from liveviz.system import files

BACKENDS = ("auto", *engine.backends())


def add_show(parser: argparse.ArgumentParser, fps: float | None) -> None:
    """--model --mapping --size --fps --seed --backend."""
    words = "generator (default: the mapping's, else `default` or `wide`, by the shape of the canvas)"
    parser.add_argument("--model", metavar="NAME|PATH", help=words)
    parser.add_argument("--mapping", default="default", metavar="NAME|PATH", help="mapping file (default: default)")
    parser.add_argument("--size", default="1280x720", metavar="WxH", help="canvas in pixels (default: 1280x720)")
    add_wide(parser)
    parser.add_argument("--fps", type=float, default=fps, metavar="N", help="frames per second (default: 30)")
    parser.add_argument("--seed", type=int, metavar="N", help="of everything random (default: the mapping's)")
    add_backend(parser)


def add_backend(parser: argparse.ArgumentParser) -> None:
    """--backend --device."""
    parser.add_argument("--backend", default="auto", choices=BACKENDS, help="what draws (default: auto)")
    parser.add_argument(
        "--device",
        metavar="D",
        help="of backend openvino: CPU, GPU (Intel's, integrated or not), NPU, as `liveviz doctor` lists them (default: the "
        "fastest, measured once)",
    )


def backend(args: argparse.Namespace) -> str:
    """The backend that --backend and --device ask for; UsageError where they exclude each other."""
    if args.device is None:
        return str(args.backend)
    if args.backend not in ("auto", "openvino"):
        raise UsageError(f"device {args.device!r:.40}: backend {args.backend} has no devices to choose from")
    return f"openvino:{args.device}"


def add_wide(parser: argparse.ArgumentParser) -> None:
    """--wide."""
    parser.add_argument(
        "--wide",
        default="mirror",
        choices=models.WIDE_MODES,
        help="an image of the canvas's shape from a square generator: mirror (new sides, things keep their size), extend "
        "(drawn out), off (default: mirror)",
    )


def add_source(parser: argparse.ArgumentParser, what: str) -> None:
    """SOURCE: what is heard; `what` says it for this command."""
    parser.add_argument("source", nargs="?", type=named, metavar="SOURCE", help=what)


def add_ears(parser: argparse.ArgumentParser) -> None:
    """--channels --stems: which channels of the sound are listened to."""
    parser.add_argument("--channels", metavar="N-M", help="channels to listen to, like 1-2 (default: all)")
    add_stems(parser)


def add_stems(parser: argparse.ArgumentParser) -> None:
    """--stems."""
    parser.add_argument(
        "--stems",
        nargs="+",
        default=[],
        metavar="NAME=N-M",
        help="channels that have signals of their own: drums=1-2 bass=3",
    )


def channels_and_stems(args: argparse.Namespace) -> tuple[SoundChannels, Stems]:
    """The checked --channels and --stems."""
    return parse_channels(args.channels) if args.channels is not None else (), parse_stems(args.stems)


def offset(milliseconds: float) -> float:
    """--latency-offset in seconds; UsageError otherwise."""
    if not abs(milliseconds) <= 1000.0 * MOST_OFFSET:
        raise UsageError(f"latency-offset {milliseconds:g}: {-1000 * MOST_OFFSET:g} to {1000 * MOST_OFFSET:g} ms")
    return milliseconds / 1000.0


def named(text: str) -> str:
    """The text of an argument that names something; an empty one names nothing."""
    if not text.strip():
        raise argparse.ArgumentTypeError("is empty")
    return text


def fps(value: float) -> float:
    """1 to 240 frames per second; UsageError otherwise."""
    if not (math.isfinite(value) and 1.0 <= value <= 240.0):
        raise UsageError(f"fps {value}: 1 to 240")
    return value


def seed(value: int | None) -> int | None:
    """0 to 2**32 - 1, or None; UsageError otherwise."""
    if value is not None and not 0 <= value < 2**32:
        raise UsageError(f"seed {value}: 0 to 4294967295")
    return value


def within(value: int, low: int, high: int, what: str) -> int:
    """The number, if it is from `low` to `high`; UsageError otherwise."""
    if not low <= value <= high:
        raise UsageError(f"{what} {value}: {low} to {high}")
    return value


def seconds(value: float | None) -> float | None:
    """More than 0; UsageError otherwise."""
    if value is not None and not (math.isfinite(value) and value > 0.0):
        raise UsageError(f"seconds {value}: a number above 0")
    return value


DEFAULT_OSC = "127.0.0.1:9000"


def host_port(text: str, what: str = "osc", like: str = DEFAULT_OSC) -> tuple[str, int]:
    """`127.0.0.1:9000` as (host, port); UsageError otherwise."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or len(port) > 5 or not 0 <= int(port) <= 65535:
        raise UsageError(f"{what} {text!r}: HOST:PORT with a port from 0 to 65535, like {like}")
    return host.strip("[]"), int(port)


def oscquery(text: str | None, osc: str) -> tuple[str, int] | None:
    """Where OSCQuery is asked, None for nowhere; UsageError where `osc` is none, which it would tell of."""
    if text is None:
        return None
    if osc == "none":
        raise UsageError("oscquery: there is nothing to tell of with --osc none")
    return host_port(text, "oscquery", "127.0.0.1:9001")


def reply(text: str) -> tuple[str | None, int]:
    """`9001` as (None, port), `127.0.0.1:9001` as (host, port); UsageError otherwise."""
    if text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= 65535:
        return None, int(text)
    if ":" not in text:
        raise UsageError(f"osc-reply {text!r}: a port from 1 to 65535 of whoever asks, like 9001, or HOST:PORT")
    host, port = host_port(text)
    try:
        numeric = host == "localhost" or bool(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        numeric = False
    if port == 0 or not numeric:
        raise UsageError(f"osc-reply {text!r}: a numeric address and a port from 1 to 65535, like 192.168.0.7:9001")
    return host, port


def suffix(path: str, allowed: tuple[str, ...], what: str) -> Path:
    """The path, if its suffix is one of `allowed`; UsageError otherwise."""
    files.check_suffix(path, allowed, what)
    return Path(path)


def sinks(record: str | None, texts: Sequence[str], inputs: Sequence[str | Path | None]) -> tuple[SinkChoice, ...]:
    """The checked --record and --sink; nothing is written over what is read.

    Raises:
        LivevizError, UsageError: as `sinks.parse`; "record: x.mp4 is what is read; another name is needed"
    """
    chosen = tuple(sink_files.parse(text) for text in ([] if record is None else [f"record:{record}"]) + list(texts))
    for sink in chosen:
        if os.path.isfile(sink.where):
            paths.check_writable(Path(sink.where), sink.name, inputs)
    return chosen
