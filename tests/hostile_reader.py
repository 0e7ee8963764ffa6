"""A process of its own that opens every hostile file and says what happened: the answer, seconds of CPU, how much memory it
took beyond what was there, and whatever Python did meanwhile that its audit hooks know of (imports, code, processes,
sockets, files). It may take 1 GB more than at first."""

import json
import sys
import time
from pathlib import Path

import hostile_files
from foreign_files import generator_module
from hostile_containers import good, zipped_checkpoint
from pickle_writer import pickled

from liveviz.models.importing import import_file
from liveviz.spec import LivevizError

GIGABYTE = 1 << 30
QUIET = {"object.__getattr__", "object.__setattr__", "sys._getframe"}  # attributes and frames are read all the time


def main(folder: Path) -> None:
    """Print `{name: [answer or null, seconds, megabytes, events]}`."""
    files = {name: data for name, (data, _) in hostile_files.files().items()}
    for data in (pickled({"G_ema": generator_module(good())}), zipped_checkpoint()):
        (folder / "good").write_bytes(data)
        import_file(folder / "good")  # what Python loads late is loaded now
    limit()
    events: set[str] = set()
    sys.addaudithook(lambda event, args: events.add(event))
    path, report = folder / "hostile", {}
    for name, data in files.items():
        path.write_bytes(data)
        _forgetpeak()
        before = peak()
        events.clear()
        answer, began = None, time.process_time()
        try:
            import_file(path)
        except LivevizError as error:
            answer = str(error)
        seconds = time.process_time() - began
        heard = sorted(events - QUIET)
        report[name] = [answer, seconds, peak() - before, heard]
    print(json.dumps(report))


def limit() -> None:
    """One gigabyte of addresses more than now, where the system can say so."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (ImportError, OSError):
        return
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + GIGABYTE,) * 2)


def _forgetpeak() -> None:
    """Count the peak of memory anew; Linux alone can."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def peak() -> float:
    """Megabytes that the process had at most, since its peak was forgotten; 0 where nobody says."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0.0
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
