"""What the control messages of a show did, told where a hand looks: `liveviz monitor` alone and beside a show, the show's
log, and the answers to questions. Real senders: python-osc, and liblo's oscsend."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from live_show import ROOT, LiveShow, free_port, read_stats
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from waiting import wait_until

from liveviz import models, signals
from liveviz.cli import arguments
from liveviz.inputs.control.osc_packet import read_packet
from liveviz.inputs.control.sources.osc import Packet
from liveviz.mapping import Facts, Performer
from liveviz.runtime import composition, hints, mapping_file, model_choice, paths
from liveviz.runtime.ipc.status import EngineStatus
from liveviz.runtime.message_account import Accounts
from liveviz.runtime.message_log import ControlPage
from liveviz.runtime.model_facts import Teller, read
from liveviz.spec import ControlMessage, UsageError

SMALL = ("--size", "320x180", "--headless", "--backend", "testcard", "--midi", "none")


def packet(address: str, *values: object) -> bytes:
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder.build().dgram


def told(accounts: Accounts, address: str, *values: object) -> str:
    messages = tuple(read_packet(packet(address, *values), None))
    (line,) = accounts.arrived(Packet(0.0, ("192.0.2.7", 5), messages, ()))
    head, _, did = line.partition(" -> ")
    assert head.startswith(f"osc 192.0.2.7 {address}")
    return did


@pytest.fixture
def accounts() -> Accounts:
    body = (
        'version = 1\n[[route]]\nfrom = "/xy/1"\nto = "pca.0"\n'
        '[[route]]\nfrom = "midi.cc.1"\nto = "pca.green-to-violet"\n'
    )
    program = composition.load_mapping(body, model="default")
    one = Accounts(program, signals.all_outputs(()))
    one.facts, one.names = Facts("stylegan2-skip", (8, 16), 16), ("green to violet",)
    one.frame = one.still()
    return one


def test_every_line_says_what_was_done_or_why_nothing(accounts: Accounts) -> None:
    assert told(accounts, "/liveviz/bend/twirl", 0.75) == "bend.twirl at layer 16 to 0.5 turns"
    assert "does nothing: post.colour.amount is 0" in told(accounts, "/liveviz/post/colour/hue", 0.7)
    assert "only a StyleGAN3" in told(accounts, "/liveviz/view/zoom", 0.7)
    assert told(accounts, "/xy", 0.1, 1.0) == "pca.0 (green to violet) to 3"
    assert told(accounts, "/xz", 0.1, 1.0) == "nobody listens to it"
    assert told(accounts, "/liveviz/bend/twril", 1.0) == "nobody listens to it; did you mean /liveviz/bend/twirl?"
    assert told(accounts, "/liveviz/pca/1", "loud") == "a word, where a number is played"
    assert told(accounts, "/liveviz/pca/1", "0.5") == "pca.1 to 0"
    assert told(accounts, "/liveviz/pca/1", b"blob") == "no number in it"
    assert told(accounts, "/liveviz/pca/1", "?") == "asked for its value"
    assert told(accounts, "/liveviz/model", "wide") == "asks for the generator 'wide'"
    assert told(accounts, "/liveviz/model", 1.0) == "wants the name of a generator"
    assert told(accounts, "/liveviz/rest").startswith("back to rest: pca.0, ")
    assert told(accounts, "/liveviz/rest") == "nothing to do: a hand has moved nothing, or the button was released"
    knob = ControlMessage("midi.cc.1.ch.1", 0.9, 0.0, "", "nanoKONTROL2")
    assert "stays at 0: its knob is at 90 %, turn it down to 50 %" in accounts.midi(knob)
    line = accounts.midi(knob._replace(address="midi.cc.2.ch.1"))
    assert line == "midi nanoKONTROL2 midi.cc.2.ch.1 0.900 -> nobody listens to it"
    assert accounts.unheard["midi.cc.2.ch.1"] == "nobody listens to it (nanoKONTROL2)"
    (line,) = accounts.arrived(Packet(0.0, ("192.0.2.7", 5), (), ("/a: a number that is not finite",)))
    assert line == "osc 192.0.2.7 refused: /a: a number that is not finite"


def test_a_page_says_once_what_nobody_hears_and_tells_its_monitors_only_here(caplog: pytest.LogCaptureFixture) -> None:
    class Port:
        def __init__(self) -> None:
            self.sent: list[tuple[str, str, tuple]] = []

        def send(self, address: str, value: str, to: tuple) -> None:
            self.sent.append((address, value, to))

    caplog.set_level("INFO")
    page, port = ControlPage(False, "/liveviz/monitor"), Port()
    for _ in range(3):
        page.unheard("/foo", "nobody listens to it")
    assert [r.message for r in caplog.records] == ["/foo: nobody listens to it"]
    for n in range(1000):
        page.unheard(f"/{n}", "nobody listens to it")
    assert len(caplog.records) == 20 and "liveviz monitor" in caplog.records[-1].message
    page.monitor(("198.51.100.1", 9))
    page.monitor(("127.0.0.1", 9))
    page.add("one", port)  # type: ignore[arg-type]
    assert port.sent == [("/liveviz/monitor", "one", ("127.0.0.1", 9))]
    for n in range(500):
        page.add(f"line {n}", None)
    caplog.clear()
    page.show()
    assert [r.message.split("  ")[-1] for r in caplog.records][-2:] == ["line 498", "line 499"]
    assert len(caplog.records) == 31


def test_what_the_engine_says_of_bends_that_wait_and_do_not_come(caplog: pytest.LogCaptureFixture) -> None:
    class Live:
        layers, directions, building, lacks = (8, 16), 3, True, True

        def lacking(self, frame):
            return frame.bends if self.lacks else []

    class Playing:
        drawing, generator = Live(), None

    caplog.set_level("INFO")
    show = Accounts(composition.load_mapping("version = 1\n"), signals.all_outputs(()))
    told(show, "/liveviz/bend/twirl", 1.0)
    frame, teller, playing = show.still(), Teller(), Playing()
    facts, _ = read(EngineStatus(**teller.describe(playing, frame)))  # type: ignore[arg-type]
    assert facts.waiting == {("twirl", 16)} and facts.layers == (8, 16) and facts.directions == 3
    playing.drawing.building = False
    facts, _ = read(EngineStatus(**teller.describe(playing, frame)))  # type: ignore[arg-type]
    assert facts.refused == {("twirl", 16)} and not facts.waiting
    playing.drawing.lacks = False
    facts, _ = read(EngineStatus(**teller.describe(playing, frame)))  # type: ignore[arg-type]
    assert not facts.refused
    assert read(EngineStatus()) == (Facts(), ())


class Monitor:
    """`liveviz monitor ...` in the background."""

    def __init__(self, home: Path, *args: object) -> None:
        environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT)}
        self.log = Path(home) / f"monitor-{time.monotonic_ns()}.log"
        with self.log.open("w") as log:
            command = [sys.executable, "-m", "liveviz", "monitor", *map(str, args)]
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)

    def __enter__(self) -> "Monitor":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def until(self, text: str, do=lambda: None) -> str:
        """Everything it has printed once `text` is in it; `do` is done again and again meanwhile."""

        def said() -> bool:
            assert self.process.poll() is None, f"it has ended, and {text!r} is not in {self.log.read_text()!r}"
            if text in self.log.read_text():
                return True
            do()
            return False

        wait_until(said, 30.0, lambda: f"{text!r} in {self.log.read_text()!r}", look=0.1)
        return self.log.read_text()


@pytest.mark.live
@pytest.mark.skipif(shutil.which("oscsend") is None, reason="liblo-tools are not installed")
def test_monitor_alone_listens_itself(home: Path) -> None:
    port = free_port()

    def send(*words: str) -> None:
        subprocess.run(["oscsend", f"osc.udp://127.0.0.1:{port}", *words], check=True)

    with Monitor(home, "--osc", f"127.0.0.1:{port}", "--midi", "none", "--mapping", "knobs") as monitor:
        monitor.until("listening to OSC")
        send("/liveviz/bend/twirl", "f", "0.75")
        send("/liveviz/pca/*", "f", "1")
        send("/größe", "I")
        said = monitor.until("/größe")
        assert "/liveviz/bend/twirl 0.75 -> bend.twirl at layer 16 to 0.5 turns" in said
        assert "refused: '/liveviz/pca/*': a pattern" in said and "/größe -> nobody listens to it" in said
        monitor.process.send_signal(signal.SIGINT)
        assert monitor.process.wait(10) == 0


@pytest.mark.live
def test_a_show_answers_tells_its_monitor_and_says_once_what_nobody_hears(home: Path, tmp_path: Path) -> None:
    port, stats = free_port(), tmp_path / "stats.json"
    args = ("demo", *SMALL, "--osc", f"127.0.0.1:{port}", "--seconds", "60", "--stats", stats)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth,
    ):
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(5.0)
        mouth.connect(("127.0.0.1", port))
        with LiveShow(home, *args, "--osc-reply", ear.getsockname()[1], cwd=tmp_path) as show:
            show.wait_for("pictures:")

            def ask(address: str) -> list:
                mouth.send(packet(address, "?"))
                answer = OscMessage(ear.recv(1024))
                assert answer.address == address
                return answer.params

            assert ask("/liveviz/model") == ["wide"]
            assert ask("/liveviz/mapping") == ["default"]
            assert 0.0 <= ask("/liveviz/tempo")[0] <= 300.0
            assert ask("/liveviz/section")[0] in range(12)
            rest = ask("/liveviz/pca/0")
            with Monitor(home, "--osc", f"127.0.0.1:{port}") as monitor:
                move = packet("/liveviz/pca/0", 1.0)
                said = monitor.until("/liveviz/pca/0 1 -> pca.0 to 3", lambda: mouth.send(move))
                assert "a program listens" in said
                monitor.until("/nobody 1 2 -> nobody listens to it", lambda: mouth.send(packet("/nobody", 1.0, 2.0)))
                mouth.send(packet("/liveviz/post/film/grain", 1.0))
                monitor.until("which does nothing: post.film.amount is 0")
            show.until(lambda: ask("/liveviz/pca/0") == [1.0], 5)
            mouth.send(packet("/liveviz/rest"))
            show.until(lambda: ask("/liveviz/pca/0") == rest, 5)
            mouth.send(packet("/liveviz/post/film/grain", 0.5))
            show.wait_for("post.film.grain does nothing: post.film.amount is 0", 5)
            mouth.send(packet("/liveviz/model", "waid"))
            show.wait_for("there is none of that name", 5)
            assert show.interrupt() < 5.0
        assert len(re.findall("/nobody", show.said)) == 1, show.said
        assert len(re.findall("film.grain does nothing", show.said)) == 1, show.said
    assert read_stats(stats)["control"]["osc"]["rejected"] == 0


@pytest.mark.parametrize("wrong", ["banana", "0", "70000", "1.2.3.4:0", "stage.example:9001", ":9001"])
def test_a_place_for_answers_that_is_none(wrong: str) -> None:
    with pytest.raises(UsageError, match="osc"):
        arguments.reply(wrong)


def test_places_for_answers() -> None:
    assert arguments.reply("9001") == (None, 9001)
    assert arguments.reply("192.0.2.1:9001") == ("192.0.2.1", 9001)
    assert arguments.reply("[::1]:9001") == ("::1", 9001)


@pytest.mark.live
def test_monitor_of_a_port_that_some_other_program_has(home: Path, liveviz) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        done = liveviz("monitor", "--osc", f"127.0.0.1:{other.getsockname()[1]}", "--midi", "none")
    assert done.returncode == 1 and "no show of liveviz" in done.stderr and "Traceback" not in done.stderr


class Said:
    """A status that a test writes."""

    def __init__(self, **content: Any) -> None:
        self.content = EngineStatus(**content)

    def read(self) -> EngineStatus:
        return self.content


def test_the_overlay_tells_name_way_and_reason_of_the_last_control(
    caplog: pytest.LogCaptureFixture, monkeypatch
) -> None:
    time_now = [100.0]
    monkeypatch.setattr(hints, "now", lambda: time_now[0])
    caplog.set_level("INFO")

    class Links:
        def __init__(self) -> None:
            names = ["green to violet"]
            self.engine_status = Said(
                model="default", architecture="stylegan2-skip", direction_names=names, plane=False
            )

    program = composition.load_mapping('version = 1\n[[route]]\nfrom = "midi.cc.1"\nto = "pca.0"\n')
    show = Performer(program, composition.registry(), signals.all_outputs(()))
    hint = hints.Hints(Links())  # type: ignore[arg-type]

    def after(seconds: float, *messages: ControlMessage) -> tuple:
        time_now[0] += seconds
        unheard = next((m for m in messages if not show.control(m)), None)
        hint.step(show, show.step(None, time_now[0], 0.03), unheard)
        return hint.touched, hint.text

    assert after(1.0) == (None, "") and hint.model == "default"
    touched, text = after(1.0, ControlMessage("midi.cc.1.ch.1", 0.125, 0.0))
    assert touched == ("pca.0 (green to violet)", 0.0) and "at 12 %, turn it up to 50 %" in text
    for _ in range(3):
        touched, text = after(1.0, ControlMessage("/liveviz/view/x", 0.75, 0.0))
        after(1.0)
        assert touched == ("view.x", 1.0) and text.startswith("does nothing: only a StyleGAN3")
    assert [r.message for r in caplog.records] == [
        "view.x does nothing: only a StyleGAN3 has a view, and this is stylegan2-skip"
    ]
    assert after(2.0, ControlMessage("midi.cc.9.ch.1", 0.5, 0.0)) == (("midi.cc.9.ch.1", 0.5), "nobody listens to it")
    assert after(2.0)[1] == "nobody listens to it"
    assert after(0.5, ControlMessage("/liveviz/truncation_psi", 1.0, 0.0)) == (("truncation_psi", 1.5), "")
    assert after(0.1, ControlMessage("/noise", 0.5, 0.0)) == (("truncation_psi", 1.5), "")


def test_a_wrong_name_of_a_generator_is_in_the_overlay_for_a_while(monkeypatch, tmp_path: Path) -> None:
    class Nothing:
        def read(self) -> None:
            return None

        def write(self, content: bytes) -> None:
            self.asked = content

    class Links:
        model, engine_status = Nothing(), Said()

    time_now = [100.0]
    monkeypatch.setattr(model_choice, "now", lambda: time_now[0])
    choice = model_choice.ModelChoice("default", None, "default", Links())  # type: ignore[arg-type]
    choice.ask("waide")
    assert choice.mistake == "no model 'waide': did you mean 'wide'?"
    time_now[0] += 11.0
    assert choice.mistake == ""
    choice.ask("nothing like it at all")
    assert "there are default, light, wide" in choice.mistake
    choice.ask("wide")
    assert choice.mistake == "" and Links.model.asked == b"wide"


def test_names_of_directions_follow_the_generator_that_plays(tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('version = 1\n[[route]]\nfrom = "midi.cc.1"\nto = "pca.green to violet"\n')

    class Kept:
        def read(self) -> None:
            return None

        def write(self, content: bytes) -> None:
            pass

    mine = mapping_file.MappingFile(file, Kept(), (), "default")  # type: ignore[arg-type]
    first = models.direction_names("default", paths.model_folders()).index("green to violet")
    assert mine.program.routes[0].to == f"pca.{first}"
    folder = tmp_path / "other"
    folder.mkdir()
    card = 'name = "other"\ntrained = true\nlicence = "CC0-1.0"\norigin = "a test"\n'
    (folder / "card.toml").write_text(card + 'direction_names = ["red", "Green to Violet"]\n')

    seconds = [mapping_file.now()]
    monkeypatch.setattr(mapping_file, "now", lambda: seconds[0])

    def look() -> object:
        seconds[0] += 1.0
        return mine.changed()

    assert look() is None
    mine.model = str(folder)
    assert look().routes[0].to == "pca.1"  # type: ignore[attr-defined]
    mine.model = str(tmp_path)
    assert look() is None and "no parameter 'pca.green to violet'" in mine.mistake
    assert mine.program.routes[0].to == "pca.1"


@pytest.mark.live
def test_a_bend_that_no_route_names_acts_and_keys_show_the_page_and_rest(
    home: Path, tmp_path: Path, display: str
) -> None:
    """Over `knobs`, which bends nothing: it says that it is compiled for, and then that it is there."""
    port = free_port()
    args = ("demo", "--size", "320x180", "--mapping", "knobs", "--midi", "none", "--osc", f"127.0.0.1:{port}")

    def key(name: str) -> None:
        env = {**os.environ, "DISPLAY": display}
        found = subprocess.run(["xdotool", "search", "--name", "liveviz"], capture_output=True, text=True, env=env)
        subprocess.run(["xdotool", "windowfocus", found.stdout.split()[-1]], env=env)
        subprocess.run(["xdotool", "key", name], check=True, env=env)

    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth,
        LiveShow(home, *args, display=display, cwd=tmp_path) as show,
    ):
        mouth.connect(("127.0.0.1", port))
        mouth.settimeout(5.0)

        def twirl() -> float:
            mouth.send(packet("/liveviz/bend/twirl", "?"))
            return OscMessage(mouth.recv(1024)).params[0]

        show.wait_for("pictures:")
        show.until(lambda: twirl() == 0.5, 10)
        mouth.send(packet("/liveviz/bend/twirl", 1.0))
        show.wait_for("bend.twirl at layer 16: being compiled", 10)
        show.wait_for("bend.twirl at layer 16: it is there", 60)
        key("m")
        show.wait_for("/liveviz/bend/twirl 1 -> bend.twirl at layer 16 to 1 turns", 5)
        assert twirl() == 1.0
        key("r")
        show.until(lambda: twirl() == 0.5, 5)
        assert show.interrupt() < 5.0
