"""`liveviz monitor`: every MIDI and OSC message that comes, what it does, and why it does nothing."""

import argparse
import logging
import threading
from collections import deque
from collections.abc import Iterator

from liveviz import models, signals
from liveviz.cli import arguments
from liveviz.inputs.control.osc_follow import follow
from liveviz.inputs.control.sources.midi import MidiInput
from liveviz.inputs.control.sources.osc import OscInput, Packet
from liveviz.mapping import Facts
from liveviz.runtime import composition, message_account, paths
from liveviz.runtime.message_account import Accounts
from liveviz.spec import ControlMessage, LivevizError
from liveviz.system.clock import now, utc

_log = logging.getLogger("liveviz.cli")
_WAIT_S = 0.02
_WAITING_PACKETS = 4096  # packets that came faster than they are printed


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Shows every MIDI and OSC message that comes, what it does, and why it does nothing: of the show that plays, where "
        "one listens at that port, else of this mapping, with nothing playing."
    )
    parser.add_argument("--mapping", default="default", metavar="NAME|PATH", help="mapping file (default: default)")
    parser.add_argument("--model", metavar="NAME|PATH", help="generator (default: the mapping's, or `default`)")
    parser.add_argument(
        "--osc",
        default=arguments.DEFAULT_OSC,
        metavar="HOST:PORT",
        help=f"listen there, or `none` (default: {arguments.DEFAULT_OSC})",
    )
    parser.add_argument("--midi", metavar="PORT", help="one MIDI port, or `none` (default: all of them)")
    parser.add_argument("--seconds", type=float, metavar="S", help="stop after S seconds")


def run(args: argparse.Namespace) -> int:
    """Print lines until Ctrl+C, or the time is over."""
    seconds = arguments.seconds(args.seconds)
    place = None if args.osc == "none" else arguments.host_port(args.osc)
    packets: deque[Packet] = deque(maxlen=_WAITING_PACKETS)
    osc = None
    wake = threading.Event()
    told = _accounts(args.mapping, args.model)
    if place is not None:
        try:
            osc = OscInput(*place, now, utc, watch=packets.append, wake=wake)
        except LivevizError as error:
            if "in use" not in str(error):
                raise
            _log.info("a program listens at %s:%d already: asking it what comes", *place)
    beside = place is not None and osc is None
    lines = (
        follow(message_account.MONITOR_ADDRESS, *place, now)
        if place is not None and beside
        else _own(args, told, osc, packets, wake)
    )
    began = now()
    try:
        for line in lines:
            if line:
                print(f"{now() - began:8.3f}  {line}", flush=True)
            if seconds is not None and now() - began >= seconds:
                break
    except KeyboardInterrupt:  # how it is meant to end
        return 0
    return 0


def _accounts(name: str, model: str | None) -> Accounts:
    """Accounts of a mapping, and of the generator that would play."""
    program = composition.load_mapping(paths.find_mapping(name), model=model)
    told = Accounts(program, signals.all_outputs(()))
    generator = models.open_model(model or program.model or "default", paths.model_folders(), paths.cache())
    config = generator.config
    found = generator.directions
    told.facts = Facts(
        config.architecture,
        tuple(config.layers),
        len(found.std) if found is not None else None,
        plane=config.plane,
        noise=bool(config.noises),
    )
    told.names = generator.card.direction_names if generator.card is not None else ()
    return told


def _own(
    args: argparse.Namespace, told: Accounts, osc: OscInput | None, packets: deque[Packet], wake: threading.Event
) -> Iterator[str]:
    """A line for every message that this program hears itself; "" where there was none for a moment. `wake` is what `osc`
    sets, and the MIDI input too."""
    midi = MidiInput(args.midi, now, wake) if args.midi != "none" else None
    if osc is None and midi is None:
        raise LivevizError("monitor: --osc none and --midi none leave nothing to listen to")
    inputs = [one for one in (osc, midi) if one is not None]
    for one in inputs:
        one.start()
    _log.info("listening to %s", " and ".join(_places(args, osc, midi)))
    try:
        while True:
            wake.wait(_WAIT_S)
            wake.clear()
            told.frame = told.still()
            if osc is not None:
                osc.poll()
            while packets:
                yield from told.arrived(packets.popleft())
            for message in midi.poll() if midi is not None else ():
                if isinstance(message, ControlMessage):
                    yield told.midi(message)
            yield ""
    finally:
        for one in inputs:
            one.close()


def _places(args: argparse.Namespace, osc: OscInput | None, midi: MidiInput | None) -> Iterator[str]:
    if osc is not None:
        yield f"OSC at {args.osc.rpartition(':')[0]}:{osc.port}"
    if midi is not None:
        yield f"MIDI port {args.midi}" if args.midi else "every MIDI port"
