"""MIDI clock as musical time: 24 pulses a quarter, whatever the jitter of wire and poll."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveviz.inputs.control.midi_clock import PULSES_PER_QUARTER, MidiClock
from liveviz.spec import Tempo


def play(clock: MidiClock, bpm: float, pulses: int, start: float, jitter: float = 0.0, seed: int = 0) -> Tempo | None:
    random, found = np.random.RandomState(seed), None
    for n in range(pulses):
        time = start + n * 60.0 / (PULSES_PER_QUARTER * bpm) + jitter * random.uniform(0.0, 1.0)
        found = clock.take("midi.clock", time)
    return found


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.floats(40.0, 240.0), st.integers(0, 1000))
def test_rate_and_beat_survive_two_milliseconds_of_jitter(bpm: float, seed: int) -> None:
    clock = MidiClock()
    clock.take("midi.start", 10.0)
    found = play(clock, bpm, 4 * PULSES_PER_QUARTER + 1, 10.0, 0.002, seed)
    assert found is not None and found.source == "midi" and found.playing
    assert found.bpm == pytest.approx(bpm, rel=0.004)
    assert found.beat == 4.0  # the pulse after the start is beat 0
    assert found.time == pytest.approx(10.0 + 4 * 60.0 / bpm + 0.001, abs=0.002)


def test_stop_and_continue_keep_the_place_and_start_begins_again() -> None:
    clock = MidiClock()
    clock.take("midi.start", 0.0)
    play(clock, 120.0, PULSES_PER_QUARTER + 1, 0.0)
    stopped = clock.take("midi.stop", 0.51)
    assert stopped is not None and not stopped.playing and stopped.beat == 1.0
    still = play(clock, 120.0, PULSES_PER_QUARTER, 0.52)  # many senders go on pulsing
    assert still is not None and not still.playing and still.beat == 1.0
    clock.take("midi.continue", 1.02)
    on = play(clock, 120.0, PULSES_PER_QUARTER, 1.04)
    assert on is not None and on.playing and on.beat == 2.0
    clock.take("midi.start", 2.0)
    again = play(clock, 120.0, PULSES_PER_QUARTER + 1, 2.0)
    assert again is not None and again.beat == 1.0


def test_a_clock_that_pauses_is_measured_again() -> None:
    clock = MidiClock()
    assert play(clock, 100.0, 5, 0.0) is None  # too few to know
    assert play(clock, 100.0, 60, 0.2) is not None
    assert clock.take("midi.clock", 30.0) is None
    found = play(clock, 174.0, 30, 30.0 + 60.0 / (PULSES_PER_QUARTER * 174.0))
    assert found is not None and found.bpm == pytest.approx(174.0, rel=0.001)


@given(
    st.lists(
        st.tuples(st.sampled_from(["midi.clock", "midi.start", "midi.stop", "midi.continue"]), st.floats(-1e3, 1e3))
    )
)
def test_any_order_gives_a_tempo_or_none(came: list[tuple[str, float]]) -> None:
    clock = MidiClock()
    for address, time in came:
        found = clock.take(address, time)
        assert found is None or (found.bpm > 0.0 and found.beat >= 0.0)
