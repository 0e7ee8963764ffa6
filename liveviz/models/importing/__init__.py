"""importing reads the generator files that people have, without running a byte of them. A pickle is followed symbolically
(`machine`: names stay text, calls stay notes), torch's containers are read as data (`torch_files`), and numbers are taken only
under the names and in the shapes that a network of ours must have (`arrays`, `weights`). What is in a file is an `Opened`; each
family says whether it is one of its networks and how its names become ours (`stylegan/readers`), and networks that were saved
as tables of tensors are found wherever in a checkpoint they lie (`states`). `cache` keeps what was read.
Every refusal is one LivevizError in one line, and what a file may cost is bounded before it is spent (`source`). Numpy
alone is needed. To add an origin: a reader in its family's folder.
"""

from liveviz.models.importing.cache import Imported, open_file
from liveviz.models.importing.reader import import_file, is_own

__all__ = ["Imported", "import_file", "is_own", "open_file"]
