"""A process of its own that opens every hostile file and says what happened: the answer, seconds of CPU, and whatever Python
did meanwhile that its audit hooks know of (imports, code, processes, sockets, files). It may take 1 GB more than at first."""

import json
import sys
import time
from pathlib import Path

import hostile_files

from liveviz.models.importing import import_file
from liveviz.spec import LivevizError

GIGABYTE = 1 << 30
_QUIET = {"object.__getattr__", "object.__setattr__", "sys._getframe"}  # attributes and frames are read all the time


def main(folder: Path) -> None:
    """Print `{name: [answer or null, seconds, events]}`."""
    files = {name: data for name, (data, _) in hostile_files.files().items()}
    good = folder / "good"
    good.write_bytes(hostile_files.pickled({"G_ema": hostile_files.generator_module(hostile_files.good())}))
    import_file(good)  # what Python loads late is loaded now
    good.write_bytes(hostile_files.zipped_checkpoint())
    import_file(good)
    _limit()
    events: set[str] = set()
    sys.addaudithook(lambda event, args: events.add(event))
    path, report = folder / "hostile", {}
    for name, data in files.items():
        path.write_bytes(data)
        events.clear()
        answer, began = None, time.process_time()
        try:
            import_file(path)
        except LivevizError as error:
            answer = str(error)
        seconds = time.process_time() - began
        report[name] = [answer, seconds, sorted(events - _QUIET)]
    print(json.dumps(report))


def _limit() -> None:
    """One gigabyte more than now, where the system can say so."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (ImportError, OSError):
        return
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + GIGABYTE,) * 2)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
