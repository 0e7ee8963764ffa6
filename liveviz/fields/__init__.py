"""fields are how a picture travels that has no size yet: a few smooth planes of numbers (where the edges are, which place of
the palette each side has, light, and coordinates for fine detail) and five colours.

`channels` names the planes and says how they are stored; `paint` says, once, how they become colour at any size, in
NumPy for tests and stills, in torch for training, and as the shader that draws a show.
"""

from liveviz.fields.channels import CHANNELS, COLOURS, COUNT, NAMES, REACH, Channel, stored
from liveviz.fields.paint import paint

__all__ = ["CHANNELS", "COLOURS", "COUNT", "NAMES", "REACH", "Channel", "paint", "stored"]
