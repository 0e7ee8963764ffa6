"""Nothing phones home: every command runs in an empty home, in processes in which whoever looks up a name, or leaves this
machine, is written down and refused."""

import json
import os
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from heart import plain_generator, small

from liveviz.cli.commands import model
from liveviz.cli.main import COMMANDS
from liveviz.models import Card, write_bundle

QUICK = ["--size", "64x36", "--fps", "5"]
PLAY = ["play", "demo", "--headless", *QUICK, "--seconds", "1.5", "--midi", "none", "--osc", "127.0.0.1:0"]
NEW = ["model", "new", "--resolution", "16", "--channel-base", "64", "--channel-max", "8", "--seed", "1"]
RUNS = [
    [*PLAY, "--record", "tape.mp4", "--stats", "stats.json"],
    ["render", "song.wav", "-o", "song.mp4", *QUICK],
    ["analyze", "song.wav", "-o", "song.json"],
    ["analyze", "song.wav", "-o", "song.png"],
    ["listen", "song.wav", "--seconds", "1"],
    ["calibrate", "--dry-run", "--clicks", "4"],
    ["still", "default", "-o", "still.png"],
    [*NEW, "-o", "new.safetensors"],
    ["model", "info", "default"],
    ["model", "list"],
    ["model", "import", "new.safetensors", "-o", "imported"],
    ["model", "pca", "bundle", "--samples", "300", "--components", "2", "-o", "rows.png"],
    ["model", "sheet", "bundle", "-o", "sheet.png"],
    ["model", "compile", "bundle", "--size", "64x36"],
    ["model", "score", "bundle", "pictures:1", "--count", "33", "--json", "score.json"],
    ["train", "--pictures", "-o", "run", "--stages", "32:1:2:0.001:0.001:1"],
    ["dataset", "draw", "--count", "16", "--size", "16", "-o", "pictures"],
    ["mapping", "list"],
    ["mapping", "check", "default"],
    ["mapping", "show", "default"],
    ["control", "layout", "touchosc", "-o", "show.tosc"],
    ["devices"],
    ["doctor"],
    ["bench", "--backend", "openvino", "--model", "bundle", "--frames", "10", "--json", "bench.json"],
]
EVERY = """
import json, os, sys, time
from pathlib import Path
from liveviz.cli.main import main
log, found, codes = Path(os.environ["NETWORK_LOG"]), {}, {}
for words in json.loads(sys.argv[1]):
    before = log.read_text()
    try:
        codes[" ".join(words)] = main(words)
    except SystemExit as end:  # --help
        codes[" ".join(words)] = end.code
    time.sleep(0.2)  # what a thread does beside it
    found[" ".join(words)] = log.read_text()[len(before):].splitlines()
print(json.dumps({"found": found, "codes": codes}))
"""
NATIVE = "import ctypes; ctypes.CDLL(None).getaddrinfo(b'example.org', None, None, ctypes.byref(ctypes.c_void_p()))"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, root: Path):
    """Runs Python guarded, in an empty home; gives (what it printed, its home, the lines about the network)."""
    if shutil.which("cc") is None or not sys.platform.startswith("linux"):
        pytest.skip("the guard is a C library for Linux")
    folder = tmp_path_factory.mktemp("guard")
    guard, log = folder / "guard.so", folder / "log"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", guard, root / "tests/network_guard.c", "-ldl"], check=True)

    def run(*words: str, cwd: Path = folder) -> tuple[str, Path, list[str]]:
        home = folder / "home"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        log.write_text("")
        kept = ("PATH", "LANG", "LIBGL_ALWAYS_SOFTWARE", "VIRTUAL_ENV")
        environment = {k: os.environ[k] for k in kept if k in os.environ} | {"HOME": str(home), "PYTHONPATH": str(root)}
        environment |= {"LD_PRELOAD": str(guard), "NETWORK_LOG": str(log)}
        done = subprocess.run(
            [sys.executable, "-c", *words], cwd=cwd, env=environment, capture_output=True, text=True, timeout=280
        )
        assert done.returncode == 0, done.stderr
        return done.stdout, home, log.read_text().splitlines()

    return run


@pytest.mark.parametrize(
    ("does", "says"),
    [
        (
            "import socket\ntry: socket.create_connection(('example.org', 80))\nexcept OSError: pass",
            "getaddrinfo example.org",
        ),
        ("import socket\ntry: socket.socket().connect(('192.0.2.1', 80))\nexcept OSError: pass", "connect 192.0.2.1"),
        (NATIVE, "getaddrinfo example.org"),
    ],
)
def test_the_guard_sees_what_it_is_there_for(guarded, does: str, says: str) -> None:
    assert guarded(does)[2] == [says]


def test_no_command_looks_up_a_name_or_leaves_the_machine(guarded, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "song.wav", np.random.default_rng(1).normal(0, 0.1, (16000, 2)), 8000)
    write_bundle(tmp_path / "bundle", small_bundle())
    known = {words[0] for words in RUNS} | {f"model {words[1]}" for words in RUNS if words[0] == "model"}
    actions = [f"model {found.name.rstrip('_')}" for found in pkgutil.iter_modules(model.__path__)]
    runs = RUNS + [[*name.split(), "--help"] for name in (*COMMANDS, *actions) if name not in known]
    printed, home, _ = guarded(EVERY, json.dumps(runs), cwd=tmp_path)
    told = json.loads(printed.splitlines()[-1])
    assert len(told["found"]) == len(runs) and {k: v for k, v in told["found"].items() if v} == {}
    failed = {words for words, code in told["codes"].items() if code}
    assert failed <= {"calibrate --dry-run --clicks 4"}, "where there is no sound card"
    left = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
    ours = (".cache/liveviz/", ".cache/mesa", ".cache/matplotlib/", ".config/matplotlib/", ".cache/fontconfig/")
    assert {name for name in left if not name.startswith(ours)} == set()
    assert any(name.startswith(".cache/liveviz/") for name in left)


def small_bundle():
    from dataclasses import replace

    return replace(plain_generator(small(32), 3), card=Card("bundle", False, "CC0-1.0", "here"))
