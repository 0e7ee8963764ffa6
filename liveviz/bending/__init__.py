"""bending changes what one layer of the generator says, before the layers above paint over it: network bending. One
file per op; the file's name is the op's name in mapping files and its parameter is `bend.<name>`.

An op declares `PARAMETER` (range, identity, unit, help), further `KNOBS` if it wants them (`bend.<name>_<knob>`), and
one function, which says how it works:

- `warp(x, y, amount) -> (x, y)`: where each point of the layer is taken from. x, y: float32 `[h, w]`, in half image
  heights from the centre: y from -1 (top edge) to 1 (bottom edge), x from -width / height (left) to width / height. What
  lies outside is mirrored in. All moves of one layer become one sampling grid.
- `drift(x, y, amount, moment) -> (x, y)`: a warp that also knows the frame's `Moment`: phase and seed of the noise, and
  the values of the op's KNOBS (`moment["waves"]`).
- `nodes(o, x, amount)`: the bent layer as nodes in the network's graph, made of the `BendOperations` o that every engine
  offers. x: activations `[1, C, h, w]`. amount: a node `[1, C, 1, 1]`, the op's identity for channels that are not chosen.
- `gain(amount, turn)`: a factor of the activations, a number or float64 `[C]`; it folds into the styles and costs nothing.
  turn: float64 `[C]` of random numbers in 0 to 1, for ops that reach one channel after the other.
- `filters(noise, amount, turn, moment)`: float64 `[n]`, a factor for every filter of the layer's convolutions; it folds
  too. noise: seed to float64 `[n]` of unit variance. turn: `[n]` of random numbers in 0 to 1.

To add an op: one file with these names; nothing else. Each acts at one layer, on all channels, chosen ones or a random
share of them. `stages` says what a set of bends needs of a compiled network (its topology), `inputs` and `build` make
it, `Bends` feeds it. Amounts, channels and knobs are free at run time; an amount at its identity changes no bit.

Source: Broad et al. 2021 (Network Bending, 2005.12420).
"""

from liveviz.bending._channels import mask
from liveviz.bending._grid import grid
from liveviz.bending._ops import BEND_FUNCTIONS, BendOperations, Moment, kind, knobs, ops, parameters
from liveviz.bending._piece import Piece
from liveviz.bending._run import Bends, Moved
from liveviz.bending._topology import ALL_CHANNELS, BendSlot, LayerShape, Topology, build, inputs, possible, stages

__all__ = [
    "ALL_CHANNELS",
    "BEND_FUNCTIONS",
    "BendOperations",
    "BendSlot",
    "Bends",
    "LayerShape",
    "Moment",
    "Moved",
    "Piece",
    "Topology",
    "build",
    "grid",
    "inputs",
    "kind",
    "knobs",
    "mask",
    "ops",
    "parameters",
    "possible",
    "stages",
]
