"""The song as people have it: what only FFmpeg reads, heads that are wrong over samples that are all there, more than two
channels folded into what is recorded."""

import shutil
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from liveviz.inputs.audio.downmix import Downmix
from liveviz.inputs.audio.sources import open_reader
from liveviz.spec import LivevizError, parse_stems

RATE = 44_100
pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def ffmpeg(*words: object) -> None:
    subprocess.run(["ffmpeg", "-y", "-v", "error", *map(str, words)], check=True)


def tone(seconds: float, hertz: float = 440.0) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    return np.stack([0.4 * np.sin(2 * np.pi * hertz * t), 0.2 * np.sin(2 * np.pi * 2 * hertz * t)], 1).astype(
        np.float32
    )


def read_all(reader, frames: int = 1000) -> np.ndarray:
    parts = [np.zeros((0, reader.channels), np.float32)]
    while len(part := reader.read(frames)):
        parts.append(part)
    return np.concatenate(parts)


KINDS = ["m4a", "aac", "webm", "mp4", "mov", "wma", "mka", "alac.m4a", "film.mp4"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_the_sound_that_was_written(tmp_path: Path, kind: str) -> None:
    song, path = tmp_path / "song.wav", tmp_path / f"x.{kind}"
    sound = tone(2.0)
    soundfile.write(song, sound, RATE)
    film = ("-f", "lavfi", "-i", "testsrc=d=2:r=5:s=64x48") if "film" in kind else ()
    codec = ("-c:a", "alac") if "alac" in kind else ("-b:a", "192k")
    ffmpeg(*film, "-i", song, *codec, *(("-pix_fmt", "yuv420p") if film else ()), path)
    reader = open_reader(str(path))
    assert reader.channels == 2 and reader.label == path.name
    assert reader.duration == pytest.approx(2.0, abs=0.15)
    found = read_all(reader)
    assert found.dtype == np.float32 and len(found) / reader.sample_rate == pytest.approx(2.0, abs=0.12)
    middle = found[reader.sample_rate // 2 : reader.sample_rate]
    for side, (hertz, level) in enumerate(((440, 0.4), (880, 0.2))):
        spectrum = np.abs(np.fft.rfft(middle[:, side] * np.hanning(len(middle))))
        assert spectrum.argmax() * reader.sample_rate / len(middle) == pytest.approx(hertz, abs=3)
        assert np.sqrt(2 * np.mean(middle[:, side] ** 2)) == pytest.approx(level, rel=0.05)
    reader.rewind()
    np.testing.assert_array_equal(read_all(reader, 777), found)
    reader.close()
    assert not len(reader.read(10))


def patched(data: bytes, at: int, by: bytes) -> bytes:
    return data[:at] + by + data[at + len(by) :]


def broken_heads(folder: Path) -> dict[str, bytes]:
    """Files whose samples are all there, 100,000 of them, under heads that are wrong."""
    noise = np.random.default_rng(3).normal(0, 0.1, (100_000, 2)).astype(np.float32)
    for suffix in ("wav", "flac", "ogg"):
        soundfile.write(folder / f"whole.{suffix}", noise, RATE)
    wav, flac, ogg = ((folder / f"whole.{suffix}").read_bytes() for suffix in ("wav", "flac", "ogg"))
    data = wav.index(b"data") + 4
    blocks = int.from_bytes(flac[18:26], "big") >> 36 << 36

    def total(samples: int) -> bytes:
        return patched(flac, 18, (blocks | samples).to_bytes(8, "big"))

    return {
        "killed-recorder.wav": patched(patched(wav, 4, bytes(4)), data, bytes(4)),
        "pipe.wav": patched(patched(wav, 4, b"\xff" * 4), data, b"\xff" * 4),
        "riff-size.wav": patched(wav, 4, (1000).to_bytes(4, "little")),
        "byte-rate.wav": patched(wav, 28, bytes(6)),
        "pipe.flac": total(0),
        "too-long.flac": total(10**9),
        "too-short.flac": total(100),
        "junk-before.ogg": bytes(100) + ogg,
        "wrong-name.mp3": flac,
    }


HEADS = [
    "killed-recorder.wav",
    "pipe.wav",
    "riff-size.wav",
    "byte-rate.wav",
    "pipe.flac",
    "too-long.flac",
    "too-short.flac",
]


@pytest.mark.parametrize("name", [*HEADS, "junk-before.ogg", "wrong-name.mp3"])
def test_a_head_that_is_wrong_over_samples_that_are_there(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(broken_heads(tmp_path)[name])
    whole = soundfile.read(tmp_path / f"whole.{'ogg' if 'ogg' in name else 'wav'}", dtype="float32")[0]
    reader = open_reader(str(tmp_path / name))
    for _ in range(2):
        found = read_all(reader)
        assert found.shape == whole.shape, "every sample"
        np.testing.assert_allclose(found, whole, atol=1e-4)
        reader.rewind()


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n",
        "#EXTM3U\n#EXTINF:10,\nsecret.wav\n",
        "ffconcat version 1.0\nfile secret.wav\n",
        "dear diary, " * 400,
    ],
)
def test_a_list_of_other_files_is_no_song(tmp_path: Path, text: str) -> None:
    soundfile.write(tmp_path / "secret.wav", tone(0.2), RATE)
    for name in ("x.m4a", "x.mp4", "x.m3u8"):
        (tmp_path / name).write_text(text)
        with pytest.raises(LivevizError, match=r"not a sound file .*m4a") as caught:
            open_reader(str(tmp_path / name))
        assert "\n" not in str(caught.value)


def test_a_film_without_sound_is_refused(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=1:r=5:s=64x48", "-pix_fmt", "yuv420p", tmp_path / "x.mp4")
    with pytest.raises(LivevizError, match="not a sound file"):
        open_reader(str(tmp_path / "x.mp4"))


@pytest.mark.parametrize("kind", ["m4a", "webm", "wma"])
def test_a_cut_or_damaged_file_ends_or_is_refused(tmp_path: Path, kind: str) -> None:
    soundfile.write(tmp_path / "song.wav", tone(1.0), RATE)
    ffmpeg("-i", tmp_path / "song.wav", tmp_path / f"x.{kind}")
    content, random = (tmp_path / f"x.{kind}").read_bytes(), np.random.default_rng(5)
    played = 0
    for i in range(30):
        damaged = bytearray(content if i % 2 else content[: int(random.integers(1, len(content)))])
        for at in random.integers(0, len(damaged), 20 * (i % 2)):
            damaged[at] = int(random.integers(256))
        (tmp_path / f"broken.{kind}").write_bytes(damaged)
        try:
            reader = open_reader(str(tmp_path / f"broken.{kind}"))
        except LivevizError as error:
            assert "\n" not in str(error)
            continue
        for _ in range(200):
            part = reader.read(4096)
            assert np.isfinite(part).all()
            played += len(part)
            if len(part) < 4096:
                break
        reader.close()
    assert played > RATE, "some of them play"


def test_stems_are_added_and_a_lone_channel_is_in_the_middle() -> None:
    mix = Downmix(4, (), (), parse_stems(["drums=1-2", "bass=3", "voice=4"]))
    block = np.array([[0.1, 0.2, 0.3, 0.0], [0.0, 0.0, 0.0, -0.5]], np.float32)
    np.testing.assert_allclose(mix.step(block, 0.01), [[0.4, 0.5], [-0.5, -0.5]], atol=1e-6)
    left = Downmix(8).step(np.eye(8, dtype=np.float32)[[0, 7, 2]] * 0.5, 0.01)
    np.testing.assert_allclose(left, [[0.5, 0], [0, 0.5], [0.5, 0]], atol=1e-6), "a quiet desk loses no level"
    asked = Downmix(4, (), (2,))
    np.testing.assert_allclose(asked.step(np.float32([[0.1, 0.2, 0.3, 0.4]]), 0.01), [[0.3, 0.3]], atol=1e-6)


def test_what_is_too_loud_together_is_turned_down_and_comes_back() -> None:
    mix = Downmix(6)
    loud = np.full((4410, 6), 0.9, np.float32)
    for _ in range(5):
        out = mix.step(loud, 0.1)
        assert np.abs(out).max() <= 1.0
    assert out.min() > 0.95, "not cut off by more than it takes"
    for _ in range(40):
        out = mix.step(np.full((4410, 6), 0.1, np.float32), 0.1)
    np.testing.assert_allclose(out, 0.3, atol=1e-3)


@pytest.mark.parametrize("kind", ["wav", "m4a", "ogg"])
def test_a_film_s_centre_is_heard_on_both_sides(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"x.{kind}"
    pan = "pan=5.1|FL=0*c0|FR=0*c0|FC=c0|LFE=c0|BL=0*c0|BR=0*c0"
    ffmpeg("-f", "lavfi", "-i", "sine=440:d=1:sample_rate=44100", "-af", pan, path)
    reader = open_reader(str(path))
    assert reader.speakers[2] == "FC" and reader.channels == 6
    sound = read_all(reader)
    out = Downmix(6, reader.speakers).step(sound, 1.0)[4000:40000]
    centre = sound[4000:40000, 2]
    for side in range(2):
        assert np.sqrt(np.mean(out[:, side] ** 2)) == pytest.approx(0.7071 * np.sqrt(np.mean(centre**2)), rel=0.03)


def test_a_render_with_stems_has_its_bass(liveviz, tmp_path: Path) -> None:
    t = np.arange(2 * 8000) / 8000
    drums = 0.1 * np.sin(2 * np.pi * 1000 * t)
    soundfile.write(tmp_path / "song.wav", np.stack([drums, drums, 0.3 * np.sin(2 * np.pi * 100 * t)], 1), 8000)
    words = ["--stems", "drums=1-2", "bass=3", "--backend", "testcard", "--size", "64x64", "--fps", "5"]
    done = liveviz("render", tmp_path / "song.wav", "-o", tmp_path / "x.mp4", *words)
    assert done.returncode == 0, done.stderr
    with av.open(str(tmp_path / "x.mp4")) as film:
        heard = np.concatenate([frame.to_ndarray() for frame in film.decode(audio=0)], axis=1)  # [2, n]
        rate = film.streams.audio[0].rate
    for side in heard:
        part = side[rate // 2 : rate // 2 + rate]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(rate)))
        assert spectrum[100] > 2 * spectrum[1000] > 100, "one bin is one hertz"
