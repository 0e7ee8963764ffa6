"""The figures of the stage, against a history that is written down by hand."""

from pathlib import Path

import numpy as np
import pytest

from liveviz.runtime.frame_times import Figures
from liveviz.runtime.ipc.links import Statuses
from liveviz.runtime.ipc.status import AudioStatus, ControlStatus, EngineStatus, StageStatus
from liveviz.runtime.options import ShowOptions
from liveviz.runtime.stats import compose, percentiles
from liveviz.runtime.tick import TickFrame
from liveviz.spec import ImageFrame, ParameterFrame

OPTIONS = ShowOptions("demo", "default", Path("x.toml"), (64, 36), 10.0, 0, "testcard", "headless", None, None, False,
                      None, (), None, None, False, started=100.0)  # fmt: skip
PIXELS = np.zeros((4, 4, 4), np.uint8)


class Schedule:
    interval = 0.1
    due = 0.0


def present(
    figures: Figures, number: int, due: float, presented: float, hop: int, hop_time: float, stale: bool = False
) -> None:
    schedule = Schedule()
    schedule.due = due
    image = ImageFrame(PIXELS, number, due, hop_time, hop)
    figures.frame(TickFrame(due, 0.1, ParameterFrame(number, due, {}, ()), image, None), presented, schedule, stale)


def test_late_is_after_the_next_frame_was_due_or_an_old_image() -> None:
    figures = Figures(OPTIONS)
    present(figures, 0, 101.0, 101.05, 0, 100.99)
    present(figures, 1, 101.1, 101.199, 20, 101.09)
    present(figures, 2, 101.2, 101.301, 40, 101.19)  # late by 1 ms
    present(figures, 2, 101.3, 101.35, 40, 101.19, stale=True)
    report = figures.report()
    assert report["frames"]["presented"] == 4
    assert report["frames"]["rendered"] == 3
    assert report["frames"]["late"] == 2
    assert report["first_frame_s"] == pytest.approx(1.05)
    assert report["frames"]["fps"] == pytest.approx(3 / 0.3)


def test_every_hop_counts_and_waits_for_the_frame_that_used_it() -> None:
    figures = Figures(OPTIONS)
    present(figures, 0, 1.0, 1.02, 100, 1.000)
    present(figures, 1, 1.1, 1.13, 104, 1.100)  # hops 101 to 104 ended at 1.025, 1.05, 1.075, 1.1
    assert sorted(figures.waits) == pytest.approx([0.03, 0.055, 0.08, 0.105])
    present(figures, 1, 1.2, 1.23, 104, 1.100)  # nothing new
    assert len(figures.waits) == 4
    present(figures, 2, 1.3, 1.33, 3, 1.290)  # the ears began anew
    present(figures, 3, 1.4, 1.43, 5, 1.390)
    assert sorted(figures.waits)[:2] == pytest.approx([0.03, 0.04])


def test_nothing_heard_is_no_latency() -> None:
    figures = Figures(OPTIONS)
    present(figures, 0, 1.0, 1.02, -1, float("-inf"))
    assert figures.report()["audio_to_frame"] == {"p50": 0.0, "p95": 0.0, "p99": 0.0}


def test_percentiles_are_numpy_s() -> None:
    values = np.random.default_rng(4).random(1001)
    found = percentiles(values)
    assert [found["p50"], found["p95"], found["p99"]] == pytest.approx(np.percentile(values, [50, 95, 99]), abs=1e-3)


def test_stats_have_their_layout_even_where_nobody_spoke() -> None:
    found = compose(Statuses(AudioStatus(), ControlStatus(), EngineStatus(), StageStatus()), {"audio": 2})
    assert set(found) >= {"frames", "engine", "audio", "latency_ms", "control"}
    assert found["restarts"] == {"ears": 2}  # scripts know it by that name
    assert found["control"]["osc"] == {"received": 0, "applied": 0, "rejected": 0, "dropped": 0}
