"""The mapping file and the files that it points at: found from its own folder, followed while it plays, waited for while
somebody copies them."""

import logging
import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from live_show import LiveShow, read_stats
from PIL import Image
from waiting import pace

from liveviz import models
from liveviz.runtime import composition, open_generator, paths
from liveviz.runtime.ipc.shared_memory import Slot
from liveviz.runtime.ipc.status import EngineStatus, StatusBox
from liveviz.runtime.mapping_file import MappingFile
from liveviz.runtime.model_choice import ModelChoice
from liveviz.spec import LivevizError
from liveviz.system import copying

GOOD = 'version = 1\ntitle = "first"\n'
LONG = (
    GOOD.replace("first", "second")
    + 40 * '[[route]]\nfrom = "rms"\nto = "bend.zoom"\nmix = "add"\nrange = [0.0, 0.1]\n'
)


@pytest.fixture
def slot() -> Iterator[Slot]:
    made = Slot(100_000)
    yield made
    made.close(unlink=True)


def looks(file: MappingFile, seconds: float) -> list[str]:
    """Titles of what it says has changed within that time."""
    end, found = time.monotonic() + seconds, []
    while time.monotonic() < end:
        if (program := file.changed()) is not None:
            found.append(f"{program.title} {len(program.routes)}")
        pace(0.01)
    return found


def test_a_mapping_that_is_copied_slowly_is_never_called_broken(
    tmp_path: Path, slot: Slot, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "show.toml"
    path.write_text(GOOD)
    file = MappingFile(path, slot, ())
    done = threading.Event()

    def copy() -> None:
        with path.open("w") as out:
            for start in range(0, len(LONG), 401):  # cut anywhere: most of these are broken, some are half of it
                out.write(LONG[start : start + 401])
                out.flush()
                pace(0.1)
        done.set()

    copying_it = threading.Thread(target=copy)
    copying_it.start()
    found = []
    while not done.is_set():
        found += looks(file, 0.05)
    found += looks(file, 0.6)
    copying_it.join()
    assert found == ["second 40"] and file.mistake == ""
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]


def test_a_mapping_that_stays_broken_is_told_once_and_a_good_one_heals_it(
    tmp_path: Path, slot: Slot, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "show.toml"
    path.write_text(GOOD)
    file = MappingFile(path, slot, ())
    path.write_text(GOOD + "sead = 4\n")
    assert looks(file, 1.4) == []
    assert file.mistake.startswith("show.toml:3: sead: ") and "'seed'" in file.mistake
    assert len([r for r in caplog.records if "goes on as it was" in r.message]) == 1
    path.unlink()
    assert looks(file, 0.3) == [] and "sead" in file.mistake  # an editor that replaces it
    path.write_text(LONG)
    assert looks(file, 0.6) == ["second 40"] and file.mistake == ""


def test_what_stands_still_and_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    old = tmp_path / "old.toml"
    old.write_text("version = 2\n")
    os.utime(old, (1.0e9, 1.0e9))
    tries = []

    def read() -> None:
        tries.append(time.monotonic())
        raise LivevizError("no")

    for path in (old, tmp_path / "none.toml", tmp_path / ("x" * 300)):
        began = time.monotonic()
        with pytest.raises(LivevizError):
            copying.whole(path, read)
        assert time.monotonic() - began < 0.5
    assert len(tries) == 3


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a mapping, an image and a generator, and the command given somewhere else."""
    shows, here = tmp_path / "shows", tmp_path / "here"
    for made in (shows, here):
        made.mkdir()
    Image.fromarray(np.full((4, 4), 51, np.uint8)).save(shows / "dark.png")
    models.write(shows / "mine.safetensors", models.new(models.small_config(32, 512, 32), 1))
    (shows / "night.txt").write_text('version = 1\nmodel = "mine.safetensors"\nnoise_mask = "dark.png"\n')
    monkeypatch.chdir(here)
    return shows


def test_paths_in_a_mapping_are_from_its_own_folder(folder: Path) -> None:
    for file in (folder / "night.txt", Path("../shows/night.txt")):
        program = composition.load_mapping(file)
        assert program.model is not None and program.noise_mask is not None
        assert Path(program.model).samefile(folder / "mine.safetensors")
        assert Path(program.noise_mask).samefile(folder / "dark.png")
    text = 'version = 1\nmodel = "default"\nnoise_mask = "/somewhere/x.png"\n'
    program = composition.load_mapping(text, folder / "x.toml")
    assert program.model == "default" and program.noise_mask == "/somewhere/x.png"


def test_any_file_is_a_mapping(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    shutil.copy("night.txt", "night")
    shutil.copy("night.txt", "sections")
    for name in ("night.txt", "night", "./sections", str(folder / "night.txt")):
        assert paths.find_mapping(name).samefile(folder / name)
    assert paths.find_mapping("sections") == paths.mappings() / "sections.toml"  # a name of ours is ours
    for name, what in ((".", "folder"), ("none.toml", "no such file"), ("y" * 300, "no such file")):
        with pytest.raises(LivevizError, match=what):
            paths.find_mapping(name)


def test_a_generator_that_is_still_being_copied_is_waited_for(folder: Path) -> None:
    data, target = (folder / "mine.safetensors").read_bytes(), folder / "other.safetensors"
    target.write_bytes(data[:1000])

    def copy() -> None:
        pace(0.3)
        with target.open("ab") as file:
            file.write(data[1000:])

    copying_it = threading.Thread(target=copy)
    copying_it.start()
    found = open_generator.open_model(str(target))
    copying_it.join()
    assert found.fingerprint == models.read(folder / "mine.safetensors").fingerprint


def choice(first: str, named: str | None) -> tuple[ModelChoice, SimpleNamespace]:
    links = SimpleNamespace(model=Slot(4096), engine_status=StatusBox(EngineStatus))
    return ModelChoice(first, named, "default", links), links  # type: ignore[arg-type]


def asked(links: SimpleNamespace) -> str | None:
    found = links.model.read()
    return found[1].tobytes().decode() if found is not None else None


def test_a_live_change_of_model_takes_what_the_start_takes() -> None:
    models_of, links = choice("default", None)
    try:
        models_of.follow("shows/mine.pkl")
        assert asked(links) == "shows/mine.pkl"
        models_of.ask("/etc/passwd")  # over OSC only names
        assert asked(links) == "shows/mine.pkl"
        count = links.model.sequence
        links.engine_status.say(EngineStatus(model="default", mistake="model shows/mine.pkl: there is no such file"))
        models_of.follow("shows/mine.pkl")  # saved once more: the file is there by now
        assert links.model.sequence > count
        models_of.turn(1)
        page = asked(links)
        assert page != "shows/mine.pkl"
        models_of.follow("shows/mine.pkl")  # a save that changes something else
        assert asked(links) == page
        models_of.follow(None)
        assert asked(links) == "default"
    finally:
        links.model.close(unlink=True)
        links.engine_status.close(unlink=True)


def test_where_a_mapping_names_no_model_any_more_what_the_start_had_taken_plays() -> None:
    for first, named, expected in (("one.pkl", "one.pkl", "default"), ("given.pkl", "one.pkl", "given.pkl")):
        models_of, links = choice(first, named)
        try:
            models_of.follow("two.pkl")
            models_of.follow(None)
            assert asked(links) == expected
        finally:
            links.model.close(unlink=True)
            links.engine_status.close(unlink=True)


@pytest.mark.live
def test_a_mapping_saved_with_another_model_beside_it(home: Path, folder: Path) -> None:
    show_file, stats = folder / "show.toml", folder / "stats.json"
    show_file.write_text("version = 1\n")
    words = ("demo", "--headless", "--size", "64x64", "--fps", 10, "--midi", "none", "--osc", "none")
    with LiveShow(home, *words, "--mapping", show_file, "--stats", stats, cwd=folder.parent) as show:
        show.wait_for("pictures: ", 120.0)
        show_file.write_text('version = 1\nmodel = "mine.safetensors"\n')
        show.wait_for("mine.safetensors plays", 120.0)
        show.interrupt()
        assert show.process.returncode == 0, show.said
    assert read_stats(stats)["engine"]["model"].endswith("shows/mine.safetensors")
