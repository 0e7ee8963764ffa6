"""A show that ended without an end is gone on with: where hands and scenes had moved it, with its mapping and its generator."""

import os
import signal
from pathlib import Path

import pytest
from live_show import LiveShow, ask, free_port
from pythonosc.udp_client import SimpleUDPClient

from liveviz import mapping
from liveviz.runtime import composition
from liveviz.signals import outputs

SHOW = (
    'version = 1\n[latent]\nbase = { seeds = [1, 2] }\n[[scene]]\nname = "a"\nfade = 0.1\nimages = [[7, -1, 1, 1, 1]]\n'
)
JUNK = (
    {},
    {"values": 3, "images": "x", "scene": 1},
    {
        "values": {"pca.0": "x", "nobody": 1, "pca.1": float("inf")},
        "images": [[1], [1, 2, 3, 4, -5], None],
        "scene": "z",
    },
    {"images": [[1e300, 0, 1, 1, 1]] * 3},
)


def performer() -> mapping.Performer:
    program = mapping.load(SHOW, composition.registry(), outputs(), name="x.toml")
    return mapping.Performer(program, composition.registry(), outputs())


def test_a_state_comes_back_and_junk_changes_nothing() -> None:
    one, two = performer(), performer()
    one.step(None, 0.0, 1 / 30)
    one.scenes.go("a")
    one.recall({"pca.2": 1.5}, 0.0)
    one.step(None, 1.0, 1.0)
    state = one.scenes.state()
    for junk in JUNK:
        two.scenes.restore(junk)
        frame = two.step(None, 0.0, 1 / 30)
        assert frame.values == composition.registry().defaults()
    two.scenes.restore(state)
    frame = two.step(None, 0.1, 1 / 30)
    assert frame["pca.2"] == 1.5 and [t.seed for t in frame.latents] == [7] and two.scenes.current == "a"


@pytest.mark.live
def test_a_killed_show_is_gone_on_with(tmp_path: Path) -> None:
    file, port = tmp_path / "mine.toml", free_port()
    file.write_text(SHOW)
    words = ("demo", "--headless", "--backend", "testcard", "--size", "160x90", "--midi", "none", "--debug")
    osc = ("--osc", f"127.0.0.1:{port}")
    home = {"XDG_STATE_HOME": str(tmp_path / "state")}
    with LiveShow(tmp_path, *words, *osc, "--mapping", file, env=home, cwd=tmp_path) as show:
        show.plays()
        client = SimpleUDPClient("127.0.0.1", port)
        client.send_message("/liveviz/pca/4", 1.0)
        folder = tmp_path / "state" / "liveviz"
        show.until(lambda: any("pca.4" in f.read_text() for f in folder.glob("show-*.json")), 30.0, "the state")
        stage = show.child("stage")
        os.kill(stage, signal.SIGKILL)  # the stage alone: it goes on where it was
        show.until(lambda: show.child("stage") != stage, 30.0, "another stage")
        show.until(lambda: ask(port, "/liveviz/pca/4") == pytest.approx(1.0), 30.0, "what hands had moved")
        os.killpg(show.process.pid, signal.SIGKILL)
        show.process.wait()
    with LiveShow(tmp_path, *words, *osc, "--seconds", "2", env=home, cwd=tmp_path) as show:
        show.wait_for("--resume goes on from there")
        assert show.end() == 0
    with LiveShow(tmp_path, *words, *osc, "--resume", env=home, cwd=tmp_path) as show:
        show.plays()
        show.until(lambda: ask(port, "/liveviz/pca/4") == pytest.approx(1.0), 30.0, "what hands had moved")
        assert ask(port, "/liveviz/mapping") == "mine"
        show.interrupt()
    assert list(folder.glob("show-*.json")) == []
