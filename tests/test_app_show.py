"""The parent of a show decides when a child that died is started again."""

import time
from pathlib import Path

import pytest

from liveviz.runtime import paths
from liveviz.runtime.options import ShowOptions
from liveviz.runtime.processes.supervisor import Show
from liveviz.system.clock import now


class Dead:
    """A process that has ended."""

    exitcode = -9

    def join(self) -> None:
        pass


@pytest.fixture
def show(tmp_path: Path) -> Show:
    mapping = paths.find_mapping("default")
    return Show(ShowOptions("demo", "default", mapping, (64, 36), 15.0, 0, "testcard", "headless", None, None, False,
                            "none", None, None, tmp_path / "stats.json", False, started=time.monotonic()))  # fmt: skip


def bury(show: Show, well_for: float) -> float:
    """Let the ears die `well_for` seconds after they were well; seconds until they are started again."""
    room = show._rooms["ears"]
    room.process, room.was_ready, room.ready_since = Dead(), True, now() - well_for  # type: ignore[assignment]
    show._buried(room, {})
    assert show._failed is None
    return room.next_start - now()


def test_who_was_well_is_started_again_at_once_however_often(show: Show) -> None:
    assert all(bury(show, 10.0) <= 0.0 for _ in range(8))


def test_who_dies_as_soon_as_it_lives_is_given_longer_and_longer(show: Show) -> None:
    waits = [bury(show, 0.1) for _ in range(4)]
    assert waits[0] <= 0.0 and 0.3 < waits[1] < waits[2] < waits[3] < 3.0
    assert bury(show, 10.0) <= 0.0
