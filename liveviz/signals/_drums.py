"""Which drum an attack was. Kick and bass share one register and a hat sounds under every snare, so a threshold per band
cannot tell; a very small network can, from how thirteen bands moved around the attack.

`drums.safetensors` holds its weights, learned from songs whose truth is known: composed as MIDI, rendered with the drum
kits of a General MIDI soundfont at many levels, tilts and amounts of noise, and heard through these very parts.
"""

from importlib import resources
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load

from liveviz.signals._flux import Flux
from liveviz.signals._hop import Hop
from liveviz.signals._part import Part, Rig

DRUMS = ("kick", "snare", "hat")
EDGES_HZ = (20.0, 48.0, 70.0, 95.0, 130.0, 180.0, 260.0, 400.0, 800.0, 1_600.0, 3_000.0, 5_500.0, 9_000.0, 17_000.0)
STEP = 256 / 44100  # seconds between two looks at the bands
BEFORE = range(-7, -2)  # looks at what sounded already, counted from the attack
AROUND = range(-2, 6)  # looks at the attack itself; with the last one it is judged


class Drums(Part):
    """Likelihood of each drum for an attack that lies 29 ms back.

    wait: hops from an attack to its judgement.
    State: levels of the thirteen bands over the last 70 ms.
    """

    needs = (Flux,)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._flux = rig.get(Flux)
        hz = self._flux.bands_hz
        pool = np.array([(hz >= a) & (hz < b) for a, b in pairwise(EDGES_HZ)], np.float32)
        self._pool = pool / np.maximum(pool.sum(axis=1, keepdims=True), 1.0)
        before, around = (np.round(np.array(looks) * STEP / rig.dt).astype(int) for looks in (BEFORE, AROUND))
        self.wait = int(around[-1])
        self._before, self._around = before - before[0], around - before[0]
        self._levels = np.zeros((self._around[-1] + 1, len(pool)), np.float32)
        self._net = load(resources.files("liveviz.signals").joinpath("drums.safetensors").read_bytes())

    def step(self, hop: Hop) -> None:
        """Remember this hop's bands."""
        self._levels[:-1] = self._levels[1:]
        self._levels[-1] = self._pool @ self._flux.levels

    def judge(self) -> NDArray[np.float64]:
        """Probability `[3]` of DRUMS for the attack of `wait` hops ago."""
        net = self._net
        hidden = np.tanh(net["w1"] @ ((self.features() - net["mean"]) / net["scale"]) + net["b1"])
        return np.asarray(1.0 / (1.0 + np.exp(-(net["w2"] @ hidden + net["b2"]).astype(np.float64))))

    def features(self) -> NDArray[np.float32]:
        """What the network sees, float32 `[117]`: eight looks less the mean before, then that mean; bands run fastest."""
        before = self._levels[self._before].mean(axis=0)
        return np.concatenate(((self._levels[self._around] - before).ravel(), before))
