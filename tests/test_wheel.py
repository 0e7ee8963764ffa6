"""The wheel carries what a show needs, and plays from any folder without the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's contents, unpacked as an installation would."""
    folder = tmp_path_factory.mktemp("wheel")
    root = Path(__file__).parents[1]
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "-q",
        "-w",
        str(folder),
        str(root),
    ]
    subprocess.run(build, check=True, cwd=folder)
    (wheel,) = folder.glob("liveviz-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_it_carries_what_a_show_needs(installed: Path, root: Path) -> None:
    data = installed / "liveviz/data"
    for kind in ("shaders", "mappings", *(f"engines/{folder.name}" for folder in (root / "engines").iterdir())):
        assert {p.name for p in (data / kind).iterdir()} == {p.name for p in (root / kind).iterdir()}
    sources = {
        p.relative_to(root) for p in (root / "liveviz").rglob("*") if p.is_file() and "__pycache__" not in p.parts
    }
    carried = {
        p.relative_to(installed) for p in (installed / "liveviz").rglob("*") if p.is_file() and data not in p.parents
    }
    assert carried == sources
    metadata = next(installed.glob("*.dist-info/METADATA")).read_text()
    assert "License-Expression: GPL-3.0-or-later" in metadata


def test_it_plays_from_any_folder(installed: Path, home: Path, tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "DISPLAY"}
    environment |= {"PYTHONPATH": str(installed), "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
    done = subprocess.run(
        [sys.executable, "-m", "liveviz", "play", "demo", "--seconds", "1", "--size", "320x180", "--midi", "none"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "liveviz-demo.png").stat().st_size > 10_000
    where = "import liveviz.runtime.paths as p; print(p.shaders())"
    found = subprocess.run([sys.executable, "-c", where], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert found.stdout.strip().startswith(str(installed))
