"""`liveviz calibrate`: clicks out, clicks in. It measures how long a sound takes from this machine's output back into its
input, as the show would stamp it, and keeps that as the device's latency offset."""

import argparse
import logging

from liveviz.cli import arguments
from liveviz.cli.roundtrip import measure
from liveviz.runtime import settings
from liveviz.spec import LivevizError
from liveviz.system.clock import now

_log = logging.getLogger("liveviz.cli")


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "device", nargs="?", type=arguments.named, metavar="DEVICE", help="audio input (default: the system's)"
    )
    parser.add_argument("--clicks", type=int, default=12, metavar="N", help="how many, 4 to 100 (default: 12)")
    parser.add_argument("--dry-run", action="store_true", help="measure, keep nothing")


def run(args: argparse.Namespace) -> int:
    """Measure, and keep the offset."""
    clicks = arguments.within(args.clicks, 4, 100, "clicks")
    _log.info("%d clicks: let the microphone or the cable hear them", clicks)
    found = measure(args.device, clicks, now)
    print(
        f"{found.device}: {1000 * found.median:.1f} ms later than it was heard, "
        f"give or take {1000 * found.spread:.1f} ms ({found.heard} of {clicks} clicks heard)"
    )
    if abs(found.median) > settings.MOST_OFFSET:
        raise LivevizError(
            f"{1000 * found.median:.0f} ms is more than the {1000 * settings.MOST_OFFSET:.0f} that can be set"
        )
    if not args.dry_run:
        print(f"written: {settings.keep_latency_offset(found.device, found.median)}; `play` takes it from there")
    return 0
