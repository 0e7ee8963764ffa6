"""Teaching the ears: songs that are composed, folders that are read, a network that learns, and the command around it."""

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
from safetensors.numpy import load_file

import liveviz.signals as room
from liveviz.app.cli import _parser
from liveviz.app.hearing import TASK, looks_of
from liveviz.learning.hearing import HearingOptions, Lesson, Task, lesson, song_files, train_hearing, vary
from liveviz.learning.hearing.compose import KICK, compose, midi_bytes
from liveviz.learning.hearing.drums import synthetic
from liveviz.signals._hearing import HEARD, WEIGHTS
from liveviz.signals._looks import STEP, WIDTH
from liveviz.spec import LivevizError, UsageError

RATE = 44_100
SMALL = Task(("beats", "kick"), (2, 0), ((0.5, 0.5), (0.0, 0.0)), 0.01)


def write_song(path: Path, seconds: float = 3.0, bpm: float = 120.0) -> Path:
    """A kick on every beat and hats between, as 16-bit .wav, and its truth."""
    beats = list(np.arange(0.1, seconds - 0.1, 60.0 / bpm))
    track = np.zeros(int(RATE * seconds), np.float32)
    put(track, RATE, beats, 0.6 * kick(RATE))
    put(track, RATE, [t + 30.0 / bpm for t in beats[:-1]], 0.4 * hat(RATE))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
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
    np.testing.assert_allclose(np.diff(truth["beats"]), 60.0 / truth["bpm"], rtol=1e-6)


@pytest.mark.parametrize("drum", ("kick", "snare", "clap", "hat", "open", "click"))
def test_every_machine_sounds_and_fades(drum: str) -> None:
    for seed in range(5):
        sound = synthetic(drum, np.random.default_rng(seed))
        assert np.isfinite(sound).all() and np.abs(sound).max() == pytest.approx(1.0)
        assert np.square(sound[-RATE // 20 :]).mean() < 0.3 * np.square(sound[: RATE // 20]).mean()


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
    assert other.shape == sound.shape and other.dtype == np.float32 and np.isfinite(other).all()
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


def test_the_command_hears_learns_and_writes(tmp_path: Path) -> None:
    write_song(tmp_path / "one.wav")
    write_song(tmp_path / "two.wav", bpm=90.0)
    out = tmp_path / "ears.safetensors"
    args = _parser("train").parse_args(["train", "--hearing", str(tmp_path), "-o", str(out), "--steps", "2"])
    assert args.run(args) == 0
    made, shipped = load_file(out), load_file(Path(room.__path__[0]) / WEIGHTS)
    assert {k: v.shape for k, v in made.items()} == {k: v.shape for k, v in shipped.items()}
    assert made["last_bias"].shape == (len(HEARD),) and made["mean"].shape == (2 * WIDTH,)
    for extra, words in ((["--steps", "0"], "steps 0"), (["--compose", "0"], "compose 0")):
        args = _parser("train").parse_args(["train", "--hearing", str(tmp_path), "-o", str(out), *extra])
        with pytest.raises(UsageError, match=words):
            args.run(args)


def test_what_the_network_learns_from_is_what_the_analyser_sees(tmp_path: Path) -> None:
    song = write_song(tmp_path / "one.wav")
    looks = looks_of(song, np.random.default_rng(1))
    assert looks.shape == (int(3.0 / STEP), 2 * WIDTH) and looks.dtype == np.float32
    assert len(TASK.keys) == len(TASK.delays) == len(TASK.blurs) == len(HEARD)
    np.testing.assert_array_equal(looks[40, :WIDTH], looks[53, WIDTH:])
    assert np.isfinite(looks).all() and click(RATE).size
