"""`liveviz analyze` as others script against it: the numbers of the JSON file, and a page that shows something."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hearing import chord, click, hat, kick, put, snare
from PIL import Image

from liveviz import signals
from liveviz.reports import analysis, analysis_plot, spectrogram
from liveviz.spec import LivevizError, UsageError

RATE = 44_100


class Tape:
    """A reader over samples in memory."""

    def __init__(self, samples: np.ndarray, rate: int = RATE) -> None:
        self.samples = np.asarray(samples, np.float32)
        self.samples = self.samples if self.samples.ndim == 2 else self.samples[:, None]
        self.sample_rate, self.channels = rate, self.samples.shape[1]
        self.duration = len(self.samples) / rate
        self.label = "tape.wav"
        self.speakers: tuple[str, ...] = ()
        self._at = 0

    def read(self, frames: int) -> np.ndarray:
        self._at += frames
        return self.samples[self._at - frames : self._at]


def song(seconds: float = 9.0) -> tuple[np.ndarray, np.ndarray]:
    """Drums at 120 over a C major chord, and the times of the beats."""
    track = 0.5 * chord(RATE, seconds, [48, 60, 64, 67])
    beats = np.arange(0.1, seconds - 0.2, 0.5)
    put(track, RATE, list(beats), 0.6 * kick(RATE))
    put(track, RATE, list(beats[1::2]), 0.5 * snare(RATE))
    put(track, RATE, list(beats + 0.25), 0.4 * hat(RATE))
    return track, beats


SONG, BEATS = song()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What is in the JSON file of SONG."""
    path = tmp_path_factory.mktemp("json") / "out.json"
    analysis.run(Tape(SONG), path, None, "song.wav")
    return json.loads(path.read_text())


def test_the_json_has_exactly_the_promised_layout(page: dict) -> None:
    hops = SONG.size // 256
    curves = ("t", "rms", "onset_strength", "chroma", "bpm", "beat_phase", "energy")
    assert set(page) == {"sample_rate", "hop", *curves, "bands", "events", "signals"}
    assert (page["sample_rate"], page["hop"]) == (RATE, 256)
    assert set(page["events"]) == {
        "onset", "kick", "snare", "hat", "beat", "downbeat", "section", "drop", "inflection",
    }  # fmt: skip
    assert set(page["bands"]) == {"bass", "mid", "high", *"12345678"}
    assert {len(c) for c in [*(page[k] for k in curves), *page["bands"].values()]} == {hops}
    assert {len(row) for row in page["chroma"]} == {12}
    np.testing.assert_allclose(page["t"], (np.arange(hops) + 1) * 256 / RATE, atol=1e-6)


def test_every_signal_that_mapping_files_can_name_is_in_the_json(page: dict) -> None:
    named = {o.name for o in signals.outputs() if o.kind != "event"}
    assert set(page["signals"]) == {"t", *named}
    assert {len(c) for c in page["signals"].values()} == {SONG.size // 256 // 4}
    np.testing.assert_allclose(page["signals"]["t"], page["t"][3::4], atol=1e-9)
    np.testing.assert_allclose(page["signals"]["rms"], page["rms"][3::4], atol=1e-4)


def test_the_json_tells_the_truth_about_the_song(page: dict) -> None:
    beat = np.array(page["events"]["kick"])[:, 0]
    assert all(np.abs(beat - t).min() < 0.03 for t in BEATS[1:])  # the first, 0.1 s in, is before the ears know any
    assert np.median(np.array(page["bpm"])[-300:]) == pytest.approx(120.0, rel=0.02)
    assert set(np.argsort(np.mean(page["chroma"], axis=0))[-3:]) == {0, 4, 7}
    for name in ("onset", "kick", "snare", "hat", "beat", "downbeat"):
        pairs = np.array(page["events"][name])
        assert (pairs[:, 0] <= pairs[:, 1] + 1e-9).all() and (np.diff(pairs[:, 1]) >= 0).all()
        assert np.isin(np.round(pairs[:, 1], 6), np.round(page["t"], 6)).all()


def test_it_is_the_live_analyser(page: dict) -> None:
    """The first half of a song gives the first half of the numbers: nothing looks ahead."""
    half = analysis.analyze(Tape(SONG[: SONG.size // 2]))
    n = len(half["t"])
    for key in ("rms", "bpm", "beat_phase", "onset_strength", "chroma"):
        assert half[key] == page[key][:n]
    assert half["events"]["onset"] == [e for e in page["events"]["onset"] if e[1] <= half["t"][-1]]


def test_hop_length_is_the_musicians_choice() -> None:
    found = analysis.analyze(Tape(SONG), 512)
    assert found["hop"] == 512 and len(found["t"]) == SONG.size // 512
    with pytest.raises(UsageError, match="hop_length: 64 to 2048 samples at 44100 Hz, not 16"):
        analysis.analyze(Tape(SONG), 16)


def test_too_short_and_unwritable_say_so(tmp_path: Path) -> None:
    with pytest.raises(LivevizError, match=r"tape\.wav: too short"):
        analysis.analyze(Tape(np.zeros(100)))
    with pytest.raises(LivevizError, match="cannot be written"):
        analysis.write_json({}, tmp_path / "no" / "out.json")
    kept = tmp_path / "old.json"
    kept.write_text("old")
    with pytest.raises(LivevizError, match="not JSON compliant"):
        analysis.write_json({**analysis.analyze(Tape(SONG[:9_000])), "rms": [float("nan")]}, kept)
    assert kept.read_text() == "old" and os.listdir(tmp_path) == ["old.json"]


def test_the_page_is_a_png_that_shows_the_song(tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    analysis.run(Tape(SONG), path, None, "a song with ümlauts & $signs$.wav")
    with Image.open(path) as image:
        image.load()
        assert image.format == "PNG" and image.size == (analysis_plot.WIDTH_PIXELS, analysis_plot.HEIGHT_PIXELS)
        pixels = np.asarray(image.convert("RGB")).astype(int)
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 200
    kick_red = np.abs(pixels - [0xFF, 0x5D, 0x5D]).sum(axis=2) < 12
    columns = np.flatnonzero(kick_red[480:760].any(axis=0) & (np.arange(analysis_plot.WIDTH_PIXELS) > 127))
    assert np.count_nonzero(np.diff(columns) > 5) + 1 >= len(BEATS) - 1  # one red mark for every kick


def test_the_page_of_silence_and_of_one_hop_can_be_drawn(tmp_path: Path) -> None:
    for name, sound in (("silence", np.zeros((RATE, 2))), ("one hop", click(RATE)[:300])):
        analysis.run(Tape(sound), tmp_path / f"{name}.png", None, name)
        assert (tmp_path / f"{name}.png").stat().st_size > 10_000


def test_the_spectrogram_puts_a_tone_at_its_place() -> None:
    image = spectrogram.Spectrogram(RATE, 2.0)
    sine = 0.3 * np.sin(2 * np.pi * 1_000 * np.arange(2 * RATE) / RATE)
    for start in range(0, sine.size, 5_000):
        image.add(sine[start : start + 5_000, None].astype(np.float32))
    rows = image.image()[:, 200:-200].mean(axis=1)
    expected = np.log(1_000 / 40) / np.log(16_000 / 40) * spectrogram.ROW_COUNT
    assert abs(rows.argmax() - expected) <= 2
    assert rows.max() > 0.9 and np.median(rows) < 0.4


def test_times_are_written_as_minutes_and_seconds() -> None:
    assert [analysis_plot.clock(s) for s in (0, 9.6, 65, 600)] == ["0:00", "0:10", "1:05", "10:00"]


def test_parts_of_the_page_run_from_event_to_event_with_the_label_that_was_told() -> None:
    result = {
        "signals": {"t": [1.0, 2.0, 3.0, 4.0, 5.0], "section_label": [0.0, 0.0, 1.0, 1.0, 0.0]},
        "events": {"section": [[1.5, 3.0], [3.6, 4.9]]},
    }
    assert analysis_plot.parts(result, 6.0) == [(0.0, 1.5, 0), (1.5, 3.6, 1), (3.6, 6.0, 0)]


def test_the_key_is_named_where_it_is_sure() -> None:
    told = {"t": [1.0], "musical_key": [9.0], "musical_key.mode": [0.0], "musical_key.confidence": [0.9]}
    assert analysis_plot.key_name(told) == "A minor"
    assert analysis_plot.key_name({**told, "musical_key.confidence": [0.2]}) is None
    assert analysis_plot.key_name({**told, "t": []}) is None
