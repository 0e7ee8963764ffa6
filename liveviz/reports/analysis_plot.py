"""What was heard in a song, on one dark page: its parts, spectrogram, drums, chords, tempo with its beats, and the
faders. For a musician who asks why the image did what it did at 1:12."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from liveviz.outputs.still import software_text
from liveviz.reports.spectrogram import COLUMN_COUNT, LOW_HZ, Spectrogram
from liveviz.signals.chroma import PITCH_CLASSES
from liveviz.system.files import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_PIXELS, HEIGHT_PIXELS, DPI = 1920, 1440, 100
HEIGHT_RATIOS = (0.55, 2.9, 1.5, 2.2, 1.35, 2.5)  # sections, sound, attacks, notes, tempo, faders

PAGE, PANEL, GRID, TEXT, FAINT = "#0c0d12", "#12141b", "#262a36", "#eceef4", "#8b91a3"
LANE_COLOURS = {"kick": "#ff5d5d", "snare": "#ffb84d", "hat": "#63d2ff", "onset": "#b7a5ff"}
BAND_COLOURS = {"bass": "#ff5d5d", "mid": "#ffb84d", "high": "#63d2ff"}
BEAT, ENERGY, LOUDNESS, BUILD = "#5ee6a8", "#ffffff", "#8b91a3", "#ff9ee5"
# one for each section label, told apart in any order
PARTS = (
    "#4c6fb1", "#c9604f", "#4fa37a", "#c2953f", "#8a5fb8", "#3f9bb0",
    "#b5577f", "#7f9a3d", "#6a6fd0", "#a8683c", "#4d8f52", "#94708a",
)  # fmt: skip


def write_png(result: Mapping[str, Any], spectrogram: Spectrogram, path: Path, title: str) -> None:
    """Draw what `analyze` returned as one page of 1920 x 1440 pixels.

    Raises:
        LivevizError: the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_PIXELS / DPI, HEIGHT_PIXELS / DPI), dpi=DPI, facecolor=PAGE)
    grid = figure.add_gridspec(
        6, 1, height_ratios=HEIGHT_RATIOS, left=0.066, right=0.985, top=0.905, bottom=0.045, hspace=0.24
    )
    end = max(float(result["t"][-1]), 1e-3)
    axes = [figure.add_subplot(grid[i]) for i in range(6)]
    for ax in axes:
        _dress(ax, end, labels=ax is axes[-1])
    _draw_parts(axes[0], result, end)
    _draw_spectrogram(axes[1], spectrogram, end)
    _draw_drums(axes[2], result["events"], end)
    _draw_chroma(axes[3], result, end)
    _draw_tempo(axes[4], result)
    _draw_faders(axes[5], result)
    for ax in axes[1:]:
        _draw_joins(ax, result["events"])
    _headline(figure, result, title, end)
    page = io.BytesIO()
    FigureCanvasAgg(figure).print_png(page, metadata={"Software": software_text("analyze")})
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


def parts(result: Mapping[str, Any], end: float) -> list[tuple[float, float, int]]:
    """(start, end, label) of every section, in seconds: from when it began, with the label that it was given."""
    t, labels = np.array(result["signals"]["t"]), result["signals"]["section_label"]
    starts = [0.0, *(began for began, _ in result["events"]["section"])]
    told = [0.0, *(known for _, known in result["events"]["section"])]
    rows = np.minimum(np.searchsorted(t, np.array(told) + 1e-6), max(t.size - 1, 0))
    named = [int(labels[row]) for row in rows] if t.size else [0] * len(starts)
    return [(a, b, label) for a, b, label in zip(starts, [*starts[1:], end], named, strict=True)]


def _draw_parts(ax: "Axes", result: Mapping[str, Any], end: float) -> None:
    _name(ax, "Sections")
    for start, stop, label in parts(result, end):
        ax.axvspan(start, stop, color=PARTS[label % len(PARTS)], lw=0)
        if stop - start > 0.015 * end:
            ax.text(start + 0.006 * end, 0.5, str(label + 1), color=TEXT, fontsize=15, fontweight="bold", va="center")
    drops = [began for began, _ in result["events"]["drop"]]
    ax.plot(drops, [0.2] * len(drops), "v", color=ENERGY, markersize=13, clip_on=False)
    ax.set_ylim(0.0, 1.0)
    ax.set_yticks([])
    ax.grid(False)


def _draw_joins(ax: "Axes", events: Mapping[str, Any]) -> None:
    for began, _ in events["section"]:
        ax.axvline(began, color=TEXT, linewidth=1.2, alpha=0.45, linestyle=(0, (5, 4)))


def _draw_spectrogram(ax: "Axes", spectrogram: Spectrogram, end: float) -> None:
    _name(ax, "Sound")
    octaves = np.log2(spectrogram.top_hz / LOW_HZ)
    ax.imshow(
        spectrogram.image(),
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
    lanes = list(reversed(LANE_COLOURS))
    for row, lane in enumerate(lanes):
        times = [t for t, _ in events[lane] if lane != "onset" or round(t, 3) not in known]
        width = float(np.clip(900.0 / (end * 8.0), 1.0, 3.2))
        ax.vlines(times, row + 0.1, row + 0.9, color=LANE_COLOURS[lane], linewidth=width)
    ax.set_ylim(0.0, len(lanes))
    ax.set_yticks(np.arange(len(lanes)) + 0.5, ["other" if lane == "onset" else lane for lane in lanes])
    for label, lane in zip(ax.get_yticklabels(), lanes, strict=True):
        label.set_color(LANE_COLOURS[lane])


def _draw_chroma(ax: "Axes", result: Mapping[str, Any], end: float) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    _name(ax, "Notes")
    chroma = np.array(result["chroma"]).T  # [12, hops]
    per_column = max(1, chroma.shape[1] // COLUMN_COUNT)
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
    ax.set_yticks(range(12), PITCH_CLASSES)
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
    _name(ax, "Loudness, energy, build and bands")
    per_column = max(1, t.size // COLUMN_COUNT)
    whole = t.size // per_column * per_column
    curves = {"loudness": result["rms"]} | {band: result["bands"][band] for band in BAND_COLOURS}
    colours = {"loudness": LOUDNESS, **BAND_COLOURS}
    lanes = list(reversed(curves))
    for row, lane in enumerate(lanes):
        # the crest of each column, or the pulse of a long song would be averaged away
        crest = np.array(curves[lane])[:whole].reshape(-1, per_column).max(axis=1)
        ax.fill_between(t[per_column - 1 : whole : per_column], row, row + 0.9 * crest, color=colours[lane], lw=0)
    ax.plot(t, len(lanes) - 1 + 0.9 * np.array(result["energy"]), color=ENERGY, linewidth=2.6)
    ax.plot(
        result["signals"]["t"], len(lanes) - 1 + 0.9 * np.array(result["signals"]["build"]), color=BUILD, linewidth=2.6
    )
    ax.set_ylim(0.0, len(lanes))
    ax.set_yticks(np.arange(len(lanes)) + 0.45, lanes)
    for label, lane in zip(ax.get_yticklabels(), lanes, strict=True):
        label.set_color(colours[lane])


def _headline(figure: "Figure", result: Mapping[str, Any], title: str, end: float) -> None:
    t, bpm = np.array(result["t"]), np.array(result["bpm"])
    events = result["events"]
    words = [clock(end), f"{np.median(bpm[t > min(8.0, t[-1] / 2)]):.0f} BPM"]
    if (key := key_name(result["signals"])) is not None:
        words.append(key)
    counts = {name: len(events[name]) for name in ("beat", "kick", "snare", "onset")}
    counts["section"] = len(parts(result, end))
    words += [f"{count} {name}{'s' * (count != 1)}" for name, count in counts.items()]
    figure.text(0.066, 0.953, title, color=TEXT, fontsize=27, fontweight="bold", va="baseline", parse_math=False)
    figure.text(0.985, 0.953, "   ·   ".join(words), color=FAINT, fontsize=16, va="baseline", ha="right")
    legend = "same number: sounds alike   ·   triangle: drop   ·   white line: energy against the last 30 s   ·   pink line: build"
    figure.text(0.985, 0.008, legend, color=FAINT, fontsize=12, ha="right")


def key_name(signals: Mapping[str, Any]) -> str | None:
    """`F minor`: the key at the end of the song; None where the analyser is not sure."""
    if not signals["t"] or signals["musical_key.confidence"][-1] < 0.5:
        return None
    mode = "major" if signals["musical_key.mode"][-1] > 0.5 else "minor"
    return f"{PITCH_CLASSES[round(signals['musical_key'][-1])]} {mode}"
