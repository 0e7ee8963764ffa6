"""learning makes generators: programs that draw pictures (`pictures/`, one class a file), and a trainer that teaches a
stock StyleGAN2 to draw them. Nothing else is needed, and nobody's rights are touched.

`train` teaches by program: the network learns five maps of every picture (four places of a colour ramp, and glow), and
its last layers are given the palettes, so that coarse rows of ws are composition, middle rows detail and light, and
fine rows colour and nothing else. `targets` draws what the network should answer, also for what a show does with it:
style mixing, truncation, and ways between classes. `export` writes the
bundle; `checkpoint` keeps a run, so that one that was stopped or killed goes on bit for bit.
"""

from liveviz.learning.export import generator, write_export
from liveviz.learning.network import MapsNetwork
from liveviz.learning.run import DEFAULT_STAGES, Stage, TrainOptions
from liveviz.learning.together import Together
from liveviz.learning.trainer import Progress, Stopped, train

__all__ = [
    "DEFAULT_STAGES",
    "MapsNetwork",
    "Progress",
    "Stage",
    "Stopped",
    "Together",
    "TrainOptions",
    "generator",
    "train",
    "write_export",
]
