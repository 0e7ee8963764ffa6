"""Which drum an attack was. Kick and bass share one register and a hat sounds under every snare, so a threshold per band
cannot tell; a very small network can, from how thirteen bands moved around the attack.

`drums.safetensors` was learned by `tests/learn_drums.py` from songs whose truth is known.
"""

from importlib import resources

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load

from liveviz.signals._flux import Flux
from liveviz.signals._hop import Hop
from liveviz.signals._part import Part, Rig

DRUMS = ("kick", "snare", "hat")
EDGES_HZ = (20.0, 48.0, 70.0, 95.0, 130.0, 180.0, 260.0, 400.0, 800.0, 1_600.0, 3_000.0, 5_500.0, 9_000.0, 17_000.0)
WAIT = 0.0174  # seconds after an attack at which it is judged
BEFORE = (0.0406, 0.0174)  # seconds before it: what sounded already


class Drums(Part):
    """Likelihood of each drum for an attack that lies WAIT back.

    wait: hops from an attack to its judgement.
    State: levels and rises of the thirteen bands over the last 60 ms.
    """

    needs = (Flux,)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._flux = rig.get(Flux)
        hz = self._flux.bands_hz
        pool = np.array([(hz >= a) & (hz < b) for a, b in zip(EDGES_HZ[:-1], EDGES_HZ[1:], strict=True)], np.float32)
        self._pool = pool / np.maximum(pool.sum(axis=1, keepdims=True), 1.0)
        self.wait = rig.hops(WAIT)
        self._far, self._near = rig.hops(BEFORE[0]), rig.hops(BEFORE[1])
        self._levels = np.zeros((self._far + self.wait + 1, len(pool)), np.float32)
        self._rises = np.zeros_like(self._levels)
        self._net = load(resources.files("liveviz.signals").joinpath("drums.safetensors").read_bytes())

    def step(self, hop: Hop) -> None:
        """Remember this hop's bands."""
        self._levels[:-1] = self._levels[1:]
        self._rises[:-1] = self._rises[1:]
        self._levels[-1] = self._pool @ self._flux.levels
        self._rises[-1] = self._pool @ self._flux.rises

    def judge(self) -> NDArray[np.float64]:
        """Probability `[3]` of DRUMS for the attack of `wait` hops ago."""
        net, at = self._net, self._far
        before = self._levels[: at - self._near + 1].mean(axis=0)
        top = self._levels[at - 1 :].max(axis=0)
        features = np.concatenate((self._rises[at - 2 :].sum(axis=0), top - before, before))
        hidden = np.tanh(net["w1"] @ ((features - net["mean"]) / net["scale"]) + net["b1"])
        return np.asarray(1.0 / (1.0 + np.exp(-(net["w2"] @ hidden + net["b2"]).astype(np.float64))))
