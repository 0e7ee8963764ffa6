"""importing reads the generator files that people have, without running a byte of them. A pickle is followed symbolically
(`machine`: names stay text, calls stay notes), torch's containers are read as data (`torch_files`), numbers are taken only
under the names and in the shapes that a network of ours must have (`arrays`, `weights`), and one file per origin says how
its names become ours: `stylegan2` and `stylegan3` (pickles; what they share is in `nvidia`, StyleGAN-XL's classes in
`stylegan_xl`), `tensorflow`; `rosinality` and `stylegan_states` for networks saved as tables of tensors, which `states` finds
wherever in a checkpoint they lie. `cache` keeps what was read.
Every refusal is one LivevizError in one line, and what a file may cost is bounded before it is spent (`source`). Numpy
alone is needed. To add an origin: a file with `convert`, and its place in `reader`.
"""

from liveviz.models.importing.cache import Imported, open_file
from liveviz.models.importing.reader import import_file, is_own

__all__ = ["Imported", "import_file", "is_own", "open_file"]
