"""A hundred generators in one show, one after the other: none is missed, and nothing of any is left behind."""

import os
from pathlib import Path

import psutil
import pytest
from heart import bundle
from live_show import LiveShow, read_stats
from pythonosc.udp_client import SimpleUDPClient
from waiting import pace

SWAPS, WARM = 100, 20
NAMES = ("even", "odd", "large")


def shared(process: psutil.Process) -> set[str]:
    """Shared memory that a process has mapped."""
    return {m.path for m in process.memory_maps() if m.path.startswith("/dev/shm/")}


def held(engine: psutil.Process) -> dict[str, int]:
    """What the engine's process has: private memory in MB, open files, threads, children."""
    return {
        "memory": engine.memory_full_info().uss // 2**20,
        "files": engine.num_fds(),
        "threads": engine.num_threads(),
        "children": len(engine.children(recursive=True)),
        "shared": len(shared(engine)),
    }


@pytest.mark.soak
@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="what is held is counted on Linux only")
def test_a_hundred_swaps_leave_nothing_behind(home: Path, tmp_path: Path, display: str) -> None:
    engines = tmp_path / "data" / "liveviz" / "engines"
    for name, resolution, seed in zip(NAMES, (32, 32, 64), (1, 2, 3), strict=True):
        bundle(engines, name, resolution, seed)
    stats = tmp_path / "stats.json"
    words = ("demo", "--size", "320x180", "--fps", 15, "--midi", "none", "--osc", "127.0.0.1:19741", "--stats", stats)
    env = {"XDG_DATA_HOME": str(tmp_path / "data")}
    model = engines / NAMES[0]
    with LiveShow(home, *words, "--model", model, "--debug", display=display, cwd=tmp_path, env=env) as show:
        show.wait_for("pictures: ", 120.0)
        engine, client = psutil.Process(show.child("engine")), SimpleUDPClient("127.0.0.1", 19741)
        rows = []
        for n in range(1, SWAPS + 1):
            client.send_message("/liveviz/model", NAMES[n % len(NAMES)])
            show.until(lambda n=n: show.said.count(" plays") >= n, 280.0, f"swap {n}")
            pace(0.3)  # what was replaced is given back between two images
            rows.append(held(engine))
            if n % 20 == 0:
                print(n, rows[-1], flush=True)
        boxes = shared(engine)
        show.interrupt()
        assert show.process.returncode == 0, show.said
    assert "died" not in show.said and "goes on as it was" not in show.said
    first, last = rows[WARM - 1], rows[-1]
    largest = {key: max(row[key] for row in rows[WARM:]) for key in first}
    assert last["memory"] - first["memory"] < 25 and largest["memory"] - first["memory"] < 60, rows
    for key in ("files", "threads", "shared"):
        assert last[key] <= first[key] + 2, (key, rows)
    assert last["children"] == 0
    assert boxes and not any(os.path.exists(box) for box in boxes)
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(tmp_path) in " ".join(p.info["cmdline"] or [])]
    assert read_stats(stats)["engine"]["model"] in NAMES
