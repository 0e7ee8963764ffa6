"""What a show says on standard error: one line each, nothing that steers a terminal, no flood."""

import logging
from collections.abc import Iterator

import pytest

from liveviz.runtime import logs

_log = logging.getLogger("liveviz.runtime")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger("liveviz")
    before = root.handlers[:], root.level, root.propagate, logging.raiseExceptions
    yield
    root.handlers[:], root.level, root.propagate, logging.raiseExceptions = before


def test_a_line_is_one_line_and_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    logs.setup()
    _log.warning("model %r: a\nb \x1b[2J", "x")
    _log.info("hello")
    assert capsys.readouterr().err == "liveviz: warning: model 'x': a b \\x1b[2J\nliveviz: hello\n"


def test_a_flood_of_one_kind_is_cut_and_other_lines_come_through(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(logging.LogRecord, "created", property(lambda r: now[0], lambda r, v: None), raising=False)
    logs.setup()
    for n in range(1000):
        _log.warning("model %r: there is none of that name", n)
    _log.info("mapping: loaded again")
    assert len(capsys.readouterr().err.splitlines()) == logs.BURST_LINES + 1
    now[0] += logs.WINDOW_S
    _log.warning("model %r: there is none of that name", "later")
    assert "later" in capsys.readouterr().err
    logs.setup(debug=True)
    for n in range(10):
        _log.warning("model %r: there is none of that name", n)
    assert len(capsys.readouterr().err.splitlines()) == 10
