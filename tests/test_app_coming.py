"""What is said while another generator is on its way."""

import logging

import pytest

from liveviz.runtime import model_progress
from liveviz.runtime.model_progress import Coming


def test_it_says_what_comes_how_far_it_is_and_when(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "liveviz.runtime")
    time = 100.0
    monkeypatch.setattr(model_progress, "now", lambda: time)
    one = Coming("wide")
    assert one.words(time) == "model wide comes: it is looked at"
    one.told(0, 4)
    time = 112.0
    assert one.words(time) == "model wide comes: compiling the first of 4, for 12 s now"
    one.told(1, 4)
    assert one.words(time) == "model wide comes: 1 of 4 compiled, about 36 s more"
    assert one.words(time + 10.0) == "model wide comes: 1 of 4 compiled, about 26 s more"
    assert (
        one.words(time + 60.0) == "model wide comes: 1 of 4 compiled, any moment"
    )  # it takes longer than the others did
    time = 124.0
    one.told(2, 4)
    assert one.words(time) == "model wide comes: 2 of 4 compiled, about 24 s more"
    assert [r.message for r in caplog.records] == [
        "model wide comes: 1 of 4 compiled, about 36 s more",
        "model wide comes: 2 of 4 compiled, about 24 s more",
    ]
    one.told(3, 4)  # out of the cache: no line of its own
    assert len(caplog.records) == 2
    one.loads()
    assert one.words(time) == "model wide comes: it is loaded"
    one.is_ready()
    assert one.words(time) == "model wide comes in at the next beat"
