"""signals is the listening: blocks of sound become named floats, one SignalFrame per hop (about 5.5 ms), nothing revised
later, no file, device or clock touched.

A block of any size and channel count is cleaned, mixed to mono and cut into hops (`_hop.py`). Every hop goes through the
*parts* in the order in which they need each other: shared machinery in files that start with `_` (gain control,
spectra, spectral flux, drum likelihoods, beat tracker), then the signals, one file each. A part is made once per
analyser and asks for others by class (`needs`), so a spectrum that five signals read is computed once.

To add a signal, write `signals/<name>.py` with one subclass of `Signal`: its `outputs` are named `<name>` or `<name>.x`,
its `step` fills `self.values` (levels, phases) or calls `hop.announce` (events). Nothing else needs an edit: mapping files
can name it at once, and the tests in `tests/test_signals_contract.py` run over it.
"""

from liveviz.signals._analyser import Analyser, outputs
from liveviz.signals._hop import Hop, natural_hop_length
from liveviz.signals._part import Part, Rig, Signal

__all__ = ["Analyser", "Hop", "Part", "Rig", "Signal", "natural_hop_length", "outputs"]
