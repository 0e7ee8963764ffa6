"""fields are how an image travels that has no size yet: a few smooth planes of numbers (where the edges are, which place of
the palette each side has, light, and coordinates for fine detail) and five colours.

`channels` names the planes; `paint` says, once, how they become colour at any size: in NumPy (`numbers`) for tests and
stills, in torch for training, and as the shader (`shader`) that draws a show. `stored` is how they travel, in 16 bits a
number, and how they are enlarged.
"""

from liveviz.fields.channels import CHANNELS, COLOURS, COUNT, FINE, NAMES, REACH, Channel, as_drawn
from liveviz.fields.paint import paint
from liveviz.fields.shader import glsl
from liveviz.fields.stored import MOST, colours, enlarge, pack

__all__ = [
    "CHANNELS",
    "COLOURS",
    "COUNT",
    "FINE",
    "MOST",
    "NAMES",
    "REACH",
    "Channel",
    "as_drawn",
    "colours",
    "enlarge",
    "glsl",
    "pack",
    "paint",
]
