"""Teaching the ears: songs that are composed, folders that are read, a network that learns, and the command around it."""

import copy
import hashlib
import io
import json
import wave
from pathlib import Path

import mido
import numpy as np
import pytest
from hearing import click, hat, kick, put
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save

import liveviz.signals as room
from liveviz.cli.main import make_parser
from liveviz.cli.train_hearing import HEARING_TASK, looks_of
from liveviz.learning.hearing import HearingOptions, Lesson, Task, lesson, song_files, train_hearing, trainer, vary
from liveviz.learning.hearing.compose import compose
from liveviz.learning.hearing.drums import DRUM_MAKERS, synthetic
from liveviz.learning.hearing.patterns import (
    FASTEST_BPM,
    FEELS,
    KICK,
    SLOWEST_BPM,
    STEPS_PER_BAR,
    STRAIGHT_FEELS,
    fill,
    groove,
)
from liveviz.learning.hearing.render import ducked, midi_bytes
from liveviz.signals import HEARD_KINDS, LOOK_SECONDS, LOOK_SIZE, WEIGHTS_FILE
from liveviz.spec import LivevizError, UsageError

SAMPLE_RATE_HZ = 44_100
SMALL = Task(("beats", "kick"), (2, 0), ((0.5, 0.5), (0.0, 0.0)), 0.01)


def write_song(path: Path, seconds: float = 3.0, bpm: float = 120.0) -> Path:
    """A kick on every beat and hats between, as 16-bit .wav, and its truth."""
    beats = list(np.arange(0.1, seconds - 0.1, 60.0 / bpm))
    track = np.zeros(int(SAMPLE_RATE_HZ * seconds), np.float32)
    put(track, SAMPLE_RATE_HZ, beats, 0.6 * kick(SAMPLE_RATE_HZ))
    put(track, SAMPLE_RATE_HZ, [t + 30.0 / bpm for t in beats[:-1]], 0.4 * hat(SAMPLE_RATE_HZ))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", "not compressed"))
        file.writeframes((np.clip(track, -1, 1) * 32_767).astype(np.int16).tobytes())
    truth = {"beats": beats, "downbeats": beats[::4], "kick": beats, "snare": []}
    path.with_suffix(".json").write_text(json.dumps(truth))
    return path


@pytest.mark.parametrize("seed", (0, 1, 7, 8))
def test_a_composed_song_says_what_is_in_its_midi_file(seed: int) -> None:
    notes, programs, truth = compose(seed, 30.0)
    assert compose(seed, 30.0) == (notes, programs, truth)
    file = mido.MidiFile(file=io.BytesIO(midi_bytes(notes, programs)))
    now, kicks, changes = 0.0, [], set()
    for message in file:
        now += message.time
        if message.type == "note_on" and message.channel == 9 and message.note == KICK:
            kicks.append(now)
        if message.type == "program_change":
            changes.add((message.channel, message.program))
    np.testing.assert_allclose(kicks, truth["kick"], atol=1.1e-3)
    assert changes == set(programs)
    assert set(truth["downbeats"]) == set(truth["beats"][::4]) and len(truth["beats"]) > 20
    assert truth["beats"][1] - truth["beats"][0] == pytest.approx(60.0 / truth["bpm"])


def test_most_songs_keep_their_tempo_and_some_change_it() -> None:
    changes = []
    for seed in range(40):
        lengths = np.diff(compose(seed, 20.0)[2]["beats"])
        assert (lengths > 60.0 / (1.4 * FASTEST_BPM)).all() and (lengths < 1.4 * 60.0 / SLOWEST_BPM).all()
        changes.append(float(np.ptp(lengths) / lengths[0]))
    assert 2 <= sum(c > 0.01 for c in changes) <= 16


def test_grooves_and_fills_are_on_the_grid() -> None:
    for seed in range(200):
        rng = np.random.default_rng(seed)
        found = groove(rng)
        assert SLOWEST_BPM <= found.bpm <= FASTEST_BPM and 0.0 <= found.swing <= 0.4
        assert all(0 <= i < STEPS_PER_BAR for grid in found.drums.values() for i in grid)
        assert set(found.softer) <= set(found.drums) and all(0 <= v <= 60 for v in found.softer.values())
        assert all(0.0 <= place < STEPS_PER_BAR and 0.0 < loud <= 1.0 for place, _, loud in fill(rng))
    for feel in (*FEELS, *STRAIGHT_FEELS):
        assert SLOWEST_BPM <= feel.bpm[0] < feel.bpm[1] <= FASTEST_BPM and KICK in feel.drums


def test_everything_else_ducks_under_the_kick() -> None:
    gain = ducked(SAMPLE_RATE_HZ, [0.25, 0.75, 0.99], np.random.default_rng(0))
    assert gain.shape == (SAMPLE_RATE_HZ,) and (gain[: SAMPLE_RATE_HZ // 4] == 1.0).all() and gain.min() >= 0.0
    assert gain[SAMPLE_RATE_HZ // 4] < 0.7 and gain[SAMPLE_RATE_HZ * 3 // 4 - 1] > gain[SAMPLE_RATE_HZ // 4] + 0.2


@pytest.mark.parametrize("drum", sorted(DRUM_MAKERS))
def test_every_machine_sounds_and_fades(drum: str) -> None:
    for seed in range(5):
        sound = synthetic(drum, np.random.default_rng(seed))
        assert np.isfinite(sound).all() and np.abs(sound).max() == pytest.approx(1.0)
        assert np.square(sound[-SAMPLE_RATE_HZ // 20 :]).mean() < 0.3 * np.square(sound[: SAMPLE_RATE_HZ // 20]).mean()


def test_songs_are_read_with_their_truth(tmp_path: Path) -> None:
    write_song(tmp_path / "b.wav")
    write_song(tmp_path / "a.wav")
    (tmp_path / "without.wav").write_bytes(b"")
    assert [p.name for p in song_files([tmp_path])] == ["a.wav", "b.wav"]
    with pytest.raises(LivevizError, match="no song with its truth"):
        song_files([tmp_path / "nowhere"])
    (tmp_path / "a.json").write_text(json.dumps({"beats": [0.005, 0.05]}))
    got = lesson(tmp_path / "a.wav", lambda song, rng: np.ones((8, 3), np.float32), SMALL, 0)
    assert got.known.tolist() == [True, False]
    np.testing.assert_array_equal(got.answers[:, 0], [0, 0.5, 1, 0.5, 0, 0, 0.5, 1])


@pytest.mark.parametrize(
    "text", ["", "[]", "7", '{"beats": 3}', '{"beats": ["x"]}', '{"beats": [NaN]}', '{"beats": [-1]}', "[" * 100_000]
)
def test_a_broken_truth_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(LivevizError, match=r"a\.json") as told:
        lesson(tmp_path / "a.wav", lambda song, rng: np.ones((8, 3), np.float32), SMALL, 0)
    assert "\n" not in str(told.value)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.sampled_from((8_000, 44_100, 48_000)), st.sampled_from((0.0, 1e-6, 0.5, 8.0)))
def test_a_varied_song_is_as_long_and_finite(seed: int, rate: int, level: float) -> None:
    sound = (level * np.random.default_rng(seed).normal(size=rate + seed % 977)).astype(np.float32)
    other = vary(sound, rate, np.random.default_rng(seed))
    assert other.shape == sound.shape and other.dtype == np.float32 and (np.abs(other) <= 1.0).all()
    np.testing.assert_array_equal(other, vary(sound, rate, np.random.default_rng(seed)))


def test_a_network_learns_to_tell_late_what_it_saw() -> None:
    rng = np.random.default_rng(3)
    lessons = []
    for _ in range(4):
        looks = rng.normal(0, 0.1, (1_500, 6)).astype(np.float16)
        hits = np.flatnonzero(rng.random(1_490) < 0.05)
        looks[hits, 2] += 3.0
        answers = np.zeros((1_500, 2), np.float16)
        answers[hits + 2, 0] = 1.0
        lessons.append(Lesson(looks, answers, np.array([True, False])))
    errors: list[float] = []
    options = HearingOptions(steps=40, streams=4, wide=16, rate=1e-2)
    net = train_hearing(lessons, options, lambda step, error: errors.append(error))
    assert len(errors) == 40 and np.mean(errors[-5:]) < 0.5 * errors[0]
    assert all(np.isfinite(t).all() for t in net.tensors().values())


def test_who_goes_on_keeps_a_share_of_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    lessons = [Lesson(rng.normal(size=(900, 6)).astype(np.float16), np.ones((900, 1), np.float16), np.array([True]))]
    options = HearingOptions(steps=5, streams=2, wide=8)
    first = train_hearing(lessons, options, lambda step, error: None)
    ends = []
    for stays in (0.0, 0.4, 1.0):
        monkeypatch.setattr(trainer, "OLD_NETWORK_SHARE", stays)
        ends.append(train_hearing(lessons, options, lambda step, error: None, copy.deepcopy(first)).tensors())
    for name, was in first.tensors().items():
        gone, mixed, same = (end[name] for end in ends)
        np.testing.assert_allclose(same, was, atol=1e-7)
        np.testing.assert_allclose(mixed, 0.6 * gone + 0.4 * was, atol=1e-6)
    assert np.abs(ends[0]["last_bias"] - first.tensors()["last_bias"]).max() > 1e-4


def test_the_command_hears_learns_and_writes(tmp_path: Path) -> None:
    write_song(tmp_path / "one.wav")
    write_song(tmp_path / "two.wav", bpm=90.0)
    out = tmp_path / "ears.safetensors"
    args = make_parser("train").parse_args(["train", "--hearing", str(tmp_path), "-o", str(out), "--steps", "2"])
    assert args.run(args) == 0
    made, shipped = load_file(out), load_file(Path(room.__path__[0]) / WEIGHTS_FILE)
    assert {k: v.shape for k, v in made.items()} == {k: v.shape for k, v in shipped.items()}
    assert made["last_bias"].shape == (len(HEARD_KINDS),) and made["mean"].shape == (2 * LOOK_SIZE,)
    assert _told(out) == {"songs": "2", "compose": "0", "seed": "0", "steps": "2", "soundfonts": ""}
    again = tmp_path / "again.safetensors"
    going_on = ["train", "--hearing", str(tmp_path), "-o", str(again), "--steps", "1", "--start", str(out)]
    args = make_parser("train").parse_args(going_on)
    assert args.run(args) == 0
    gone_on = load_file(again)
    np.testing.assert_array_equal(gone_on["mean"], made["mean"])
    assert np.abs(gone_on["first_weight"] - made["first_weight"]).max() < 0.1
    assert _told(again)["start"] == hashlib.sha256(out.read_bytes()).hexdigest()
    for extra, words in ((["--steps", "0"], "steps 0"), (["--compose", "0"], "compose 0")):
        other = str(tmp_path / "other.safetensors")
        args = make_parser("train").parse_args(["train", "--hearing", str(tmp_path), "-o", other, *extra])
        with pytest.raises(UsageError, match=words):
            args.run(args)


def _told(path: Path) -> dict[str, str]:
    """What a file of weights says of how it was made."""
    with safe_open(path, "numpy") as file:
        return dict(file.metadata())


@pytest.mark.parametrize("content", (b"", b"not weights", save({"mean": np.zeros(3, np.float32)})))
def test_a_start_that_is_no_network_is_told_before_anything_is_heard(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "start").write_bytes(content)
    for name in ("start", "missing"):
        words = [
            "train",
            "--hearing",
            "nowhere",
            "-o",
            str(tmp_path / "out.safetensors"),
            "--start",
            str(tmp_path / name),
        ]
        args = make_parser("train").parse_args(words)
        with pytest.raises(LivevizError, match=name) as told:
            args.run(args)
        assert "\n" not in str(told.value)


def test_what_the_network_learns_from_is_what_the_analyser_sees(tmp_path: Path) -> None:
    song = write_song(tmp_path / "one.wav")
    looks = looks_of(song, np.random.default_rng(1))
    assert looks.shape == (int(3.0 / LOOK_SECONDS), 2 * LOOK_SIZE) and looks.dtype == np.float32
    assert len(HEARING_TASK.keys) == len(HEARING_TASK.delays) == len(HEARING_TASK.blurs) == len(HEARD_KINDS)
    np.testing.assert_array_equal(looks[40, :LOOK_SIZE], looks[53, LOOK_SIZE:])
    assert np.isfinite(looks).all() and click(SAMPLE_RATE_HZ).size
