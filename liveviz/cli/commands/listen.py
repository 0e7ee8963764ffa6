"""`liveviz listen`: what is heard, live, in the terminal."""

import argparse

from liveviz.cli import arguments, terminal
from liveviz.inputs.audio import sources
from liveviz.runtime.live_listening import LiveListening
from liveviz.signals import all_outputs
from liveviz.spec import SignalFrame, channels_needed
from liveviz.system.clock import now

_REDRAW_SECONDS = 1 / 20


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    arguments.add_source(parser, "audio device name, a file, `system` or `demo` (default: the system's input)")
    arguments.add_ears(parser)
    parser.add_argument("--seconds", type=float, metavar="S", help="stop after S seconds")


def run(args: argparse.Namespace) -> int:
    """Listen until Ctrl+C, the end of the song, or the time is over."""
    channels, stems = arguments.channels_and_stems(args)
    seconds = arguments.seconds(args.seconds)
    source = sources.open_live(args.source, now, loop=False, channels=channels_needed(channels, stems))
    listening = LiveListening(source, channels, stems)
    began, drawn = now(), 0.0
    newest: SignalFrame | None = None
    source.start()
    try:
        with terminal.View(all_outputs(stems)) as view:
            while not source.finished and (seconds is None or now() - began < seconds):
                for _, frames in listening.hear(_REDRAW_SECONDS):
                    newest = frames[-1] if frames else newest
                if now() - drawn >= _REDRAW_SECONDS:
                    drawn = now()
                    view.draw(newest, f"{source.label}, {source.sample_rate} Hz", drawn)
    except KeyboardInterrupt:  # how it is meant to end
        return 0
    finally:
        source.close()
    return 0
