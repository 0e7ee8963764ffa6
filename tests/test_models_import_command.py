"""`liveviz model import` and `--model FILE`, as a user types them."""

import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from foreign_files import FIXTURES, stylegan
from heart import close_to_original, plain_generator, small
from hostile_containers import SYSTEM
from pickle_writer import pickled

from liveviz import engine
from liveviz.cli import main
from liveviz.models import open_model
from liveviz.models.stylegan.config import GeneratorConfig


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A StyleGAN2 pickle."""
    path = tmp_path / "theirs.pkl"
    path.write_bytes(stylegan(plain_generator(small(16), 40)))
    return path


def test_it_compares_and_writes_a_bundle(
    theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main.main(["model", "import", str(theirs)]) == 0
    printed = capsys.readouterr().out
    assert "StyleGAN2, stylegan2-skip, 16 x 16" in printed
    assert "worst pixel difference" in printed
    card = tomllib.loads((tmp_path / "theirs" / "card.toml").read_text())
    assert card["licence"] == "unknown (the file does not say)"
    assert card["origin"].startswith("imported from theirs.pkl, SHA-256 ")
    assert open_model(tmp_path / "theirs", []).fingerprint == open_model(theirs, []).fingerprint
    assert main.main(["model", "import", str(theirs)]) == 1  # what is there is not written over
    assert main.main(["model", "import", str(theirs), "-o", str(theirs / "inside")]) == 1
    assert "out: cannot write" in capsys.readouterr().err
    assert main.main(["model", "import", str(theirs), "-o", str(tmp_path / "other")]) == 0


def test_it_writes_nothing_that_the_engine_draws_differently(
    theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    create = engine.create

    def a_little_wrong(name: str, *given: Any, **more: Any) -> Any:
        made = create(name, *given, **more)
        if name != "reference":
            draws = made.synthesize
            made.synthesize = lambda *asked: draws(*asked) * 1.01
        return made

    words = ["model", "import", str(theirs), "-o", str(tmp_path / "out")]
    with monkeypatch.context() as patched:
        patched.setattr(engine, "create", a_little_wrong)
        assert main.main(words) == 1
    assert not (tmp_path / "out").exists()
    assert main.main(words) == 0


def test_a_harmful_file_is_one_line(liveviz, tmp_path: Path) -> None:
    path = tmp_path / "harm.pkl"
    path.write_bytes(pickled({"G_ema": SYSTEM}))
    done = liveviz("still", path, "-o", tmp_path / "x.png")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "made to do harm; nothing in it was run" in done.stderr


@pytest.mark.skipif(not FIXTURES.exists(), reason="shared fixtures are not here")
def test_a_foreign_file_is_drawn_directly(liveviz, tmp_path: Path) -> None:
    file = FIXTURES / "sg2ada_32_class.pkl"
    truth = np.load(file.with_suffix(".npz"))
    for name in ("z", "c"):
        np.save(tmp_path / f"{name}.npy", truth[name])
    latents = ["--z", tmp_path / "z.npy", "--c", tmp_path / "c.npy", "--psi", "0.7"]
    done = liveviz("still", file, "-o", tmp_path / "x.npy", "--backend", "reference", *latents)
    assert done.returncode == 0, done.stderr
    assert close_to_original(np.load(tmp_path / "x.npy"), truth["img_psi07"], halves=True)


def test_reading_needs_neither_torch_nor_an_engine(theirs: Path) -> None:
    code = "import sys; from liveviz import models; models.open_model(sys.argv[1], []); print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code, theirs], capture_output=True, text=True, timeout=60, check=True)
    assert not {"torch", "openvino", "pickle5", "dill"} & set(done.stdout.split())


@pytest.mark.soak
@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not say what a process took")
def test_the_largest_file_is_imported_in_seconds(liveviz, tmp_path: Path) -> None:
    """1024 x 1024, 33 million weights, compared on four latents: 10 s on two quiet cores are the goal."""
    import resource

    path = tmp_path / "large.pkl"
    path.write_bytes(stylegan(plain_generator(GeneratorConfig(1024), 41)))
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = liveviz("model", "import", path, "-o", tmp_path / "out", timeout=300)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{path.stat().st_size / 2**20:.0f} MiB imported in {seconds:.1f} s, {spent:.1f} s of CPU\n{done.stdout}")
    assert seconds < 120.0
