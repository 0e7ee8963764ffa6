"""`liveviz play`: the live show."""

import argparse
import json
import logging
import os
from pathlib import Path

from liveviz.cli import arguments
from liveviz.inputs.audio.sources import DEMO
from liveviz.inputs.control import source
from liveviz.outputs import sinks
from liveviz.runtime import composition, last_state, open_generator, paths
from liveviz.runtime.options import ShowOptions
from liveviz.runtime.processes.supervisor import Supervisor
from liveviz.runtime.quality import steps as quality_steps
from liveviz.spec import UsageError
from liveviz.system import copying
from liveviz.system.clock import now

_log = logging.getLogger("liveviz.cli")


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    arguments.add_source(
        parser,
        "audio device name, a file, `system` (what this machine plays) or `demo` (default: the system's input, or the demo "
        "where there is none)",
    )
    arguments.add_show(parser, 30.0)
    arguments.add_ears(parser)
    parser.add_argument(
        "--output",
        type=arguments.named,
        metavar="DEVICE",
        help="sound output that a file or the demo is heard on (default: the system's; `liveviz devices` lists them)",
    )
    parser.add_argument(
        "--latency-offset",
        type=float,
        metavar="MS",
        help="sound is heard so long before it is captured (default: what `liveviz calibrate` found)",
    )
    screen = parser.add_mutually_exclusive_group()
    screen.add_argument("--window", action="store_true", help="a window (default where there is a display)")
    screen.add_argument("--fullscreen", nargs="?", const="", metavar="MONITOR", help="fullscreen, on that monitor")
    screen.add_argument("--headless", action="store_true", help="no window (default where there is no display)")
    parser.add_argument(
        "--osc",
        metavar="HOST:PORT",
        help=f"listen for OSC there (0.0.0.0 or * for every address), or `none` (default: {arguments.DEFAULT_OSC})",
    )
    parser.add_argument(
        "--osc-reply", metavar="[HOST:]PORT", help="answers to `?` go there (default: to where the question came from)"
    )
    parser.add_argument(
        "--oscquery",
        metavar="HOST:PORT",
        help="tell programs such as Chataigne, VDMX and MadMapper of every address there (default: nowhere)",
    )
    parser.add_argument("--midi", metavar="PORT", help="one MIDI port, or `none` (default: all of them)")
    parser.add_argument(
        "--control",
        action="append",
        default=[],
        metavar="NAME[:WHERE]",
        help="a further control source, a file of inputs/control/sources; may be given more than once",
    )
    parser.add_argument(
        "--record", metavar="FILE.mp4", help="record picture and sound; a file that is there stays: FILE-2.mp4"
    )
    parser.add_argument(
        "--sink",
        action="append",
        default=[],
        metavar="NAME[:WHERE]",
        help=f"where the show goes too, as often as you like: {', '.join(sinks.usages())}".replace("%", "%%"),
    )
    parser.add_argument(
        "--quality",
        default="auto",
        choices=("auto", *quality_steps.STEP_NAMES),
        help="auto: what this machine can do at the full rate; else stay at that step (default: auto)",
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on where the last show stood, if it ended without an end"
    )
    parser.add_argument("--seconds", type=float, metavar="S", help="stop after S seconds")
    parser.add_argument("--stats", metavar="FILE.json", help="write figures at the end")


def _control(text: str) -> tuple[str, str | None]:
    """`NAME[:WHERE]` of a control source."""
    name, colon, where = text.partition(":")
    if name not in source.names() or source.load(name).ALWAYS:
        further = [known for known in source.names() if not source.load(known).ALWAYS]
        known = f"there are {', '.join(further)}" if further else "there is no further one"
        raise UsageError(
            f"control {name!r:.40}: is no further control source; {known} (MIDI and OSC have --midi and --osc)"
        )
    return name, where if colon else None


def run(args: argparse.Namespace) -> int:
    """Check the options and play."""
    started = now()
    if args.source is None and args.fullscreen and (args.fullscreen == DEMO or os.path.isfile(args.fullscreen)):
        raise UsageError(f"fullscreen {args.fullscreen!r}: is no monitor; put SOURCE before --fullscreen")
    channels, stems = arguments.channels_and_stems(args)
    state = last_state.take_left_behind() if args.resume else None
    if args.resume and state is None:
        raise UsageError("resume: the last show ended in order, there is nothing to go on from")
    mapping = paths.find_mapping(args.mapping) if state is None else last_state.mapping_of(state)
    inputs = [args.source, args.model, mapping]
    chosen = arguments.sinks(args.record, args.sink, inputs)
    stats = arguments.suffix(args.stats, (".json",), "stats") if args.stats else None
    if stats is not None:
        paths.check_writable(stats, "stats", inputs, "play")
    window = "fullscreen" if args.fullscreen is not None else "headless" if args.headless else "auto"
    osc = args.osc or arguments.DEFAULT_OSC
    size = paths.parse_size(args.size)
    usual = open_generator.shipped_for(size)
    program = copying.whole(mapping, lambda: composition.load_mapping(mapping, None, stems, None, usual))
    options = ShowOptions(
        source=args.source,
        model=args.model or (state["model"] if state is not None else "") or program.model or usual,
        resume=json.dumps(state) if state is not None else "",
        mapping=mapping,
        size=size,
        wide=args.wide,
        fps=arguments.fps(args.fps),
        seed=arguments.seed(args.seed),
        backend=arguments.backend(args),
        window="window" if args.window else window,
        monitor=args.fullscreen or None,
        osc=None if osc == "none" else arguments.host_port(osc),
        osc_required=args.osc is not None,
        oscquery=arguments.oscquery(args.oscquery, osc),
        midi=args.midi,
        sinks=chosen,
        seconds=arguments.seconds(args.seconds),
        stats=stats,
        debug=args.debug,
        channels=channels,
        stems=stems,
        offset=None if args.latency_offset is None else arguments.offset(args.latency_offset),
        started=started,
        quality=args.quality,
        controls=tuple(_control(text) for text in args.control),
        output=args.output,
        osc_reply=arguments.reply(args.osc_reply) if args.osc_reply is not None else None,
    )
    if state is None and (before := last_state.left_behind()) is not None:
        _log.info("the last show, %s, ended without an end: --resume goes on from there", Path(before["mapping"]).stem)
    code = Supervisor(options).run()
    last_state.forget(os.getpid())
    return code
