"""What was compiled is kept whole, for its facts alone, and nothing of somebody else's is ever loaded; by every backend that
keeps something."""

import logging
import os
import stat
import sys
from pathlib import Path

import pytest
from heart import plain_generator, small

from liveviz import engine
from liveviz.system.cache import KEPT_FILES, Cache, private


def test_plans_are_kept_whole_and_only_for_their_facts(tmp_path: Path) -> None:
    plans, facts = Cache(tmp_path, "plans"), {"gpu": "a"}
    assert plans.load(facts) is None
    path = plans.store(facts, b"native code")
    assert path is not None and plans.load(facts) == b"native code"
    assert [p.name for p in path.parent.iterdir()] == [path.name]  # no draft is left
    other = plans.path({"gpu": "b"})
    assert other is not None
    other.write_bytes(path.read_bytes())  # a plan for another card under this one's name
    assert plans.load({"gpu": "b"}) is None
    for damage in (b"", path.read_bytes()[:-1], path.read_bytes()[:-1] + b"\0", b"x" * 200):
        path.write_bytes(damage)
        assert plans.load(facts) is None
    assert Cache(None, "plans").store(facts, b"x") is None and Cache(None, "plans").load(facts) is None


def test_the_oldest_plans_are_forgotten(tmp_path: Path) -> None:
    plans = Cache(tmp_path, "plans")
    for n in range(KEPT_FILES + 4):
        path = plans.store({"n": n}, b"x")
        assert path is not None
        os.utime(path, (n, n))
    assert [plans.load({"n": n}) for n in range(KEPT_FILES + 4)].count(None) in (3, 4)
    assert plans.load({"n": KEPT_FILES + 3}) == b"x"


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")
def test_nothing_is_loaded_from_where_others_can_write(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Cache(tmp_path, "plans").store({}, b"native code")
    folder = tmp_path / "plans"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and private(folder)
    for mode in (0o777, 0o770, 0o702):
        folder.chmod(mode)
        assert not private(folder)
        assert Cache(tmp_path, "plans").load({}) is None
        assert Cache(tmp_path, "plans").store({}, b"y") is None
    assert "others can write into" in caplog.text
    folder.chmod(0o700)
    assert Cache(tmp_path, "plans").load({}) == b"native code"
    moved = tmp_path / "elsewhere"
    folder.rename(moved)
    folder.symlink_to(moved)  # a link may be turned to anywhere
    assert not private(folder) and Cache(tmp_path, "plans").load({}) is None
    assert not private(tmp_path / "missing")


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")
def test_a_backend_loads_no_compiled_graph_from_where_others_can_write(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    generator = plain_generator(small(16), 1)
    engine.create("openvino", generator, cache=tmp_path, precision="f32").close()
    (folder,) = {path.parent for path in tmp_path.rglob("*.openvino")}
    assert private(folder)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    folder.chmod(0o777)
    with caplog.at_level(logging.WARNING):
        engine.create("openvino", generator, cache=tmp_path, precision="f32").close()
    assert "others can write into" in caplog.text
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
