"""What a newcomer sees first: the ears on the whole demo song, held against its score."""

import mir_eval
import numpy as np
import pytest
from hearing import column, events, hear

from liveviz.inputs.demo.reader import DemoReader, truth
from liveviz.spec import SignalFrame


@pytest.fixture(scope="module")
def demo() -> list[SignalFrame]:
    reader = DemoReader()
    return hear(reader.read(10**9), reader.sample_rate)


def test_the_tempo_of_the_demo_song_stays(demo: list[SignalFrame]) -> None:
    late = np.array([f.time > 8.0 for f in demo])
    assert (np.abs(column(demo, "tempo")[late] / truth()["bpm"] - 1.0) < 0.04).mean() >= 0.98


def test_the_beats_of_the_demo_song_are_its_own_and_predicted(demo: list[SignalFrame]) -> None:
    beats, found = np.array(truth()["beats"]), events(demo, "beat")
    assert (found[:, 1] - found[:, 0]).max() < 0.01
    assert mir_eval.onset.f_measure(beats[beats > 5.0], found[found[:, 0] > 5.0, 0], window=0.07)[0] >= 0.95
