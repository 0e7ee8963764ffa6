"""post is the shader chain: it lays the generator's image on the stage's canvas and runs post effects over it.

An effect is one ISF file (Interactive Shader Format, the format VJs' shader collections are written in) in `shaders/`.
`shaders(folder)` reads them, `parameters(shaders)` declares `post.<shader>.<input>` for the registry, and `Chain` draws:
image -> fit (contain, cover, mirrored sides) -> each effect whose `amount` is above 0, in order -> texture. An effect
at amount 0 is skipped and costs nothing. To add one, put a `.fs` file into `shaders/`; its first input is `amount`
(0 to 1, default 0). Files from a collection that have no `amount` get one that mixes the effect in, and whatever they are
called becomes a name that can be typed (naming.py).
"""

from liveviz.post.chain import DEFAULT_ORDER, Chain, software
from liveviz.post.isf import IsfShader, parse
from liveviz.post.library import parameters, shaders

__all__ = ["DEFAULT_ORDER", "Chain", "IsfShader", "parameters", "parse", "shaders", "software"]
