"""Round trip of sound, measured as a show would live it: a player that knows when each click is heard, and a recorder that
stamps when it was captured. Each click is found by matching the very sound that was played."""

import tempfile
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liveviz.inputs.audio import sources
from liveviz.spec import AudioBlock, LivevizError

RATE_HZ = 48_000
# Seconds between clicks, before the first, after the last
CLICK_EVERY_SECONDS, LEAD_SECONDS, TAIL_SECONDS = 0.5, 0.5, 0.8
LONGEST_SECONDS = 0.45  # of one round trip: less than CLICK_EVERY_SECONDS, so that no click is taken for its neighbour
HEARD_CORRELATION = 0.35  # normalised correlation from which a click was heard


@dataclass(frozen=True)
class RoundTrip:
    """device: its name. median, spread: seconds, and half the range of the middle half. heard: how many clicks."""

    device: str
    median: float
    spread: float
    heard: int


def click() -> NDArray[np.float32]:
    """float32 `[n]` at RATE_HZ: a falling sweep of 20 ms, which is like itself at no other lag."""
    t = np.arange(int(0.02 * RATE_HZ)) / RATE_HZ
    return (0.6 * np.sin(2 * np.pi * (6000 * t - 110_000 * t * t)) * np.hanning(t.size)).astype(np.float32)


def measure(device: str | None, clicks: int, now: Callable[[], float]) -> RoundTrip:
    """Play that many clicks and listen for them.

    Raises:
        LivevizError: there is no such input or no output, or the clicks are not heard, or not evenly.
    """
    if device is not None and (device in (sources.DEMO, sources.SYSTEM) or Path(device).exists()):
        raise LivevizError(f"{device}: calibrating takes an audio input")
    recorder = sources.open_live(device, now, loop=False)
    try:
        if recorder.duration is not None:
            raise LivevizError("calibrating takes an audio input, and there is none on this machine")
        with tempfile.TemporaryDirectory(prefix="liveviz-") as folder:
            player = sources.open_live(str(click_track(Path(folder) / "clicks.wav", clicks)), now, loop=False)
            try:
                captured, played, sounded = _listen(recorder, player, now)
            finally:
                player.close()
    finally:
        recorder.close()
    if not sounded:
        raise LivevizError("calibrating takes an audio output, and there is none on this machine")
    return evaluate(recorder.label, captured, played, clicks)


def click_track(path: Path, clicks: int) -> Path:
    """The clicks as a file: what the player plays is then what anyone can look at."""
    track = np.zeros(int((LEAD_SECONDS + clicks * CLICK_EVERY_SECONDS + TAIL_SECONDS) * RATE_HZ), np.float32)
    sound = click()
    for n in range(clicks):
        at = int((LEAD_SECONDS + n * CLICK_EVERY_SECONDS) * RATE_HZ)
        track[at : at + sound.size] = sound
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, track.size, "NONE", ""))
        file.writeframes((track * 32767).astype("<i2").tobytes())
    return path


def _listen(
    recorder: sources.Source, player: sources.Source, now: Callable[[], float]
) -> tuple[list[AudioBlock], list[AudioBlock], bool]:
    """(captured, played, whether it was played to an output)."""
    captured: list[AudioBlock] = []
    played: list[AudioBlock] = []
    recorder.start()
    until = now() + 3.0
    while not captured and now() < until:
        captured += recorder.blocks(0.1)
    if not captured:
        raise LivevizError(f"sound input {recorder.label!r}: no sound comes from it")
    player.start()
    sounded = False
    while not player.finished:
        played += player.blocks(0.02)
        captured += recorder.blocks(0.0)
        sounded |= player.heard
    captured += recorder.blocks(0.2)
    return captured, played, sounded


def evaluate(device: str, captured: list[AudioBlock], played: list[AudioBlock], clicks: int) -> RoundTrip:
    """How much later than they were heard the clicks were captured.

    Raises:
        LivevizError: fewer than half were heard, or they came at uneven times.
    """
    sound, heard, times = resampled(click(), captured[0].sample_rate), *_line(captured)
    _, said = _line(played)
    lags = []
    for n in range(clicks):
        begun = float(said[int((LEAD_SECONDS + n * CLICK_EVERY_SECONDS) * RATE_HZ)])
        first = int(np.searchsorted(times, begun - LONGEST_SECONDS / 3))
        last = int(np.searchsorted(times, begun + LONGEST_SECONDS)) + sound.size
        likeness = _likeness(heard[first:last], sound)
        if likeness.size and likeness.max() >= HEARD_CORRELATION:
            lags.append(float(times[first + int(likeness.argmax())]) - begun)
    if 2 * len(lags) < clicks:
        raise LivevizError(
            f"{device}: heard {len(lags)} of {clicks} clicks; turn the output up, or bring the microphone nearer"
        )
    quarter, median, three = np.percentile(lags, [25, 50, 75])
    spread = float(three - quarter) / 2
    if spread > 0.02:
        raise LivevizError(
            f"{device}: the clicks came back at uneven times (± {1000 * spread:.0f} ms); is something else heard?"
        )
    return RoundTrip(device, float(median), spread, len(lags))


def _line(blocks: list[AudioBlock]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Mono samples, and the time of each."""
    samples = np.concatenate([b.samples.mean(axis=1) for b in blocks])  # [n]
    times = np.concatenate([b.time - np.arange(len(b.samples))[::-1] / b.sample_rate for b in blocks])  # [n]
    return samples, times


def _likeness(x: NDArray[np.float32], sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """Normalised correlation, 0 to 1, of `sound` with each place of `x`."""
    if x.size < sound.size:
        return np.zeros(0)
    match = np.abs(np.correlate(x, sound, "valid"))
    energy = np.convolve(np.square(x, dtype=np.float64), np.ones(sound.size), "valid")
    return match / np.sqrt(np.maximum(energy, 1e-9) * float(np.dot(sound, sound)))


def resampled(x: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """`x` at another rate, by straight lines: good enough to be recognised."""
    places = np.arange(int(x.size * rate / RATE_HZ)) * (RATE_HZ / rate)
    return np.interp(places, np.arange(x.size), x).astype(np.float32)
