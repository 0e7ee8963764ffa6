"""What the ears heard in a song, on one dark page: spectrogram, drums, chords, tempo with its beats, and the faders. For a
musician who asks why the picture did what it did at 1:12."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from liveviz.signals.chroma import NAMES
from liveviz.spec import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT, DPI = 1920, 1440, 100
COLUMNS = 1_600  # of the spectrogram, about one per pixel
ROWS = 220
LOW_HZ, HIGH_HZ = 40.0, 16_000.0
N_FFT = 4096
RANGE_DB = 75.0

PAGE, PANEL, GRID, TEXT, FAINT = "#0c0d12", "#12141b", "#262a36", "#eceef4", "#8b91a3"
LANES = {"kick": "#ff5d5d", "snare": "#ffb84d", "hat": "#63d2ff", "onset": "#b7a5ff"}
BANDS = {"bass": "#ff5d5d", "mid": "#ffb84d", "high": "#63d2ff"}
BEAT, ENERGY, LOUDNESS = "#5ee6a8", "#ffffff", "#8b91a3"


class Spectrogram:
    """Loudness over time and log frequency of a sound of known length, gathered while it is read.

    Args:
        sample_rate: Hz.
        duration: seconds, as the reader says; what comes after is squeezed into the last column.
    State: levels in dB `[ROWS, COLUMNS]`, the samples that do not fill a window yet.
    """

    def __init__(self, sample_rate: int, duration: float) -> None:
        self.duration = duration
        self._sample_rate = sample_rate
        self._hop = max(256, int(duration * sample_rate / COLUMNS / 2))
        self._window = np.hanning(N_FFT).astype(np.float32)
        self._rest = np.zeros(N_FFT - self._hop if self._hop < N_FFT else 0, np.float32)
        self._done = 0
        edges = np.geomspace(LOW_HZ, min(HIGH_HZ, sample_rate / 2), ROWS + 1) * N_FFT / sample_rate
        self._first = np.floor(edges[:-1]).astype(int)
        self._last = np.maximum(np.ceil(edges[1:]).astype(int), self._first + 1)
        self.top_hz = min(HIGH_HZ, sample_rate / 2)
        self.levels: NDArray[np.float32] = np.full((ROWS, COLUMNS), -np.inf, np.float32)

    def add(self, samples: NDArray[np.float32]) -> None:
        """Take in the next float32 `[n, channels]`."""
        self._rest = np.concatenate((self._rest, np.nan_to_num(samples.mean(axis=1)) if samples.size else []))
        while self._rest.size >= max(N_FFT, self._hop):
            magnitudes = np.abs(np.fft.rfft(self._rest[:N_FFT] * self._window)) * (4.0 / N_FFT)
            self._rest = self._rest[self._hop :]
            self._done += self._hop
            column = min(int(self._done / self._sample_rate / max(self.duration, 1e-3) * COLUMNS), COLUMNS - 1)
            sums = np.concatenate(([0.0], np.cumsum(magnitudes.astype(np.float64) ** 2)))
            last = np.minimum(self._last, magnitudes.size)
            power = (sums[last] - sums[np.minimum(self._first, last - 1)]) / (last - np.minimum(self._first, last - 1))
            self.levels[:, column] = np.maximum(self.levels[:, column], 10.0 * np.log10(power + 1e-14))

    def picture(self) -> NDArray[np.float32]:
        """float32 `[ROWS, COLUMNS]`, 0 to 1: the loudest 75 dB, treble lifted 3 dB per octave so that hats are seen."""
        levels = self.levels.copy()
        for column in range(1, COLUMNS):  # a short song has fewer windows than columns
            if not np.isfinite(levels[0, column]):
                levels[:, column] = levels[:, column - 1]
        levels[~np.isfinite(levels)] = -140.0
        levels += np.linspace(0.0, 3.0 * np.log2(self.top_hz / LOW_HZ), ROWS, dtype=np.float32)[:, None]
        top = max(float(np.percentile(levels, 99.8)), -100.0)
        return np.clip((levels - top) / RANGE_DB + 1.0, 0.0, 1.0)


def write_png(result: Mapping[str, Any], spectrogram: Spectrogram, path: Path, title: str) -> None:
    """Draw what `analyze` returned as one page of 1920 x 1440 pixels.

    Raises:
        LivevizError: the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor=PAGE)
    grid = figure.add_gridspec(
        5, 1, height_ratios=(3.1, 1.5, 2.3, 1.4, 2.3), left=0.066, right=0.985, top=0.905, bottom=0.045, hspace=0.2
    )
    end = max(float(result["t"][-1]), 1e-3)
    axes = [figure.add_subplot(grid[i]) for i in range(5)]
    for ax in axes:
        _dress(ax, end, labels=ax is axes[-1])
    _draw_spectrogram(axes[0], spectrogram, end)
    _draw_drums(axes[1], result["events"], end)
    _draw_chroma(axes[2], result, end)
    _draw_tempo(axes[3], result)
    _draw_faders(axes[4], result)
    _headline(figure, result, title, end)
    page = io.BytesIO()
    FigureCanvasAgg(figure).print_png(page)
    write_whole(path, page.getvalue())


def clock(seconds: float) -> str:
    """`1:05` for 65 seconds."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def _dress(ax: "Axes", end: float, labels: bool) -> None:
    """Colours, and a time axis that all panels share: about ten marks at round times."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800)
    step = next((s for s in steps if end / s <= 13), 3_600)
    marks = np.arange(0.0, end + 1e-6, step)
    ax.set_facecolor(PANEL)
    ax.set_xlim(0.0, end)
    ax.set_xticks(marks, [clock(t) for t in marks] if labels else [""] * len(marks))
    ax.tick_params(colors=FAINT, labelsize=14, length=0, pad=6)
    ax.grid(axis="x", color=GRID, linewidth=1.0)
    ax.set_axisbelow(True)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _name(ax: "Axes", text: str) -> None:
    ax.set_title(text, loc="left", color=TEXT, fontsize=15, fontweight="bold", pad=6)


def _draw_spectrogram(ax: "Axes", spectrogram: Spectrogram, end: float) -> None:
    _name(ax, "Sound")
    octaves = np.log2(spectrogram.top_hz / LOW_HZ)
    ax.imshow(
        spectrogram.picture(),
        origin="lower",
        aspect="auto",
        extent=(0.0, max(spectrogram.duration, end), 0.0, float(octaves)),
        cmap="inferno",
        interpolation="bilinear",
    )
    ax.set_xlim(0.0, end)
    marks = [hz for hz in (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000) if hz < spectrogram.top_hz]
    ax.set_yticks(
        [np.log2(hz / LOW_HZ) for hz in marks], [f"{hz // 1000} kHz" if hz >= 1000 else f"{hz} Hz" for hz in marks]
    )
    ax.grid(False)


def _draw_drums(ax: "Axes", events: Mapping[str, Any], end: float) -> None:
    _name(ax, "Attacks")
    known = {round(t, 3) for lane in ("kick", "snare", "hat") for t, _ in events[lane]}
    lanes = list(reversed(LANES))
    for row, lane in enumerate(lanes):
        times = [t for t, _ in events[lane] if lane != "onset" or round(t, 3) not in known]
        width = float(np.clip(900.0 / (end * 8.0), 1.0, 3.2))
        ax.vlines(times, row + 0.1, row + 0.9, color=LANES[lane], linewidth=width)
    ax.set_ylim(0.0, len(lanes))
    ax.set_yticks(np.arange(len(lanes)) + 0.5, ["other" if lane == "onset" else lane for lane in lanes])
    for label, lane in zip(ax.get_yticklabels(), lanes, strict=True):
        label.set_color(LANES[lane])


def _draw_chroma(ax: "Axes", result: Mapping[str, Any], end: float) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    _name(ax, "Notes")
    chroma = np.array(result["chroma"]).T  # [12, hops]
    per_column = max(1, chroma.shape[1] // COLUMNS)
    whole = chroma.shape[1] // per_column * per_column
    chroma = chroma[:, :whole].reshape(12, -1, per_column).mean(axis=2)
    ax.imshow(
        np.sqrt(chroma),
        origin="lower",
        aspect="auto",
        extent=(0.0, end, -0.5, 11.5),
        cmap=LinearSegmentedColormap.from_list("notes", (PANEL, "#1d3a6e", "#2f8fd0", "#7fe3c4", "#f7ffd9")),
        vmin=0.15,
        vmax=0.85,
        interpolation="nearest",
    )
    ax.set_yticks(range(12), NAMES)
    ax.tick_params(axis="y", labelsize=12)
    ax.grid(False)


def _draw_tempo(ax: "Axes", result: Mapping[str, Any]) -> None:
    from matplotlib.ticker import MaxNLocator

    t, bpm = np.array(result["t"]), np.array(result["bpm"])
    _name(ax, "Tempo and beats")
    settled = bpm[t > min(5.0, t[-1] / 2)]
    low, high = float(np.percentile(settled, 2)), float(np.percentile(settled, 98))
    room = max(12.0, (high - low) * 0.3)
    low, high = low - room, high + room
    ax.set_ylim(low, high)
    foot = low + 0.2 * (high - low)
    ax.vlines([e[0] for e in result["events"]["beat"]], low, foot, color=BEAT, linewidth=1.4, alpha=0.55)
    downbeats = [e[0] for e in result["events"]["downbeat"]]
    ax.vlines(downbeats, low, low + 0.36 * (high - low), color=BEAT, linewidth=2.2)
    ax.plot(t, bpm, color=TEXT, linewidth=2.4)
    ax.set_ylabel("BPM", color=FAINT, fontsize=14)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    ax.grid(axis="y", color=GRID, linewidth=1.0)


def _draw_faders(ax: "Axes", result: Mapping[str, Any]) -> None:
    t = np.array(result["t"])
    _name(ax, "Loudness, energy and bands")
    per_column = max(1, t.size // COLUMNS)
    whole = t.size // per_column * per_column
    curves = {"loudness": result["rms"]} | {band: result["bands"][band] for band in BANDS}
    colours = {"loudness": LOUDNESS, **BANDS}
    lanes = list(reversed(curves))
    for row, lane in enumerate(lanes):
        # the crest of each column, or the pulse of a long song would be averaged away
        crest = np.array(curves[lane])[:whole].reshape(-1, per_column).max(axis=1)
        ax.fill_between(t[per_column - 1 : whole : per_column], row, row + 0.9 * crest, color=colours[lane], lw=0)
    ax.plot(t, len(lanes) - 1 + 0.9 * np.array(result["energy"]), color=ENERGY, linewidth=2.6)
    ax.set_ylim(0.0, len(lanes))
    ax.set_yticks(np.arange(len(lanes)) + 0.45, lanes)
    for label, lane in zip(ax.get_yticklabels(), lanes, strict=True):
        label.set_color(colours[lane])


def _headline(figure: "Figure", result: Mapping[str, Any], title: str, end: float) -> None:
    t, bpm = np.array(result["t"]), np.array(result["bpm"])
    events = result["events"]
    words = [clock(end), f"{np.median(bpm[t > min(8.0, t[-1] / 2)]):.0f} BPM"]
    words += [f"{len(events[name])} {name}s" for name in ("beat", "kick", "snare", "onset")]
    figure.text(0.066, 0.953, title, color=TEXT, fontsize=27, fontweight="bold", va="baseline", parse_math=False)
    figure.text(0.985, 0.953, "   ·   ".join(words), color=FAINT, fontsize=16, va="baseline", ha="right")
    figure.text(0.985, 0.008, "white line: energy against the last 30 s", color=FAINT, fontsize=12, ha="right")
