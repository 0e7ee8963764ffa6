"""The beat network: a small recurrent network that hears beats, first beats and drums in the looks, with a memory of
seconds, so that it knows what this song's kick sounds like and where its chords change.

`hearing.safetensors` holds its weights. `liveviz train --hearing` learns them from songs whose truth is known, heard
through these very parts. It answers late on purpose (DELAYS_LOOKS): what follows an attack tells what it was.
"""

from importlib import resources

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load

from liveviz.signals._gain import Gain
from liveviz.signals._hop import Hop
from liveviz.signals._looks import Looks
from liveviz.signals._part import Part, Rig

HEARD_KINDS = ("beat", "downbeat", "kick", "snare", "hat")
DELAYS_LOOKS = (17, 17, 3, 3, 3)  # looks from a thing to the look that speaks of it
WEIGHTS_FILE = "hearing.safetensors"


class Hearing(Part):
    """How likely each of HEARD_KINDS happened DELAYS_LOOKS looks ago.

    fresh: whether this hop brought new ones; never while there is silence.
    likely: float32 `[len(HEARD_KINDS)]`, 0 to 1.
    State: the memory of the network.
    Source: the gated recurrent unit, Cho et al. 2014, as torch defines it.
    """

    needs = (Looks, Gain)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._looks, self._gain = rig.get(Looks), rig.get(Gain)
        net = load(resources.files("liveviz.signals").joinpath(WEIGHTS_FILE).read_bytes())
        self._first = net["first_weight"] / net["scale"]
        self._first_bias = net["first_bias"] - self._first @ net["mean"]
        self._layers: list[tuple[NDArray[np.float32], ...]] = []
        while f"memory_weight_ih_l{len(self._layers)}" in net:
            names = ("weight_ih", "bias_ih", "weight_hh", "bias_hh")
            a, b, c, d = (net[f"memory_{name}_l{len(self._layers)}"] for name in names)
            self._layers.append((a, b, c, d))
        self._last, self._last_bias = net["last_weight"], net["last_bias"]
        self._memory = [np.zeros(c.shape[1], np.float32) for _, _, c, _ in self._layers]
        self.fresh = False
        self.likely: NDArray[np.float32] = np.zeros(len(HEARD_KINDS), np.float32)

    def step(self, hop: Hop) -> None:
        """Where a look is complete, take it in and answer."""
        self.fresh = self._gain.open and self._looks.fresh > 0
        if not self.fresh:
            return
        for _ in range(self._looks.fresh):
            self._hear(np.concatenate((self._looks.newest, self._looks.oldest)))

    def _hear(self, looks: NDArray[np.float32]) -> None:
        x = np.tanh(self._first @ looks + self._first_bias)
        for i, (into, into_bias, back, back_bias) in enumerate(self._layers):
            h = self._memory[i]
            a, b = into @ x + into_bias, back @ h + back_bias  # [3 * wide]: reset, update, new
            n = h.size
            gates = 0.5 + 0.5 * np.tanh(0.5 * (a[: 2 * n] + b[: 2 * n]))
            new = np.tanh(a[2 * n :] + gates[:n] * b[2 * n :])
            self._memory[i] = x = new + gates[n:] * (h - new)
        self.likely = 0.5 + 0.5 * np.tanh(0.5 * (self._last @ x + self._last_bias))
