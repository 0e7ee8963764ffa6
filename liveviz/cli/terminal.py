"""Signals in a terminal: a bar for a level, a needle for a phase, a light for an event, a row of small bars for what
belongs together (the twelve of chroma). It draws over itself with the escape
sequences that every terminal of today knows; into a pipe it writes one plain page at the end."""

import os
import re
import shutil
import sys
from collections.abc import Sequence
from types import TracebackType

from liveviz.spec import Output, SignalFrame

_GLOW_S = 0.18  # how long an event stays lit
_BAR_LETTERS = 24
_COLUMN_LETTERS = 62
# what a musician looks for, on top: a small window shows no more than that
_FIRST_SIGNALS = (
    "level_db", "tempo", "beat", "downbeat", "bar_phase", "onset", "onset.kick", "onset.snare", "onset.hat", "energy",
    "bands.bass", "bands.mid", "bands.high", "chroma.0", "chord", "section", "section_label", "build", "drop",
)  # fmt: skip
_LEVEL_GLYPHS = " ▁▂▃▄▅▆▇█"
_MEMBER_PATTERN = re.compile(r"(.+)\.\d+")
_EIGHTH_GLYPHS = " ▏▎▍▌▋▊▉█"
_CLEAR, _HOME, _HIDE, _SHOW, _REST = "\x1b[2J", "\x1b[H", "\x1b[?25l", "\x1b[?25h", "\x1b[K"
_DIM, _LIT, _PLAIN = "\x1b[2m", "\x1b[1;33m", "\x1b[0m"


class View:
    """Every signal of `outputs`, in as many columns as fit; from entering to leaving it.

    State: how often each event was seen, and when last.
    """

    def __init__(self, outputs: Sequence[Output]) -> None:
        self._outputs = list(outputs)
        self._counts = [0.0] * len(self._outputs)
        self._lit = [float("-inf")] * len(self._outputs)
        self._groups = _groups([o.name for o in self._outputs])
        names = [self._outputs[group[0]].name for group in self._groups]
        rank = [_FIRST_SIGNALS.index(name) if name in _FIRST_SIGNALS else len(_FIRST_SIGNALS) for name in names]
        self._groups = [self._groups[n] for n in sorted(range(len(rank)), key=rank.__getitem__)]
        self._live = sys.stdout.isatty()
        self._page: list[str] = []

    def __enter__(self) -> "View":
        if self._live:
            if os.name == "nt":
                os.system("")  # what makes a Windows console obey escape sequences
            sys.stdout.write(_CLEAR + _HIDE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            sys.stdout.write(_SHOW + "\n")
        else:
            sys.stdout.write("\n".join(self._page) + "\n")
        sys.stdout.flush()

    def draw(self, frame: SignalFrame | None, title: str, time: float) -> None:
        """Show `frame` as it is at `time` seconds; None before there is one."""
        if frame is None:
            lines = ["no sound yet"]
        else:
            values = frame.values.tolist()
            lines = [
                self._line(group[0], values[group[0]], time) if len(group) == 1 else self._row(group, values)
                for group in self._groups
            ]
        width, height = shutil.get_terminal_size()
        if not self._live:
            self._page = [title, *lines]
            return
        rows = max(1, height - 3)
        columns = min(max(1, width // _COLUMN_LETTERS), -(-len(lines) // rows)) if lines else 1
        per = min(rows, -(-len(lines) // columns))
        page = [title, ""]
        for row in range(per):
            page.append("".join(lines[at] for at in range(row, min(len(lines), per * columns), per)))
        if len(lines) > per * columns:
            page.append(f"{_DIM}and {len(lines) - per * columns} more: a larger window shows them{_PLAIN}")
        sys.stdout.write(_HOME + f"{_REST}\n".join(page) + _REST)
        sys.stdout.flush()

    def _row(self, group: list[int], values: list[float]) -> str:
        """Levels that belong together, each two cells wide and as high as it is."""
        bars = "".join(2 * _LEVEL_GLYPHS[round(8 * self._share(n, values[n]))] for n in group)
        name = self._outputs[group[0]].name.rpartition(".")[0]
        return f"{name[:24]:<25}{bars[:_BAR_LETTERS]:<{_BAR_LETTERS}} {'':<11}"

    def _share(self, n: int, value: float) -> float:
        output = self._outputs[n]
        span = output.high - output.low
        return min(max((value - output.low) / span, 0.0), 1.0) if span > 0.0 else 0.0

    def _line(self, n: int, value: float, time: float) -> str:
        output = self._outputs[n]
        if output.kind == "event":
            if value > self._counts[n]:
                self._lit[n] = time
            self._counts[n] = value
            lit = self._live and time - self._lit[n] < _GLOW_S
            meter, said = ("●" if lit else "·").ljust(_BAR_LETTERS), f"{value:.0f}"
            shade = _LIT if lit else ""
        else:
            share = self._share(n, value)
            if output.kind == "phase":
                meter = "─" * int(share * (_BAR_LETTERS - 1)) + "●"
            else:
                eighths = round(share * _BAR_LETTERS * 8)
                meter = "█" * (eighths // 8) + (_EIGHTH_GLYPHS[eighths % 8] if eighths % 8 else "")
            meter, said, shade = meter.ljust(_BAR_LETTERS), f"{value:.2f} {output.unit}".rstrip(), ""
        end = _PLAIN if self._live and shade else ""
        return f"{output.name[:24]:<25}{shade if self._live else ''}{meter}{end} {said[:10]:<11}"


def _groups(names: Sequence[str]) -> list[list[int]]:
    """Places of the outputs, those of one line together: neighbours named `x.0`, `x.1` and so on."""
    found: list[list[int]] = []
    last = None
    for n, name in enumerate(names):
        match = _MEMBER_PATTERN.fullmatch(name)
        base = match[1] if match else None
        if base is not None and base == last:
            found[-1].append(n)
        else:
            found.append([n])
        last = base
    return found
