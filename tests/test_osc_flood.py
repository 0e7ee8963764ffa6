"""A flood of OSC at a whole show: the newest value of every address arrives, memory stays, and the show goes on."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from live_show import LiveShow, ask, free_port
from waiting import wait_until

from liveviz.runtime import composition, newest_controls
from liveviz.runtime.ipc import wire
from liveviz.runtime.ipc.shared_memory import Ring
from liveviz.spec import ControlMessage

pytestmark = pytest.mark.live

FLOOD = Path(__file__).with_name("osc_flood.py")
GOOD, MALFORMED = 20_000, 2_000  # a second


def flooded(home: Path, seconds: float) -> None:
    """Play, flood for `seconds`, and look at what has arrived."""
    mapping = home / "plain.toml"
    mapping.write_text("version = 1\n")
    addresses = [p.osc for p in composition.registry() if p.curve == "linear" and p.name.startswith("post.")][:20]
    assert len(addresses) == 20
    port, stats = free_port(), home / "stats.json"
    play = [
        "demo",
        "--headless",
        "--size",
        "128x72",
        "--fps",
        "30",
        "--backend",
        "testcard",
        "--midi",
        "none",
        "--osc",
        f"127.0.0.1:{port}",
    ]
    with LiveShow(home, *play, "--mapping", mapping, "--stats", stats, "--debug", cwd=home) as show:
        show.plays()
        control = psutil.Process(show.child("control"))
        before = control.memory_info().rss
        sender = subprocess.run(
            [sys.executable, FLOOD, str(port), str(seconds), str(GOOD), str(MALFORMED), *addresses],
            capture_output=True,
            text=True,
            check=True,
        )
        sent = json.loads(sender.stdout)
        arrived: dict[str, object] = {}

        def all_newest() -> bool:
            arrived.update({address: ask(port, address) for address in addresses})
            return all(abs(float(arrived[a] or -1) - sent["last"][a]) < 1e-4 for a in addresses)

        wait_until(all_newest, 10.0, lambda: f"the newest of all: {sent} and {arrived}", look=0.2)
        assert control.memory_info().rss - before < 8 << 20
        show.interrupt()
    counts = json.loads(stats.read_text())["control"]["osc"]
    assert counts["received"] + counts["rejected"] + counts["dropped"] >= 0.9 * sent["rate"] * seconds, (
        "none is forgotten"
    )


def test_the_newest_of_every_address_arrives_in_a_flood(tmp_path):
    flooded(tmp_path, 4.0)


@pytest.mark.soak
def test_a_minute_of_flood(tmp_path):
    flooded(tmp_path, 60.0)


def test_in_a_flood_a_frame_does_the_newest_of_each_address_and_every_note():
    fader = [ControlMessage("/fader", (i + 1) / 2000, float(i)) for i in range(1000)]
    button = [ControlMessage("/button", float(i % 2 == 0), float(i)) for i in range(1000)]
    notes = [ControlMessage(f"midi.note.{i % 2}", float(i % 4 > 1), 0.0, port="keys") for i in range(100)]
    words = [ControlMessage("/liveviz/rest", 1.0, 0.0, "bend.zoom")] * 3
    mixed = [message for pair in zip(fader, button, strict=True) for message in pair]
    got = newest_controls.unpacked([wire.pack_control(message) for message in (*mixed, *notes, *words)])
    assert [m for m in got if m.address == "/fader"] == [fader[-1]]
    assert [m.value for m in got if m.address == "/button"] == [1.0, 0.0], "pressed, then let go"
    assert [m for m in got if m.port] == notes and [m for m in got if m.text] == words
    few = mixed[:20]
    assert newest_controls.unpacked([wire.pack_control(message) for message in few]) == few, "no flood: every one"


def test_where_the_stage_takes_nothing_the_newest_value_waits_for_it():
    """The ring between control and stage is bounded, and tells its room, so that nothing is put where it would be lost."""
    ring = Ring(16, 4)
    assert ring.room == 4
    for n in range(4):
        assert ring.put(bytes([n]))
    assert ring.room == 0 and not ring.put(b"x")
    assert len(ring.drain()) == 4 and ring.room == 4
    ring.close(unlink=True)
