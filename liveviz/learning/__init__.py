"""learning makes generators: programs that draw images (`pictures/`, one class a file), and three trainers. Nothing else
is needed, and with our own images nobody's rights are touched.

`train` teaches by program (`procedural/`): the network learns the fields of every image (`liveviz.fields`), and a small
one beside it the palettes, so that coarse rows of ws are composition, middle rows detail and light, and fine rows
colour and nothing else. `targets` draws what the network should answer, also for what a show does with it: style
mixing, truncation, and ways between classes. `export` writes the bundle. `staged` is the loop of stages that it shares
with `like`. `gan` teaches by images, from a folder
of somebody's own: a StyleGAN2 against a discriminator. `like` makes a light generator that draws as a heavier one does.
`checkpoint` keeps any run, so that one that was stopped or killed goes on bit for bit. `measure` compares what a
generator draws with real images: `scores` in the space of a feature network (`features`, made by `feature_training`; a
file that can be exchanged), and how wide `edges` are.
`hearing` teaches the live analyser its beat network, from songs.
"""

from liveviz.learning import gan
from liveviz.learning.feature_training import train_features
from liveviz.learning.procedural.export import generator, write_export
from liveviz.learning.procedural.network import FieldsNetwork
from liveviz.learning.procedural.run import DEFAULT_STAGES, TrainOptions
from liveviz.learning.procedural.trainer import train
from liveviz.learning.staged import Progress, Stopped, TrainStage
from liveviz.learning.together import Together

__all__ = [
    "DEFAULT_STAGES",
    "FieldsNetwork",
    "Progress",
    "Stopped",
    "Together",
    "TrainOptions",
    "TrainStage",
    "gan",
    "generator",
    "train",
    "train_features",
    "write_export",
]
