"""signals is the listening: blocks of sound become named floats, one SignalFrame per hop (about 5.5 ms), nothing revised
later, no file, device or clock touched.

A block of any size and channel count is cleaned, mixed to mono and cut into hops (`_hop.py`). Every hop goes through the
*parts* in the order in which they need each other: shared machinery in files that start with `_` (gain control,
spectra, third octaves, spectral flux, the beat network, beat tracker, sections, tension), then the signals, one file each. A
part is made once per analyser and asks for others by class (`needs`), so a spectrum that five signals read is computed once.

A show listens through a `Listener`: one analyser over the whole sound and one over each *stem*, the channels that the
performer named, whose signals are called `stem.<name>.<signal>`; it also makes up for a known latency.

Who teaches the beat network, or looks into the beat tracker, has their machinery here too: the looks that the network
sees (`Looks`), the network (`Hearing`), what follows the bars (`Bars`) and what the drums say about them (`Groove`).

To add a signal, write `signals/<name>.py` with one subclass of `Signal`: its `outputs` are named `<name>` or `<name>.x`,
its `step` fills `self.values` (levels, phases) or calls `hop.announce` (events). Nothing else needs an edit: mapping files
can name it at once, and the tests in `tests/test_signals_contract.py` run over it.
"""

from liveviz.signals._analyser import Analyser, outputs, signal_classes
from liveviz.signals._bars import BEATS_PER_BAR, Bars
from liveviz.signals._groove import Groove
from liveviz.signals._hearing import DELAYS_LOOKS, HEARD_KINDS, WEIGHTS_FILE, Hearing
from liveviz.signals._hop import Hop, HopCutter, clean_mono, natural_hop_length
from liveviz.signals._listener import MOST_OFFSET, Listener, all_outputs
from liveviz.signals._looks import LOOK_SECONDS, LOOK_SIZE, PAST_LOOKS, Looks
from liveviz.signals._part import Part, Rig, Signal

__all__ = [
    "BEATS_PER_BAR",
    "DELAYS_LOOKS",
    "HEARD_KINDS",
    "LOOK_SECONDS",
    "LOOK_SIZE",
    "MOST_OFFSET",
    "PAST_LOOKS",
    "WEIGHTS_FILE",
    "Analyser",
    "Bars",
    "Groove",
    "Hearing",
    "Hop",
    "HopCutter",
    "Listener",
    "Looks",
    "Part",
    "Rig",
    "Signal",
    "all_outputs",
    "clean_mono",
    "natural_hop_length",
    "outputs",
    "signal_classes",
]
