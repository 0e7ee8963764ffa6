"""`liveviz render`: a song to a video, frame by frame, the same for the same seed."""

import argparse
import logging

from liveviz.cli import arguments
from liveviz.runtime import offline, own_files, paths

_log = logging.getLogger("liveviz.cli")


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("song", metavar="SONG", help="an audio file, or `demo`")
    parser.add_argument("-o", "--out", required=True, metavar="OUT.mp4", help="what to write")
    arguments.add_show(parser, 30.0)
    arguments.add_ears(parser)


def run(args: argparse.Namespace) -> int:
    """Check the options and render."""
    mapping_file = paths.find_mapping(args.mapping)
    read = [args.song, args.model, mapping_file]
    out = paths.check_writable(arguments.suffix(args.out, (".mp4",), "out"), "out", read, "render")
    again = own_files.again(out)
    channels, stems = arguments.channels_and_stems(args)
    seconds = offline.render(
        args.song,
        out,
        model=args.model,
        mapping_file=mapping_file,
        size=paths.parse_size(args.size),
        wide=args.wide,
        fps=arguments.fps(args.fps),
        seed=arguments.seed(args.seed),
        backend=arguments.backend(args),
        channels=channels,
        stems=stems,
    )
    _log.info("written: %s, %.1f s%s", out, seconds, again)
    return 0
