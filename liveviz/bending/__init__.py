"""bending changes what one layer of the generator says, before the layers above paint over it: network bending. One
file per op; the file's name is the op's name in mapping files and its parameter is `bend.<name>`.

An op declares `PARAMETER` (range, identity, unit, help), further `KNOBS` if it wants them (`bend.<name>_<knob>`), and
one function, which says how it works:

- `warp(x, y, amount)`: where each point of the layer is taken from. All moves of one layer become one sampling grid.
  `drift(x, y, amount, moment)` is a warp that also knows the noise's phase.
- `nodes(o, x, amount)`: nodes in the network's graph, made of the `Operations` that every engine offers.
- `gain(amount)`: a factor of the activations; it folds into the styles and costs nothing.
- `filters(draw, amount, moment)`: a factor for every filter of the layer's convolutions; it folds too.

To add an op: one file with these names; nothing else. Each acts at one layer, on all channels, chosen ones or a random
share of them. `stages` says what a set of bends needs of a compiled network (its topology), `inputs` and `build` make
it, `Bends` feeds it. Amounts, channels and knobs are free at run time; an amount at its identity changes no bit.

Source: Broad et al. 2021 (Network Bending, 2005.12420).
"""

from liveviz.bending._channels import mask
from liveviz.bending._grid import grid
from liveviz.bending._ops import KINDS, Moment, Operations, kind, knobs, ops, parameters
from liveviz.bending._piece import Piece
from liveviz.bending._run import Bends, Moved
from liveviz.bending._topology import ALL, Layer, Stage, Topology, build, inputs, possible, stages

__all__ = [
    "ALL",
    "KINDS",
    "Bends",
    "Layer",
    "Moment",
    "Moved",
    "Operations",
    "Piece",
    "Stage",
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
