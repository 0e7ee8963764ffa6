"""What every signal promises, whatever it hears: finite values inside the declared range, the same for the same sound
however it is cut into blocks, and a fresh start after reset."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hearing import chord, hat, hear, kick, noise, put, snare
from hypothesis import given, settings
from hypothesis import strategies as st

import liveviz.signals as room
from liveviz.signals import Analyser, Hop, Part, Rig, Signal, natural_hop_length, outputs, signal_classes
from liveviz.spec import AudioBlock

RATE = 44_100
FILES = sorted(p.stem for p in Path(room.__file__).parent.glob("*.py") if not p.stem.startswith("_"))
PROMISED = {
    "rms", "level_db", "bands.bass", "bands.mid", "bands.high", "onset", "onset.kick", "onset.snare", "onset.hat",
    "onset_strength", "tempo", "beat", "beat_phase", "bar_phase", "downbeat", "energy", "silence",
    *(f"bands.{i}" for i in range(1, 9)), *(f"onset_strength.{d}" for d in ("kick", "snare", "hat")),
    "harmonic", "percussive", "spectral_centroid", "spectral_flatness", "spectral_flux", "pitch", "pitch.confidence",
    *(f"{name}{part}" for name in ("chord", "musical_key") for part in ("", ".mode", ".confidence", ".0", ".11")),
    "build", "drop", "section", "section_label", "section_label.0", "section_label.11", "novelty",
    "total_variation", "total_variation.inflection",
    *(f"chroma.{i}" for i in range(12)), *(f"bass_chroma.{i}" for i in range(12)),
}  # fmt: skip


def music(rate: int, seconds: float) -> np.ndarray:
    """Four to the floor at 120 with a chord: every signal has something to hear."""
    track = 0.3 * chord(rate, seconds, [48, 60, 64, 67])
    times = np.arange(0.1, seconds, 0.5)
    put(track, rate, list(times), 0.6 * kick(rate))
    put(track, rate, list(times[1::2]), 0.4 * snare(rate))
    put(track, rate, list(times + 0.25), 0.5 * hat(rate))
    return track


def hostile(kind: str, rate: int) -> np.ndarray:
    """2.5 s that no sound card should send."""
    n = int(2.5 * rate)
    song = music(rate, 2.5)
    bad = song.copy()
    bad[::997] = np.nan
    spiky = song.copy()
    spiky[::5000] = np.inf
    spiky[1::5000] = -np.inf
    square = np.sign(np.sin(2 * np.pi * 55 * np.arange(n) / rate)).astype(np.float32)
    kinds = {
        "silence": np.zeros(n, np.float32),
        "all NaN": np.full(n, np.nan, np.float32),
        "some NaN": bad,
        "inf": spiky,
        "DC": np.ones(n, np.float32),
        "clipping": np.clip(50.0 * song, -1, 1),
        "huge": song * np.float32(1e30),
        "largest": np.where(np.arange(n) % 2, np.finfo(np.float32).max, np.finfo(np.float32).min).astype(np.float32),
        "tiny": song * np.float32(1e-38),
        "square": square,
        "noise": noise(rate, 2.5),
        "one sample": np.eye(1, n, n // 2, dtype=np.float32)[0],
        "bursts": np.where(np.arange(n) // 3000 % 2, noise(rate, 2.5), 0).astype(np.float32),
    }
    return kinds[kind]


def check(values: np.ndarray) -> None:
    """Every output of `[frames, outputs]` is finite and inside its declared range."""
    assert np.isfinite(values).all()
    for output, found in zip(outputs(), values.T, strict=True):
        if output.kind == "event":
            assert (np.diff(found) >= 0).all() and (found == np.round(found)).all() and found[0] >= 0, output.name
        elif output.kind == "phase":
            assert (found >= output.low).all() and (found < output.high).all(), output.name
        else:
            assert (found >= output.low).all() and (found <= output.high).all(), output.name


def test_every_file_is_a_signal_with_outputs_named_after_it() -> None:
    assert [cls.__module__.rsplit(".", 1)[1] for cls in signal_classes()] == FILES
    names = [o.name for o in outputs()]
    assert len(set(names)) == len(names)
    assert set(names) >= PROMISED
    for cls in signal_classes():
        stem = cls.__module__.rsplit(".", 1)[1]
        assert cls.outputs and all(o.name.split(".")[0] == stem for o in cls.outputs)
        assert all(o.help and o.low < o.high and o.kind in ("level", "phase", "event") for o in cls.outputs)


def test_every_signal_file_has_a_truth_test() -> None:
    others = [p for p in Path(__file__).parent.glob("test_signals_*.py") if p != Path(__file__)]
    text = "".join(p.read_text() for p in others)
    untested = [stem for stem in FILES if f'"{stem}"' not in text and f'"{stem}.' not in text]
    assert FILES and not untested, f"no truth test names an output of {untested}"


def test_naming_the_outputs_loads_no_aubio() -> None:
    code = "import sys, liveviz.signals as s; assert s.outputs(); sys.exit(any('aubio' in m for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


KINDS = (
    "silence", "all NaN", "some NaN", "inf", "DC", "clipping", "huge", "largest", "tiny", "square", "noise",
    "one sample", "bursts",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_sound_stays_inside_the_ranges(kind: str) -> None:
    frames = hear(hostile(kind, RATE), RATE)
    assert len(frames) == int(2.5 * RATE) // 256
    check(np.array([f.values for f in frames]))
    for frame in frames:
        assert all(e.time <= e.known == frame.time for e in frame.events)


@pytest.mark.parametrize("rate", (8_000, 11_025, 22_050, 48_000, 96_000, 192_000))
def test_every_rate_is_heard(rate: int) -> None:
    frames = hear(music(rate, 2.0), rate)
    check(np.array([f.values for f in frames]))
    hop = natural_hop_length(rate)
    assert 0.0038 < hop / rate < 0.0078
    assert len(frames) == int(2.0 * rate) // hop
    assert 4 <= frames[-1].values[[o.name for o in outputs()].index("onset")] <= 12


@pytest.mark.parametrize("hop", (64, 300, 512, 2048))
def test_every_hop_length_is_heard(hop: int) -> None:
    frames = hear(music(RATE, 2.0), RATE, hop=hop)
    check(np.array([f.values for f in frames]))
    assert len(frames) == 2 * RATE // hop


SONG = music(RATE, 3.0)
WHOLE = hear(SONG, RATE, block=len(SONG))


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.lists(st.one_of(st.integers(0, 700), st.integers(2_000, 60_000)), min_size=1, max_size=12))
def test_the_cut_into_blocks_changes_nothing(sizes: list[int]) -> None:
    analyser, frames, start = Analyser(RATE), [], 0
    for size in [*sizes, len(SONG)]:
        piece = SONG[start : start + size, None]
        start += len(piece)
        frames += analyser.step(AudioBlock(piece, RATE, start / RATE))
    assert len(frames) == len(WHOLE)
    for a, b in zip(frames, WHOLE, strict=True):
        assert a.sequence == b.sequence
        assert a.time == pytest.approx(b.time, abs=1e-9)
        np.testing.assert_array_equal(a.values, b.values)
        assert [(e.name, e.strength) for e in a.events] == [(e.name, e.strength) for e in b.events]


def test_channels_are_mixed() -> None:
    wide = np.repeat(SONG[:, None], 5, axis=1)
    for a, b in zip(hear(wide, RATE), WHOLE, strict=True):
        np.testing.assert_allclose(a.values, b.values, atol=1e-3)
    assert hear(np.zeros((RATE, 0), np.float32), RATE)[-1].values[[o.name for o in outputs()].index("silence")] == 1.0


def test_reset_starts_afresh() -> None:
    analyser = Analyser(RATE)
    hear(noise(RATE, 1.03), RATE, analyser=analyser)
    analyser.reset()
    again = hear(SONG, RATE, analyser=analyser)
    assert len(again) == len(WHOLE)
    for a, b in zip(again, WHOLE, strict=True):
        assert (a.sequence, a.time) == (b.sequence, pytest.approx(b.time, abs=1e-9))
        np.testing.assert_array_equal(a.values, b.values)


def test_a_frame_is_timed_by_its_last_sample() -> None:
    analyser = Analyser(48_000)
    first = analyser.step(AudioBlock(np.zeros((700, 2), np.float32), 48_000, 100.0))
    assert [f.time for f in first] == pytest.approx([100.0 - 444 / 48_000, 100.0 - 188 / 48_000], abs=1e-12)
    second = analyser.step(AudioBlock(np.zeros((68, 2), np.float32), 48_000, 103.5))
    assert [f.time for f in second] == pytest.approx([103.5], abs=1e-12)
    assert [f.sequence for f in first + second] == [0, 1, 2]


def test_event_outputs_count_the_events() -> None:
    counts: dict[str, int] = {}
    names = [o.name for o in outputs()]
    for frame in WHOLE:
        for event in frame.events:
            counts[event.name] = counts.get(event.name, 0) + 1
        for name, count in counts.items():
            assert frame.values[names.index(name)] == count
    assert {"onset", "onset.kick", "onset.hat", "beat"} <= counts.keys()


def test_nothing_heard_later_changes_what_was_said() -> None:
    cut = len(SONG) // 2
    other = np.concatenate((SONG[:cut], noise(RATE, 1.0)))
    for a, b in zip(hear(other, RATE, block=256)[: cut // 256], WHOLE, strict=False):
        np.testing.assert_array_equal(a.values, b.values)


@pytest.mark.parametrize(("rate", "hop"), ((7_999, None), (192_001, None), (44_100, 0), (44_100, 100_000), (8_000, 4)))
def test_what_cannot_be_heard_is_refused(rate: int, hop: int | None) -> None:
    with pytest.raises(ValueError, match="Hz"):
        Analyser(rate, hop)


def test_a_block_at_another_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="48000 Hz"):
        Analyser(44_100).step(AudioBlock(np.zeros((10, 1), np.float32), 48_000, 0.0))


def test_parts_step_after_what_they_need() -> None:
    class First(Part):
        def step(self, hop: Hop) -> None: ...

    class Second(Part):
        needs = (First,)

        def step(self, hop: Hop) -> None: ...

    rig = Rig(RATE, 256)
    second = rig.get(Second)
    assert [type(p) for p in rig.parts] == [First, Second]
    assert rig.get(Second) is second and rig.get(First) is rig.parts[0]
    First.needs = (Second,)
    with pytest.raises(ValueError, match="circle: First -> Second -> First"):
        Rig(RATE, 256).get(First)


def test_a_signal_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wow.py").write_text(
        "from liveviz.signals import Signal\nfrom liveviz.spec import Output\n\n\n"
        "class Wow(Signal):\n    outputs = (Output('wow', help='half'),)\n\n"
        "    def step(self, hop):\n        self.values[0] = float('nan') if hop.time > 0.5 else 7.0\n"
    )
    monkeypatch.setattr(room, "__path__", [*room.__path__, str(tmp_path)])
    signal_classes.cache_clear()
    outputs.cache_clear()
    try:
        assert outputs()[-1].name == "wow"
        frames = hear(SONG, RATE)
        assert [f.values[-1] for f in frames if f.time < 0.5][-1] == 1.0  # 7 is brought into the declared range
        assert frames[-1].values[-1] == 0.0  # and NaN becomes the low end
        (tmp_path / "wow.py").write_text("x = 1\n")
        importlib.invalidate_caches()
        sys.modules.pop("liveviz.signals.wow")
        signal_classes.cache_clear()
        outputs.cache_clear()
        with pytest.raises(ValueError, match=r"wow\.py: expected one Signal, found 0"):
            outputs()
    finally:
        sys.modules.pop("liveviz.signals.wow", None)
        monkeypatch.undo()
        signal_classes.cache_clear()
        outputs.cache_clear()
    assert issubclass(signal_classes()[0], Signal)
