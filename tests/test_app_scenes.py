"""Scenes and shows in a real show, asked for over OSC: gone to, kept in the file, taken back, and there again after a death."""

import os
import signal
import tomllib
from pathlib import Path

import pytest
from live_show import LiveShow, ask, free_port
from pythonosc.udp_client import SimpleUDPClient

pytestmark = pytest.mark.live  # its time is the wall clock's: it runs alone

SHOW = """version = 1   # mine
[latent]
base = { seeds = [1, 2], loop_bars = 8 }

[[scene]]
name = "deep"   # the first
fade = 0.2
values = { "pca.0" = 3.0 }

[[scene]]
name = "high"
fade = 0.2
at = "beat"
values = { "pca.0" = -3.0 }
"""


def test_scenes_are_gone_to_kept_and_taken_back(tmp_path: Path) -> None:
    mapping, port = tmp_path / "mine.toml", free_port()
    mapping.write_text(SHOW)
    words = ("demo", "--headless", "--backend", "testcard", "--size", "160x90", "--mapping", mapping)
    with LiveShow(tmp_path, *words, "--osc", f"127.0.0.1:{port}", "--midi", "none", "--debug", cwd=tmp_path) as show:
        show.plays()
        client = SimpleUDPClient("127.0.0.1", port)

        def at(address: str) -> object:
            return ask(port, address)

        client.send_message("/liveviz/scene", "deep")
        show.until(lambda: at("/liveviz/pca/0") == pytest.approx(1.0), 20.0, "the first scene")
        client.send_message("/liveviz/scene", "nobody")
        show.wait_for("no scene 'nobody'; there are deep, high")
        client.send_message("/liveviz/scene/next", [])
        show.until(lambda: at("/liveviz/pca/0") == pytest.approx(0.0), 20.0, "the next scene, on the beat")
        client.send_message("/liveviz/undo", [])
        show.until(lambda: at("/liveviz/pca/0") == pytest.approx(1.0), 20.0, "what was before")
        client.send_message("/liveviz/pca/1", 0.9)
        show.until(lambda: at("/liveviz/pca/1") == pytest.approx(0.9), 20.0, "a hand")
        client.send_message("/liveviz/scene/store", "mine ü")
        show.wait_for("scene 'mine ü' kept")
        text = mapping.read_text()
        assert text.startswith(SHOW) and tomllib.loads(text)["scene"][2]["values"]["pca.1"] == pytest.approx(2.4)
        client.send_message("/liveviz/mapping", "chroma")
        show.until(lambda: at("/liveviz/mapping") == "chroma", 20.0, "another show")
        client.send_message("/liveviz/mapping", "../../etc/passwd")
        show.wait_for("no show '../../etc/passwd'")
        stage = show.child("stage")
        os.kill(stage, signal.SIGKILL)  # it goes on with the show that was asked for
        show.until(lambda: show.child("stage") != stage, 30.0, "another stage")
        show.until(lambda: at("/liveviz/mapping") == "chroma", 20.0, "the show that was asked for")
        client.send_message("/liveviz/mapping", "mine")
        show.until(lambda: at("/liveviz/mapping") == "mine", 30.0, "the first show again")
        client.send_message("/liveviz/scene", "mine ü")
        show.until(lambda: at("/liveviz/pca/1") == pytest.approx(0.9, abs=1e-3), 30.0, "the scene that was kept")


def test_a_show_of_ours_is_copied_before_it_is_written_into(tmp_path: Path) -> None:
    port = free_port()
    words = ("demo", "--headless", "--backend", "testcard", "--size", "160x90", "--mapping", "knobs")
    own = {"XDG_DATA_HOME": str(tmp_path / "data")}
    with LiveShow(tmp_path, *words, "--osc", f"127.0.0.1:{port}", "--midi", "none", env=own, cwd=tmp_path) as show:
        show.plays()
        client = SimpleUDPClient("127.0.0.1", port)
        for n in (1, 2):
            client.send_message("/liveviz/scene/store", [])
            show.wait_for(f"scene 'scene {n}' kept")
    kept = tomllib.loads((tmp_path / "data" / "liveviz" / "mappings" / "knobs.toml").read_text())
    assert [scene["name"] for scene in kept["scene"]] == ["scene 1", "scene 2"]


def test_a_control_is_learned_into_the_file(tmp_path: Path) -> None:
    mapping, port = tmp_path / "mine.toml", free_port()
    mapping.write_text(SHOW)
    words = ("demo", "--headless", "--backend", "testcard", "--size", "160x90", "--mapping", mapping)
    with LiveShow(tmp_path, *words, "--osc", f"127.0.0.1:{port}", "--midi", "none", cwd=tmp_path) as show:
        show.plays()
        client = SimpleUDPClient("127.0.0.1", port)

        def routes() -> list[tuple[str, str]]:
            return [(r["from"], r["to"]) for r in tomllib.loads(mapping.read_text()).get("route", [])]

        client.send_message("/liveviz/learn", "bend.zoom")
        client.send_message("/liveviz/pca/3", 0.9)  # a parameter's own address is no control
        client.send_message("/my/fader", 0.25)
        show.until(lambda: routes() == [("/my/fader", "bend.zoom")], 20.0, "the route in the file")
        assert mapping.read_text().startswith(SHOW)
        client.send_message("/my/fader", 1.0)
        show.until(lambda: ask(port, "/liveviz/bend/zoom") == pytest.approx(1.0), 20.0, "the fader moves it")
        client.send_message("/liveviz/learn", "bend.zoom")
        client.send_message("/other", 0.5)
        show.until(lambda: routes() == [("/other", "bend.zoom")], 20.0, "another in its place")
        client.send_message("/liveviz/learn/add", "bend.zoom")
        client.send_message("/third", 0.5)
        show.until(lambda: routes() == [("/other", "bend.zoom"), ("/third", "bend.zoom")], 20.0, "one beside it")
        client.send_message("/liveviz/learn", "pca.1")
        client.send_message("/liveviz/learn", "")
        client.send_message("/third", 1.0)
        show.until(lambda: ask(port, "/liveviz/bend/zoom") == pytest.approx(1.0), 20.0, "it plays as before")
        assert len(routes()) == 2
        client.send_message("/liveviz/learn", "nothing.at.all")
        show.wait_for("nothing.at.all is no parameter")
