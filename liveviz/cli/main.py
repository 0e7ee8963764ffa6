"""The command line: `liveviz COMMAND`. Each command is one module of `commands/` with `add(subparsers)` and `run(args)`,
imported only when its turn comes, so that `liveviz play` starts fast."""

import argparse
import difflib
import importlib
import io
import logging
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import liveviz
from liveviz.runtime import logs
from liveviz.spec import LivevizError, UsageError
from liveviz.system import interrupts

COMMANDS = {
    "play": "play live: sound, MIDI and OSC in, images out",
    "render": "render a song to a video, frame by frame",
    "analyze": "show what is heard in a file, as JSON or PNG",
    "listen": "show every signal of what is heard, live, in the terminal",
    "monitor": "show every MIDI and OSC message that comes, what it does, and why it does nothing",
    "calibrate": "measure how late sound comes in, with clicks, and make up for it",
    "still": "draw single images of a generator",
    "model": "make, inspect and list generators",
    "train": "teach a generator to draw",
    "dataset": "draw the images that generators learn from",
    "mapping": "check, show and list mapping files",
    "control": "write a layout for a tablet that plays a show",
    "devices": "list audio devices, MIDI ports and monitors",
    "doctor": "check this machine and say what is missing",
    "bench": "measure the engine's backends",
}


class _Parser(argparse.ArgumentParser):
    """Mistakes are one line, like all others, and options are written out: what stands for one today may be short for two
    tomorrow, and a typo that happens to be short for something does something."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False, **more})
        if " " in self.prog:  # of a command or an action: wherever it stands
            self.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Options that are not there are answered by the command that they were given to, with those that are nearest."""
        found, extra = super().parse_known_args(args, namespace)
        if extra:
            word = extra[0].partition("=")[0]
            near = (
                difflib.get_close_matches(word, self._option_string_actions, n=3, cutoff=0.5) if word[0] == "-" else []
            )
            begun = [name for name in self._option_string_actions if word[:2] == "--" and name.startswith(word)]
            meant = " or ".join(dict.fromkeys([*begun, *near][:3]))
            self.error(f"unrecognized arguments: {' '.join(extra)}" + (f" (did you mean {meant}?)" if meant else ""))
        return found, extra

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (`{self.prog} --help` shows what there is)")


def make_parser(command: str | None) -> argparse.ArgumentParser:
    """The parser, with the options of `command` alone filled in."""
    parser = _Parser(prog="liveviz", description="Live sound, MIDI and OSC into StyleGAN images, in real time.")
    parser.add_argument("--version", action="version", version=f"liveviz {liveviz.__version__}")
    parser.add_argument("--debug", action="store_true", help="tracebacks and every detail")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        sub = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name == command:
            module = importlib.import_module(f"liveviz.cli.commands.{name}")
            module.add(sub)
            sub.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 it failed and said why in one line, 2 bad arguments."""
    words = list(sys.argv[1:] if argv is None else argv)
    command = next((word for word in words if word in COMMANDS), None)
    debug = "--debug" in words
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without `²` gets `?`
    logs.setup(debug)
    try:
        _end_in_order()
        args = make_parser(command).parse_args(words)
        return int(args.run(args) or 0)
    except UsageError as error:
        return _fail(error, 2, debug)
    except LivevizError as error:
        return _fail(error, 1, debug)
    except KeyboardInterrupt as error:
        return _fail(LivevizError(str(error) or "interrupted"), 1, debug)
    except BrokenPipeError:  # `liveviz mapping show | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, MemoryError) as error:
        return _fail(error, 1, debug)
    except Exception as error:  # noqa: BLE001 - a user never sees a traceback without --debug
        return _fail(LivevizError(f"{type(error).__name__}: {error} (this is a bug; --debug shows where)"), 1, debug)
    finally:
        _let_go()


def _end_in_order() -> None:
    """Ctrl+C, a polite kill and a closed terminal are all KeyboardInterrupt; with `nohup`, the last stays ignored."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # the last where terminals hang up
        number = getattr(signal, name, None)
        if number is not None and not (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
            interrupts.become_exceptions(number)


def _let_go() -> None:
    """What nobody reads any more is thrown away: Python itself would try once more at its end, and exit with 120."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except (OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def _fail(error: BaseException, code: int, debug: bool) -> int:
    logging.getLogger("liveviz.cli").error("%s", error or type(error).__name__, exc_info=error if debug else None)
    return code
